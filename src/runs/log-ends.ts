import type { FileHandle } from "node:fs/promises";
import type { RunEvent } from "../rlm/events.ts";
import { readLine } from "./log-format.ts";
import { checkFirstLine, linesOf, notALog, openLog, readAt } from "./read-log.ts";
import { type RunFacts, summarize } from "./run-summary.ts";

/** Bytes that are read of each end at first; eight times more where they do not tell enough. */
const firstBytes = 16 * 1024;
const mostBytes = 64 * 1024 * 1024;

/**
 * Sums up a run from the first and the last lines of its log.
 * @param size of the file, in bytes
 * @throws RunLogError
 */
export async function summarizeLog(file: string, size: number): Promise<RunFacts> {
  const handle = await openLog(file);
  try {
    const head = await readHead(handle, size, file);
    const tail = await readTail(handle, size);
    const facts = summarize([...head, ...tail.events], tail.whole);
    if (!facts) throw notALog(file);
    return facts;
  } finally {
    await handle.close();
  }
}

/** The events up to the first turn, or to what the log has of it. */
async function readHead(handle: FileHandle, size: number, file: string): Promise<RunEvent[]> {
  for (let length = firstBytes; ; length *= 8) {
    const bytes = await readAt(handle, 0, Math.min(length, size));
    const all = length >= size || length >= mostBytes;
    const head = headOf(bytes, file, all);
    if (head.isWhole || all) return head.events;
  }
}

/** @param all true where nothing of the file is left to read, so that a torn line means nothing */
function headOf(bytes: Buffer, file: string, all: boolean): { events: RunEvent[]; isWhole: boolean } {
  const events: RunEvent[] = [];
  let isFirst = true;
  for (const line of linesOf(bytes)) {
    if (isFirst && (all || bytes.includes("\n"))) checkFirstLine(line, file);
    isFirst = false;
    const event = readLine(line);
    if (event) events.push(event);
    if (event?.type === "context.ready" || event?.type === "turn.started") return { events, isWhole: true };
  }
  return { events, isWhole: false };
}

interface Tail {
  readonly events: RunEvent[];
  /** The whole log was looked at. */
  readonly whole: boolean;
}

/** The run's end; where it has none, the events from the newest that tells what was used. */
async function readTail(handle: FileHandle, size: number): Promise<Tail> {
  for (let length = firstBytes; ; length *= 8) {
    const from = Math.max(0, size - length);
    const bytes = await readAt(handle, from, size - from);
    const whole = from === 0;
    const tail = tailOf(whole ? bytes : bytes.subarray(bytes.indexOf("\n") + 1));
    if (tail.tells || whole || length >= mostBytes) return { events: tail.events, whole };
  }
}

function tailOf(bytes: Buffer): { events: RunEvent[]; tells: boolean } {
  let last: RunEvent | null = null;
  for (const line of linesFromEnd(bytes)) {
    // Most lines need not be read.
    if (last && !line.includes("ledger.changed")) continue;
    const event = readLine(line);
    if (event?.type === "ledger.changed") return { events: last ? [event, last] : [event], tells: true };
    last ??= event;
    if (last?.type === "run.finished" && last.depth === 0) return { events: [last], tells: true };
  }
  return { events: last ? [last] : [], tells: false };
}

/** The lines of some bytes, the last one first. */
function* linesFromEnd(bytes: Buffer): Generator<string> {
  for (let to = bytes.length; to > 0; ) {
    const from = bytes.lastIndexOf("\n", to - 1) + 1;
    if (to > from) yield bytes.toString("utf8", from, to);
    to = from - 1;
  }
}
