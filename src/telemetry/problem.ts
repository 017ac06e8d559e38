import type { Target } from "./dsn.ts";
import { TelemetryError, type TelemetryErrorCode } from "./telemetry-error.ts";

/** By the code of the system, of TLS or of PostgreSQL. */
const codes: Readonly<Record<string, TelemetryErrorCode>> = {
  ENOTFOUND: "host-unknown",
  EAI_AGAIN: "host-unknown",
  EHOSTUNREACH: "host-unreachable",
  ENETUNREACH: "host-unreachable",
  ETIMEDOUT: "host-unreachable",
  ECONNREFUSED: "refused",
  ENOENT: "refused",
  EACCES: "refused",
  ECONNRESET: "connection-lost",
  EPIPE: "connection-lost",
  "57P01": "connection-lost",
  "57P02": "connection-lost",
  "28P01": "password",
  "28000": "password",
  "3D000": "database-missing",
  "53300": "busy",
  "57P03": "starting",
  "42501": "rights",
  "42P01": "schema-missing",
  "3F000": "schema-missing",
  "42703": "schema-older",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls-certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "tls-certificate",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "tls-certificate",
  UNABLE_TO_GET_ISSUER_CERT: "tls-certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "tls-certificate",
  CERT_HAS_EXPIRED: "tls-certificate",
  CERT_NOT_YET_VALID: "tls-certificate",
  CERT_SIGNATURE_FAILURE: "tls-certificate",
  ERR_TLS_CERT_ALTNAME_INVALID: "tls-certificate",
};

/** The client of PostgreSQL says these only in words. */
const words: readonly (readonly [RegExp, TelemetryErrorCode])[] = [
  [/does not support SSL/, "tls-unsupported"],
  [/timeout expired|Query read timeout|connection timeout/i, "host-unreachable"],
  [/Connection terminated|not queryable|Client was closed/, "connection-lost"],
  [/invalid response|unknown message|There was an error establishing an SSL|wrong version number/i, "not-postgres"],
  [/password must be a string|no password/i, "password"],
];

/** Every failure of a database as one of ours, with what to do. */
export function problemOf(error: unknown, target: Target): TelemetryError {
  if (error instanceof TelemetryError) return error;
  const code = telemetryCode(error);
  return new TelemetryError(code, lineFor(code, target.shown, error));
}

/** The code of PostgreSQL, such as `42P01`, or of the system; null where there is none. */
export function codeOf(error: unknown): string | null {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}

function telemetryCode(error: unknown): TelemetryErrorCode {
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error) ?? "";
  // A server that wants TLS answers as it does to a stranger.
  if (code === "28000" && /no encryption|SSL off/.test(message)) return "tls-required";
  return codes[code] ?? words.find(([pattern]) => pattern.test(message))?.[1] ?? "database";
}

function lineFor(code: TelemetryErrorCode, shown: string, error: unknown): string {
  const reason = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ").trim();
  switch (code) {
    case "host-unknown":
      return `No host has the name in the DSN (${shown}): check it, or the network.`;
    case "host-unreachable":
      return `${shown} does not answer: check the host, the port, the network and firewalls.`;
    case "refused":
      return `Nothing listens at ${shown}: is the database running, and the port right?`;
    case "connection-lost":
      return `The connection to ${shown} broke off.`;
    case "password":
      return `${shown} does not let this user in: check the user and the password of the DSN (${reason}).`;
    case "database-missing":
      return `${shown}: there is no such database. Create it, or name another one in the DSN.`;
    case "tls-unsupported":
      return `${shown} takes no TLS, and the DSN asks for it: set up TLS there, or use sslmode=disable.`;
    case "tls-required":
      return `${shown} lets this user in only over TLS: use sslmode=require or verify-full in the DSN.`;
    case "tls-certificate":
      return `The certificate of ${shown} is not to be trusted (${reason}): give its authority as sslrootcert=FILE.`;
    case "not-postgres":
      return `What answers at ${shown} is not PostgreSQL: check the port.`;
    case "busy":
      return `${shown} has no connection free.`;
    case "starting":
      return `${shown} is starting or stopping: try again.`;
    case "rights":
      return `${shown}: this user lacks a right (${reason}).`;
    case "schema-missing":
      return `${shown} has no tables of RLM yet: run rlm db migrate.`;
    case "schema-older":
      return `The tables in ${shown} are of an older version of RLM: run rlm db migrate.`;
    default:
      return `${shown}: ${reason}`;
  }
}
