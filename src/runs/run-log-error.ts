/**
 * `not-found`: there is no such file. `unreadable`: it may not be read, or is no plain file. `not-a-log`: it holds
 * something else. `newer-version`: a later version of the product wrote it. `too-large`: more than is read at once.
 * `running`: its run goes on. `not-deleted`: the system refused to delete it.
 */
export type RunLogErrorCode =
  | "not-found"
  | "unreadable"
  | "not-a-log"
  | "newer-version"
  | "too-large"
  | "running"
  | "not-deleted";

/** Why a log could not be read or deleted; the message is one line for the user. */
export class RunLogError extends Error {
  readonly code: RunLogErrorCode;

  constructor(code: RunLogErrorCode, message: string) {
    super(message);
    this.name = "RunLogError";
    this.code = code;
  }
}
