import { open } from "node:fs/promises";
import type { RunEvent } from "../rlm/events.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Opens a trace file, for a run's events as JSON lines, each written as it happens. Pieces of replies are left out, so
 * numbers may be skipped. The file holds prompts, hence parts of the code: only its owner may read it.
 * @throws UsageError where the file can't be written
 */
export async function openTrace(path: string): Promise<(events: AsyncIterable<RunEvent>) => Promise<void>> {
  const file = await open(path, "w", 0o600).catch((error: Error) => {
    throw new UsageError(`The trace can't be written to ${path}: ${error.message}.`);
  });
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
