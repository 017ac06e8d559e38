import type { RunResult } from "../ask.ts";
import type { Usage } from "../rlm/model.ts";
import type { ChatOptions } from "./parameters.ts";

/** What a response and each of its chunks begin with. */
export interface CompletionHead {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

/** An answer as far as the request lets it be told. */
export interface ToldAnswer {
  readonly text: string | null;
  readonly finishReason: "stop" | "length";
}

/** Applies `stop` and `max_tokens` to the answer of a run; a limit of the run is told as `length` too. */
export function toldAnswer(
  { answer, stopReason }: Pick<RunResult, "answer" | "stopReason">,
  { stop, maxChars }: Pick<ChatOptions, "stop" | "maxChars">,
): ToldAnswer {
  const whole = stopReason === "answered" || stopReason === "direct";
  if (answer === null) return { text: null, finishReason: "length" };
  const ends = stop.map((end) => answer.indexOf(end)).filter((at) => at >= 0);
  const text = ends.length > 0 ? answer.slice(0, Math.min(...ends)) : answer;
  if (maxChars !== null && text.length > maxChars) return { text: cut(text, maxChars), finishReason: "length" };
  return { text, finishReason: whole || ends.length > 0 ? "stop" : "length" };
}

/** A pair of surrogates is not split. */
function cut(text: string, chars: number): string {
  const last = text.charCodeAt(chars - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? chars - 1 : chars);
}

/** The body of a response that is not streamed. */
export function completionBody(head: CompletionHead, result: RunResult, options: ChatOptions) {
  const { text, finishReason } = toldAnswer(result, options);
  return {
    id: head.id,
    object: "chat.completion",
    created: head.created,
    model: head.model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: text, refusal: null },
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
    usage: usageOf(result.totals.usage),
    ...(options.metadata ? { metadata: options.metadata } : {}),
    rlm: factsOf(result),
  };
}

/** A piece of a streamed response. */
export function chunk(
  head: CompletionHead,
  delta: Readonly<Record<string, string | null>>,
  finishReason: string | null = null,
  more: object = {},
) {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
  return { id: head.id, object: "chat.completion.chunk", created: head.created, model: head.model, choices, ...more };
}

/** The last piece where `include_usage` was asked for. */
export function usageChunk(head: CompletionHead, { totals }: RunResult) {
  return { ...chunk(head, {}), choices: [], usage: usageOf(totals.usage) };
}

/** What all calls of the run and its child runs have used. */
function usageOf({ input, cachedInput, output, reasoning }: Usage) {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cachedInput },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

/** What a response tells of its run beyond the API of OpenAI. */
export function factsOf({ runId, totals, stopReason, citations }: RunResult) {
  return {
    run_id: runId,
    turns: totals.turns,
    calls: totals.calls,
    cost_usd: totals.costUsd,
    stop_reason: stopReason,
    citations: citations.map(({ path, from, to, status }) => ({ path, from, to, status })),
    usage_estimated: totals.usage.estimated,
  };
}
