/**
 * `not-found`: a path does not exist or a glob matches nothing. `empty`: nothing is left to ask about.
 * `unreadable`: it is there, but it is no text or may not be read. `too-large`: more than the memory layout can hold.
 */
export type ContextErrorCode = "not-found" | "empty" | "unreadable" | "too-large";

/** Why a context could not be collected; the message is one line for the user. */
export class ContextError extends Error {
  readonly code: ContextErrorCode;

  constructor(code: ContextErrorCode, message: string) {
    super(message);
    this.name = "ContextError";
    this.code = code;
  }
}
