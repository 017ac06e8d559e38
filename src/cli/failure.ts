import { ContextError } from "../context/context-error.ts";
import { CancelledError } from "../rlm/cancel.ts";
import { oneLine } from "../rlm/cut.ts";
import { failureOf } from "../rlm/failure.ts";
import { exitCodes } from "./exit-codes.ts";
import { InterruptedError } from "./interrupt.ts";
import { printableLine } from "./printable.ts";
import { jsonOfFailure } from "./result-json.ts";
import { UsageError } from "./usage-error.ts";

const maxChars = 1_000;

/**
 * Does a command's work. What it throws is told in one line on stderr and, with `--json`, as one object on stdout.
 * @returns the exit code
 */
export async function tellingFailure(json: boolean, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (json) process.stdout.write(`${jsonOfFailure(failureOf(error))}\n`);
    tellLine(error instanceof Error ? error.message : String(error));
    return exitCodeFor(error);
  }
}

/** Says something to the user in one line on stderr. */
export function tellLine(text: string): void {
  process.stderr.write(`rlm: ${printableLine(oneLine(text, maxChars))}\n`);
}

function exitCodeFor(error: unknown): number {
  if (error instanceof InterruptedError) return error.exitCode;
  if (error instanceof CancelledError) return exitCodes.cancelled;
  if (error instanceof UsageError) return exitCodes.usage;
  return error instanceof ContextError && error.code === "not-found" ? exitCodes.usage : exitCodes.failed;
}
