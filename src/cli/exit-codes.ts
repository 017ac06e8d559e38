import type { RunResult } from "../ask.ts";

export const exitCodes = { answered: 0, failed: 1, usage: 2, limit: 3, cancelled: 130, terminated: 143 } as const;

/** The exit code that tells how a run ended. A path that names nothing is wrong use, whenever it is found out. */
export function exitCodeOf({ stopReason, error }: Pick<RunResult, "stopReason" | "error">): number {
  if (stopReason === "answered" || stopReason === "direct") return exitCodes.answered;
  if (stopReason === "cancelled") return exitCodes.cancelled;
  if (stopReason === "failed") return error?.code === "not-found" ? exitCodes.usage : exitCodes.failed;
  return exitCodes.limit;
}
