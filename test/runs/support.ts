import { writeFileSync } from "node:fs";
import path from "node:path";
import type { RunEvent } from "../../src/rlm/events.ts";
import { headerLine, lineOf, logNameOf } from "../../src/runs/log-format.ts";

/** The events as a log has them. */
export function logText(events: readonly RunEvent[]): string {
  return headerLine + events.map(lineOf).join("");
}

/** Writes a log where a run's own would be. @returns its path */
export function plantLog(folder: string, events: readonly RunEvent[], text = logText(events)): string {
  const [first] = events;
  if (!first) throw new Error("a log needs events");
  const file = path.join(folder, logNameOf(first.at, first.runId));
  writeFileSync(file, text);
  return file;
}

/** The same run under another id, begun `later` milliseconds later. */
export function moved(events: readonly RunEvent[], runId: string, later: number): RunEvent[] {
  return events.map((event) => (event.depth === 0 ? { ...event, runId, at: event.at + later } : event));
}

/** Without the pieces of replies, which no log has. */
export function logged(events: readonly RunEvent[]): RunEvent[] {
  return events.filter((event) => event.type !== "reply.delta");
}

/** All the events at once. */
export async function* streamOf(events: readonly RunEvent[]): AsyncIterable<RunEvent> {
  yield* events;
}
