import * as z from "zod";
import { TelemetryError } from "./telemetry-error.ts";

/** A part of a list. */
export interface PageRequest {
  /** At most so many rows: 1 to 1,000; 100 unless given. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly after?: string;
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** Gets the next page; null where this is the last. */
  readonly next: string | null;
}

const defaultLimit = 100;
const maxLimit = 1_000;
const keySchema = z.array(z.union([z.string(), z.number()]));

export type Key = readonly (string | number)[];

/** The number of rows to ask for: within bounds, and a whole number. */
export function limitOf({ limit = defaultLimit }: PageRequest): number {
  return Math.min(maxLimit, Math.max(1, Math.floor(limit) || 1));
}

/**
 * The key after which the page begins; null for the first page.
 * @param length values of a key
 * @throws TelemetryError `bad-cursor`
 */
export function keyAfter({ after }: PageRequest, length: number): Key | null {
  if (after === undefined) return null;
  try {
    const key = keySchema.parse(JSON.parse(Buffer.from(after, "base64url").toString("utf8")));
    if (key.length === length) return key;
  } catch {
    // Said below.
  }
  throw new TelemetryError("bad-cursor", "The place to go on from is none that this list has given.");
}

/** @param rows one more than the page has, where there is one */
export function pageOf<T>(rows: readonly T[], limit: number, keyOf: (row: T) => Key): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { rows: shown, next: more ? Buffer.from(JSON.stringify(keyOf(last))).toString("base64url") : null };
}
