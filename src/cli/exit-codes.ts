import type { StopReason } from "../rlm/events.ts";

export const exitCodes = { answered: 0, failed: 1, usage: 2, limit: 3, cancelled: 130 } as const;

/** The exit code that tells how a run ended. */
export function exitCodeOf(stopReason: StopReason): number {
  if (stopReason === "answered" || stopReason === "direct") return exitCodes.answered;
  if (stopReason === "failed" || stopReason === "cancelled") return exitCodes[stopReason];
  return exitCodes.limit;
}
