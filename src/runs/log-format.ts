import * as z from "zod";
import { type RunEvent, runEventSchema } from "../rlm/events.ts";

/** The format that is written; a log of a higher version can't be read. */
export const logVersion = 1;

/** The first line of every log. */
export const headerLine = `${JSON.stringify({ format: "rlm-run", version: logVersion })}\n`;

const header = z.object({ format: z.literal("rlm-run"), version: z.int().positive() });

const logName = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z-([\w-]{1,100})\.jsonl$/;

/**
 * The name of a run's log: names sort as their runs began.
 * @param at milliseconds since 1970
 */
export function logNameOf(at: number, runId: string): string {
  const time = new Date(at).toISOString().replace(/[:.]/g, "-");
  return `${time}-${runId.replace(/[^\w-]/g, "_").slice(0, 100)}.jsonl`;
}

/** The id of the run that a log of this name belongs to; null where it is no log's name. */
export function runIdInName(name: string): string | null {
  return logName.exec(name)?.[1] ?? null;
}

/** The version that a log's first line tells; null where it is no such line. */
export function readHeader(line: string): number | null {
  const parsed = header.safeParse(readJson(line));
  return parsed.success ? parsed.data.version : null;
}

export function lineOf(event: RunEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/** The event of a line, without fields that this version does not know; null where it is torn or of a type unknown here. */
export function readLine(line: string): RunEvent | null {
  const parsed = runEventSchema.safeParse(readJson(line));
  return parsed.success ? parsed.data : null;
}

function readJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
