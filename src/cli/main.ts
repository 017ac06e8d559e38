#!/usr/bin/env node
/** The terminal's door: `rlm ask`, `rlm demo`, `rlm context`, `rlm db`. */
import { exitCodes } from "./exit-codes.ts";
import { tellingFailure, tellLine } from "./failure.ts";
import { nodeComplaint } from "./node-version.ts";
import { systemReason } from "./system-reason.ts";
import { UsageError } from "./usage-error.ts";

declare const rlmVersion: string | undefined;

const help = `Usage: rlm ask [--context PATH]… [--text FILE] [options] QUESTION
       rlm demo [options]         finds the needle in a million lines
       rlm context [PATH]…        what would be asked about, what is left out and why
       rlm db migrate|status|records|stats        what telemetry has logged to a database
       rlm serve [options]        answers over HTTP, as OpenAI's API does
       rlm mcp [--root PATH]…     answers other agents, over stdio
       rlm --version

What is asked about
  --context PATH      a folder, file or glob; may be given several times; - reads paths from stdin (default: this folder)
  --text FILE         one text; - reads it from stdin

Who answers
  --model NAME        the root model; "offline" needs no key and no network (default without a key)
  --sub-model NAME    the model for sub-calls (default: the root model)
  --child-model NAME  the model that drives child runs (default: the sub-model)
  --base-url URL      an OpenAI-compatible endpoint (default: OPENAI_BASE_URL, else OpenAI)
                      The key is read from OPENAI_API_KEY.

Limits
  --max-turns N       turns of a run (20)
  --max-depth N       levels of runs: 1 allows no child runs (2)
  --max-calls N       sub-calls and child runs (200)
  --max-tokens N      tokens, input and output (2000000)
  --price M=IN,OUT    US dollars for a million tokens of a model; M=IN,OUT,CACHED with a price for cached input
  --max-cost USD      US dollars, as far as prices are known (1.00)
  --timeout S         seconds (900)
  --concurrency N     requests in flight (8)
  --direct-below N    ask directly, in one call, below so many tokens of context (8000; 0: never)

  --yes               make many calls at once without asking

Server
  --host HOST         where it listens (127.0.0.1)
  --port PORT         (8000)
  --token TOKEN       what clients send as their key; needed where other machines can ask. Other users of this machine
                      can see it there: better set RLM_SERVER_TOKEN
  --runs N            runs at a time (4)
  --waiting N         requests that may wait for a run (32)

Output
  --json              one JSON object instead of the answer
  --trace FILE        write the run's events as JSON lines
  --telemetry         log runs to the database of RLM_TELEMETRY_DSN; RLM_TELEMETRY=1 does so for every run
  --query-id ID       groups the runs of one question there

What was logged (the database is that of RLM_TELEMETRY_DSN, or of --dsn-file FILE; --json prints JSON)
  rlm db migrate      makes or updates the tables; --dry-run prints the SQL, --drop-after and --compress-after INTERVAL
  rlm db status       tries the connection out
  rlm db records [RUN]  --query ID, --kind runs|events|calls|cells|cache, --slowest, --limit N, --after PLACE
  rlm db stats [RUN]    --query ID; over all runs --days N (7)

Exit codes: 0 answered, 1 failed, 2 usage error, 3 stopped by a limit with a partial answer, 130 cancelled,
            143 terminated.
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
    case "db":
      return (await import("./db-command.ts")).dbCommand(rest);
    case "serve":
      return (await import("./serve-command.ts")).serveCommand(rest);
    case "mcp":
      return (await import("./mcp-command.ts")).mcpCommand(rest);
    case "--version":
      process.stdout.write(`${typeof rlmVersion === "string" ? rlmVersion : "development"}\n`);
      return exitCodes.answered;
    default:
      throw new UsageError(
        `There is no command "${command}". Try rlm ask "…", rlm demo, rlm context, rlm serve, rlm mcp or rlm --help.`,
      );
  }
}

let outputFailed = false;

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that went away (`rlm ask … | head`) is no error.
  if (error.code === "EPIPE" || outputFailed) return;
  outputFailed = true;
  process.exitCode = exitCodes.failed;
  tellLine(`The answer can't be written: ${systemReason(error)}.`);
});
// Without stderr there is nobody to tell.
process.stderr.on("error", () => {});

/** @returns the exit code */
function run(): Promise<number> {
  const complaint = nodeComplaint(process.versions.node);
  if (complaint === null) return tellingFailure(false, () => main(process.argv.slice(2)));
  tellLine(complaint);
  return Promise.resolve(exitCodes.failed);
}

const exitCode = await run();
if (!outputFailed) process.exitCode = exitCode;
