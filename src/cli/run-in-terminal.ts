import { ask, type RunResult } from "../ask.ts";
import type { ContextSource } from "../context/collector-protocol.ts";
import { CancelSource } from "../rlm/cancel.ts";
import type { StopReason } from "../rlm/events.ts";
import type { AskOptions } from "./ask-options.ts";
import { chooseModels } from "./choose-models.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { printable } from "./printable.ts";
import { showProgress } from "./progress.ts";
import { renderMarkdown } from "./terminal-markdown.ts";
import { openTrace } from "./trace-file.ts";

type RunOptions = Omit<AskOptions, "question" | "context" | "text">;

/** Runs a question: progress on stderr, the answer alone on stdout. Ctrl-C cancels it. */
export async function runInTerminal(
  question: string,
  context: ContextSource,
  options: RunOptions,
): Promise<{ exitCode: number; answer: string | null }> {
  const cancel = new CancelSource();
  const stopListening = onInterrupt(() => cancel.abort());
  try {
    const parts = await chooseModels(options, process.env, cancel);
    const writeTrace = options.trace === undefined ? null : await openTrace(options.trace);
    const { limits, directBelowTokens } = options;
    const request = { question, context, limits, ...(directBelowTokens === undefined ? {} : { directBelowTokens }) };
    const run = ask(request, parts);
    cancel.addEventListener("abort", () => run.cancel());
    if (cancel.aborted) run.cancel();
    const readers = [showProgress(run.events(), process.stderr)];
    if (writeTrace) readers.push(writeTrace(run.events()).catch(tellTraceFailure));
    const result = await run.result;
    await Promise.all(readers);
    printResult(result, options.json);
    return { exitCode: exitCodeOf(result.stopReason), answer: result.answer };
  } finally {
    stopListening();
  }
}

/** A full disk costs the trace, not the answer. */
function tellTraceFailure(error: Error): void {
  process.stderr.write(`rlm: The trace is not whole: ${error.message}.\n`);
}

/** The first Ctrl-C cancels; a second one ends the process at once. */
function onInterrupt(cancel: () => void): () => void {
  let interrupted = false;
  const listen = () => {
    if (interrupted) process.exit(exitCodes.cancelled);
    interrupted = true;
    cancel();
  };
  process.on("SIGINT", listen);
  process.on("SIGTERM", listen);
  return () => {
    process.off("SIGINT", listen);
    process.off("SIGTERM", listen);
  };
}

function printResult(result: RunResult, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(resultObject(result))}\n`);
  else if (result.answer !== null) {
    const rendered = process.stdout.isTTY ? renderMarkdown(printable(result.answer)) : result.answer;
    process.stdout.write(`${rendered.trimEnd()}\n`);
  }
  for (const line of closingLines(result)) process.stderr.write(`rlm: ${printable(line)}\n`);
}

/** What `--json` prints. */
function resultObject({ answer, stopReason, runId, totals, citations, wallMs, error }: RunResult) {
  const { input, cachedInput, output } = totals.usage;
  return {
    answer,
    stopReason,
    runId,
    turns: totals.turns,
    calls: totals.calls,
    usage: { input, cachedInput, output, costUsd: totals.costUsd },
    citations,
    wallMs: Math.round(wallMs),
    ...(error ? { error } : {}),
  };
}

const limitNames: Partial<Record<StopReason, string>> = {
  turns: "turns (--max-turns)",
  calls: "sub-calls (--max-calls)",
  tokens: "tokens (--max-tokens)",
  time: "time (--timeout)",
  errors: "failed cells in a row",
};

/** What the user should know about how the run ended. */
function closingLines({ stopReason, answer, error, citations }: RunResult): string[] {
  if (error) return [error.message];
  if (stopReason === "cancelled") return ["Cancelled."];
  const limit = limitNames[stopReason];
  const missing = citations
    .filter((citation) => citation.status === "missing")
    .map(({ path, from, to }) => `${path}:${from === to ? from : `${from}-${to}`}`);
  return [
    ...(missing.length ? [`Not in the files: ${missing.join(", ")}.`] : []),
    ...(limit ? [`Stopped at the limit of ${limit}: ${answer === null ? "no answer" : "partial answer"}.`] : []),
  ];
}
