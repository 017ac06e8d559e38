import type { FileHandle } from "node:fs/promises";
import { open, stat } from "node:fs/promises";
import { type RunEvent, runEventSchema } from "../rlm/events.ts";
import { printableLine } from "./printable.ts";
import { systemReason } from "./system-reason.ts";
import { UsageError } from "./usage-error.ts";

/** A longer first line is not read whole; a run's first event holds its question. */
const maxFirstLine = 1_000_000;

/**
 * Refuses a trace file that can't be one, before anything is asked: a file that holds something else than a trace is
 * not overwritten. Nothing is changed.
 * @throws UsageError
 */
export async function checkTrace(path: string): Promise<void> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw unwritable(path, error);
  });
  if (!stats?.isFile() || stats.size === 0) return;
  const file = await open(path).catch((error: unknown) => {
    throw unwritable(path, error);
  });
  try {
    if (!(await beginsWithEvent(file))) {
      throw new UsageError(`${path} is there already and is not a trace: it is not overwritten. Name another file.`);
    }
  } finally {
    await file.close();
  }
}

/**
 * Opens a trace file, for a run's events as JSON lines, each written as it happens. Pieces of replies are left out, so
 * numbers may be skipped. The file holds prompts, hence parts of the code: only its owner may read it.
 * @throws UsageError where the file can't be written
 */
export async function openTrace(path: string): Promise<(events: AsyncIterable<RunEvent>) => Promise<void>> {
  const file = await open(path, "w", 0o600).catch((error: unknown) => {
    throw unwritable(path, error);
  });
  // A trace that is written again may be of a time when others could read it.
  if ((await file.stat()).isFile()) await file.chmod(0o600).catch(() => {});
  return async (events) => {
    try {
      for await (const event of events) {
        if (event.type !== "reply.delta") await file.appendFile(`${JSON.stringify(event)}\n`);
      }
    } finally {
      await file.close();
    }
  };
}

async function beginsWithEvent(file: FileHandle): Promise<boolean> {
  const bytes = Buffer.alloc(maxFirstLine);
  const { bytesRead } = await file.read(bytes, 0, maxFirstLine, 0);
  const [line = ""] = bytes.toString("utf8", 0, bytesRead).split("\n", 1);
  try {
    return runEventSchema.safeParse(JSON.parse(line)).success;
  } catch {
    return false;
  }
}

function unwritable(path: string, error: unknown): UsageError {
  return new UsageError(`The trace can't be written to ${printableLine(path)}: ${systemReason(error)}.`);
}
