export type ServerErrorCode = "port-in-use" | "not-listening" | "token-needed" | "bad-token";

/** Why the server was not started; the message is one line for the user. */
export class ServerError extends Error {
  readonly code: ServerErrorCode;

  constructor(code: ServerErrorCode, message: string) {
    super(message);
    this.name = "ServerError";
    this.code = code;
  }
}
