import { systemCode, systemReason } from "./system-error.ts";

/** `removed`: somebody has deleted the file during the run. */
type LogProblemCode = "disk-full" | "not-writable" | "removed" | "failed";

/** Why a run is logged no further; the message is one line for the user. */
export interface LogProblem {
  readonly code: LogProblemCode;
  readonly message: string;
}

/** What an error says that came up while a log was written. @param where the log's file, or its folder */
export function problemOf(error: unknown, where: string): LogProblem {
  const code = error instanceof RemovedError ? "removed" : (codes[systemCode(error) ?? ""] ?? "failed");
  return { code, message: `The run goes on, but is not logged to ${where}: ${systemReason(error)}.` };
}

export class RemovedError extends Error {
  constructor() {
    super("the file was removed");
    this.name = "RemovedError";
  }
}

const codes: Readonly<Record<string, LogProblemCode>> = {
  ENOSPC: "disk-full",
  EDQUOT: "disk-full",
  EACCES: "not-writable",
  EPERM: "not-writable",
  EROFS: "not-writable",
  ENOTDIR: "not-writable",
  EEXIST: "not-writable",
};
