import { cutMiddle } from "../rlm/cut.ts";
import type { EventOf, RunEvent, StopReason, Totals } from "../rlm/events.ts";
import { noUsage } from "../rlm/model.ts";

/** `partial`: a limit ended it, with an answer. `failed`: it ended without one. `interrupted`: it has no end and does not go on. */
export type RunState = "running" | "answered" | "partial" | "failed" | "cancelled" | "interrupted";

/** A run at a glance. */
export interface RunFacts {
  readonly runId: string;
  /** Without its middle where it is very long. */
  readonly question: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** When it was over or, where it has no end, when the last that is known of it happened. */
  readonly endedAt: number;
  readonly state: RunState;
  /** Null where it has no end. */
  readonly stopReason: StopReason | null;
  readonly models: EventOf<"run.started">["models"];
  readonly limits: EventOf<"run.started">["limits"];
  /** What the whole tree has used, as far as it is known; null where it is not. */
  readonly totals: Totals | null;
  /** US dollars; null where not known. */
  readonly costUsd: number | null;
  /** Null where the context was not collected. */
  readonly contextName: string | null;
}

const questionChars = 4_000;

const nothingUsed: Totals = { turns: 0, calls: 0, usage: noUsage, costUsd: 0 };

/**
 * Sums up a run. Of its events only the first ones, to the first turn, and the last ones are needed, from the newest
 * `ledger.changed` on.
 * @param whole true where these are all of its events
 * @returns null where its beginning is not among them
 */
export function summarize(events: readonly RunEvent[], whole = true): RunFacts | null {
  const started = events.find((event) => event.type === "run.started" && event.depth === 0);
  const last = events.at(-1);
  if (started?.type !== "run.started" || !last) return null;
  const context = events.find((event) => event.type === "context.ready" && event.depth === 0);
  const finished = last.type === "run.finished" && last.depth === 0 ? last : null;
  const ledger = finished ?? events.findLast((event) => event.type === "ledger.changed");
  const totals = ledger && "totals" in ledger ? ledger.totals : whole ? nothingUsed : null;
  const { runId, question, at, models, limits } = started;
  return {
    runId,
    question: cutMiddle(question, questionChars),
    startedAt: at,
    endedAt: last.at,
    state: finished ? stateOf(finished) : "interrupted",
    stopReason: finished?.stopReason ?? null,
    models,
    limits,
    totals,
    costUsd: totals?.costUsd ?? null,
    contextName: context?.type === "context.ready" ? context.manifest.name : null,
  };
}

function stateOf({ stopReason, answer }: EventOf<"run.finished">): RunState {
  switch (stopReason) {
    case "answered":
    case "direct":
      return "answered";
    case "cancelled":
    case "failed":
      return stopReason;
    default:
      return answer === null ? "failed" : "partial";
  }
}
