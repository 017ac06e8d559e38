import { ask, type RunResult } from "../ask.ts";
import type { ContextSource } from "../context/collector-protocol.ts";
import { CancelledError, CancelSource } from "../rlm/cancel.ts";
import { oneLine } from "../rlm/cut.ts";
import type { Citation, StopReason } from "../rlm/events.ts";
import { formatCount } from "../rlm/format.ts";
import { pricesOf } from "../telemetry/prices-of.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { askInTerminal, canAsk } from "./approve.ts";
import type { AskOptions } from "./ask-options.ts";
import { checkContext } from "./check-context.ts";
import { chooseModels } from "./choose-models.ts";
import { endTelemetry, telemetryFrom } from "./db-telemetry.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { tellLine } from "./failure.ts";
import { InterruptedError, listenForInterrupt } from "./interrupt.ts";
import { printable } from "./printable.ts";
import { showProgress } from "./progress.ts";
import { jsonOfFailure, jsonOfResult } from "./result-json.ts";
import { takesEscapes } from "./style.ts";
import { systemReason } from "./system-reason.ts";
import { renderMarkdown } from "./terminal-markdown.ts";
import { checkTrace, openTrace } from "./trace-file.ts";

type RunOptions = Omit<AskOptions, "question" | "context" | "text">;

/**
 * Runs a question: progress on stderr, the answer alone on stdout. Ctrl-C cancels it.
 * @throws UsageError, ContextError, ModelFailure, InterruptedError: before the run has begun
 */
export async function runInTerminal(
  question: string,
  context: ContextSource,
  options: RunOptions,
): Promise<{ exitCode: number; answer: string | null }> {
  const cancel = new CancelSource();
  const interrupt = listenForInterrupt(
    () => cancel.abort(),
    () => options.json && process.stdout.write(`${jsonOfFailure(endedEarly)}\n`),
  );
  try {
    const { result, telemetry } = await resultOf(question, context, options, cancel);
    // A reader that does not read holds this process up; from here a signal ends it without our help.
    interrupt.release();
    printResult(result, options.json);
    if (telemetry) await endTelemetry(telemetry);
    const exitCode = (result.stopReason === "cancelled" && interrupt.exitCode) || exitCodeOf(result);
    return { exitCode, answer: result.answer };
  } catch (error) {
    const interrupted = error instanceof CancelledError && interrupt.exitCode !== null;
    throw interrupted ? new InterruptedError(interrupt.exitCode) : error;
  } finally {
    interrupt.release();
  }
}

const endedEarly = { code: "cancelled", message: "The run was ended before it could tell what it had found." };

/** What can be wrong without a model is found out before one is asked. */
async function resultOf(
  question: string,
  context: ContextSource,
  options: RunOptions,
  cancel: CancelSource,
): Promise<{ result: RunResult; telemetry: Telemetry | null }> {
  const { limits, directBelowTokens, trace } = options;
  checkContext(context);
  if (trace !== undefined) await checkTrace(trace);
  const parts = await chooseModels(options, process.env, cancel);
  const writeTrace = trace === undefined ? null : await openTrace(trace);
  const telemetry = await telemetryFrom(process.env, options.telemetry);
  const request = { question, context, limits, ...(directBelowTokens === undefined ? {} : { directBelowTokens }) };
  const run = ask(request, { ...parts, ...(options.yes || !canAsk() ? {} : { approve: askInTerminal }) });
  cancel.addEventListener("abort", () => run.cancel());
  if (cancel.aborted) run.cancel();
  const readers = [showProgress(run.events(), process.stderr)];
  if (telemetry) readers.push(telemetry.follow(run, { queryId: options.queryId, priceOf: pricesOf(parts) }));
  if (writeTrace) readers.push(writeTrace(run.events()).catch(tellTraceFailure));
  const result = await run.result;
  await Promise.all(readers);
  return { result, telemetry };
}

/** A full disk costs the trace, not the answer. */
function tellTraceFailure(error: unknown): void {
  tellLine(`The trace is not whole: ${systemReason(error)}.`);
}

function printResult(result: RunResult, json: boolean): void {
  if (json) process.stdout.write(`${jsonOfResult(result)}\n`);
  else if (result.answer !== null) {
    const answer = printable(result.answer).trimEnd();
    process.stdout.write(`${takesEscapes(process.stdout) ? renderMarkdown(answer) : answer}\n`);
  }
  for (const line of closingLines(result)) tellLine(line);
}

const limitNames: Partial<Record<StopReason, string>> = {
  turns: "turns (--max-turns)",
  calls: "sub-calls (--max-calls)",
  tokens: "tokens (--max-tokens)",
  cost: "cost (--max-cost)",
  time: "time (--timeout)",
  errors: "failed cells in a row",
};

/** What the user should know about how the run ended. */
function closingLines({ stopReason, answer, error, citations }: RunResult): string[] {
  if (error) return [error.message];
  if (stopReason === "cancelled") return ["Cancelled."];
  const limit = limitNames[stopReason];
  return [
    ...citationLines("Not in the files", citations, "missing"),
    ...citationLines("Cited, but no model was shown these lines", citations, "exists"),
    ...(limit ? [`Stopped at the limit of ${limit}: ${answer === null ? "no answer" : "partial answer"}.`] : []),
  ];
}

const maxNamed = 5;
const maxPath = 100;

/** The citations of one status: the first few by name, the rest as a number. */
function citationLines(what: string, citations: readonly Citation[], status: Citation["status"]): string[] {
  const named = citations
    .filter((citation) => citation.status === status)
    .map(({ path, from, to }) => `${oneLine(path, maxPath)}:${from === to ? from : `${from}-${to}`}`);
  const different = [...new Set(named)];
  if (different.length === 0) return [];
  const rest = different.length - maxNamed;
  const more = rest > 0 ? ` and ${formatCount(rest)} more` : "";
  return [`${what}: ${different.slice(0, maxNamed).join(", ")}${more}.`];
}
