import type { RunResult } from "../ask.ts";
import { printableJson } from "./printable.ts";

type Failure = NonNullable<RunResult["error"]>;

/** What `--json` prints for a run that has ended. */
export function jsonOfResult({
  answer,
  stopReason,
  runId,
  totals,
  citations,
  coverage,
  wallMs,
  error,
}: RunResult): string {
  const { input, cachedInput, output } = totals.usage;
  return printableJson({
    answer,
    stopReason,
    runId,
    turns: totals.turns,
    calls: totals.calls,
    usage: { input, cachedInput, output, costUsd: totals.costUsd },
    citations: citations.map(({ path, from, to, status }) => ({ path, from, to, status })),
    coverage,
    wallMs: Math.round(wallMs),
    ...(error ? { error } : {}),
  });
}

/** What `--json` prints where there was no run, or where it was ended in its midst: nothing is known of it then. */
export function jsonOfFailure(error: Failure): string {
  const stopReason = error.code === "cancelled" ? "cancelled" : "failed";
  return printableJson({ answer: null, stopReason, error });
}
