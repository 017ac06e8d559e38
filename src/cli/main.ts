#!/usr/bin/env node
/** The terminal's door: `rlm ask`, `rlm demo`, `rlm context`. */
import { CancelledError } from "../rlm/cancel.ts";
import { exitCodes } from "./exit-codes.ts";
import { printable } from "./printable.ts";
import { UsageError } from "./usage-error.ts";

declare const rlmVersion: string | undefined;

const help = `Usage: rlm ask [--context PATH]… [--text FILE] [options] QUESTION
       rlm demo [options]         finds the needle in a million lines
       rlm context [PATH]…        what would be asked about, what is left out and why
       rlm --version

What is asked about
  --context PATH      a folder, file or glob; may be given several times; - reads paths from stdin (default: this folder)
  --text FILE         one text; - reads it from stdin

Who answers
  --model NAME        the root model; "offline" needs no key and no network (default without a key)
  --sub-model NAME    the model for sub-calls (default: the root model)
  --base-url URL      an OpenAI-compatible endpoint (default: OPENAI_BASE_URL, else OpenAI)
                      The key is read from OPENAI_API_KEY.

Limits
  --max-turns N       turns of the root model (20)
  --max-calls N       sub-calls (200)
  --max-tokens N      tokens, input and output (2000000)
  --timeout S         seconds (900)
  --concurrency N     requests in flight (8)
  --direct-below N    ask directly, in one call, below so many tokens of context (8000; 0: never)

Output
  --json              one JSON object instead of the answer
  --trace FILE        write the run's events as JSON lines

Exit codes: 0 answered, 1 failed, 2 usage error, 3 stopped by a limit with a partial answer, 130 cancelled.
`;

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command === undefined || args.includes("--help") || command === "-h" || command === "help") {
    process.stdout.write(help);
    return command === undefined ? exitCodes.usage : exitCodes.answered;
  }
  switch (command) {
    case "ask":
      return (await import("./ask-command.ts")).askCommand(rest);
    case "demo":
      return (await import("./demo-command.ts")).demoCommand(rest);
    case "context":
      return (await import("./context-command.ts")).contextCommand(rest);
    case "--version":
      process.stdout.write(`${typeof rlmVersion === "string" ? rlmVersion : "development"}\n`);
      return exitCodes.answered;
    default:
      throw new UsageError(`There is no command "${command}". Try rlm ask "…", rlm demo, rlm context or rlm --help.`);
  }
}

// A reader that went away (`rlm ask … | head`) is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

function exitCodeFor(error: unknown): number {
  if (error instanceof UsageError) return exitCodes.usage;
  return error instanceof CancelledError ? exitCodes.cancelled : exitCodes.failed;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`rlm: ${printable(error instanceof Error ? error.message : String(error))}\n`);
  process.exitCode = exitCodeFor(error);
}
