import type { RunEvent } from "../rlm/events.ts";
import { redactEvents } from "./redact-paths.ts";
import { summarize } from "./run-summary.ts";

/**
 * A run as one JSON object: `format`, `version`, `run` (its summary, null where its beginning is missing) and `events`.
 * A long text stands once, in its `blob.added` event, as in the log; pieces of replies are left out.
 * @param events all of a run
 * @param homes home folders, which become `~`
 */
export function exportJson(events: readonly RunEvent[], homes: readonly string[]): string {
  const clean = exportedEvents(events, homes);
  const run = { format: "rlm-run-export", version: 1, run: summarize(clean), events: clean };
  return `${JSON.stringify(run, null, 2)}\n`;
}

/** What an export holds of a run's events. */
export function exportedEvents(events: readonly RunEvent[], homes: readonly string[]): RunEvent[] {
  return redactEvents(
    events.filter((event) => event.type !== "reply.delta"),
    homes,
  );
}
