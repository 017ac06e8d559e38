/**
 * What is wrong with the database or the way to it. `bad-dsn` to `starting`: it can't be reached or entered.
 * `rights`, `schema-…`: it was entered, but the tables can't be used. `bad-interval`, `bad-cursor`: what was given is none.
 * `database`: it refused something else.
 */
export type TelemetryErrorCode =
  | "bad-dsn"
  | "host-unknown"
  | "host-unreachable"
  | "refused"
  | "password"
  | "database-missing"
  | "tls-unsupported"
  | "tls-required"
  | "tls-certificate"
  | "not-postgres"
  | "busy"
  | "starting"
  | "connection-lost"
  | "rights"
  | "schema-missing"
  | "schema-older"
  | "schema-newer"
  | "bad-interval"
  | "bad-cursor"
  | "database";

/** Why telemetry can't be written or read; the message is one line for the user, without the DSN's password. */
export class TelemetryError extends Error {
  readonly code: TelemetryErrorCode;

  constructor(code: TelemetryErrorCode, message: string) {
    super(message);
    this.name = "TelemetryError";
    this.code = code;
  }
}
