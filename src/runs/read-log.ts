import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { RunEvent } from "../rlm/events.ts";
import { formatCount } from "../rlm/format.ts";
import { logVersion, readHeader, readLine } from "./log-format.ts";
import { RunLogError } from "./run-log-error.ts";
import { systemCode, systemReason } from "./system-error.ts";

/** A larger log is not read whole. */
const defaultMaxBytes = 256 * 1024 * 1024;
const lineFeed = 10;

/** What a log holds. */
export interface LoggedRun {
  /** Those that this version knows, in order; the run's own `run.started` is among them. */
  readonly events: readonly RunEvent[];
  /** Lines that are no events, or of a type that this version does not know. */
  readonly skipped: number;
  /** The last line breaks off. */
  readonly torn: boolean;
  /** False where the run goes on, or was interrupted. */
  readonly finished: boolean;
}

/**
 * Reads a log, or a file that `rlm ask --trace` wrote. One that is still being written is read as far as it has come.
 * @param maxBytes a larger file is refused
 * @throws RunLogError
 */
export async function readLog(file: string, maxBytes = defaultMaxBytes): Promise<LoggedRun> {
  const handle = await openLog(file);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new RunLogError("unreadable", `${file} can't be read: it is no plain file.`);
    if (stats.size > maxBytes) {
      const sizes = `${megabytes(stats.size)}, and at most ${megabytes(maxBytes)} are read`;
      throw new RunLogError("too-large", `The run log ${file} is too large: it has ${sizes}.`);
    }
    return parseLog(await readAt(handle, 0, stats.size), file);
  } finally {
    await handle.close();
  }
}

/** @throws RunLogError */
export async function openLog(file: string): Promise<FileHandle> {
  try {
    // Not held up by a pipe that nobody writes to.
    return await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = systemCode(error) === "ENOENT" ? "not-found" : "unreadable";
    throw new RunLogError(code, `The run log ${file} can't be read: ${systemReason(error)}.`);
  }
}

/** Bytes of a file; fewer where it ends before. */
export async function readAt(handle: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** Refuses a log whose first line says that it is none, or of a later format. @throws RunLogError */
export function checkFirstLine(line: string, file: string): void {
  const version = readHeader(line);
  // A trace file has no header.
  if (version === null && readLine(line) === null) throw notALog(file);
  if (version !== null && version > logVersion) {
    const versions = `format ${version}, and this version knows ${logVersion}`;
    throw new RunLogError(
      "newer-version",
      `A newer version of RLM wrote ${file} (${versions}): update RLM to read it.`,
    );
  }
}

/** The lines of some bytes, without empty ones; the last one need not end. */
export function* linesOf(bytes: Buffer): Generator<string> {
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(lineFeed, from);
    const to = end < 0 ? bytes.length : end;
    if (to > from) yield bytes.toString("utf8", from, to);
    from = to + 1;
  }
}

export function notALog(file: string): RunLogError {
  return new RunLogError("not-a-log", `${file} is no log of a run.`);
}

function parseLog(bytes: Buffer, file: string): LoggedRun {
  const lines = [...linesOf(bytes)];
  checkFirstLine(lines[0] ?? "", file);
  const read = lines.map(readLine);
  const events = read.filter((event) => event !== null);
  if (!events.some(isRootStart)) throw notALog(file);
  const torn = read.at(-1) === null && bytes.at(-1) !== lineFeed;
  const header = read[0] === null ? 1 : 0;
  const skipped = lines.length - events.length - header - (torn ? 1 : 0);
  return { events, skipped, torn, finished: isRootEnd(events.at(-1)) };
}

function isRootEnd(event: RunEvent | undefined): boolean {
  return event?.type === "run.finished" && event.depth === 0;
}

function isRootStart({ type, depth }: RunEvent): boolean {
  return type === "run.started" && depth === 0;
}

function megabytes(bytes: number): string {
  return `${formatCount(Math.ceil(bytes / 1024 / 1024))} MB`;
}
