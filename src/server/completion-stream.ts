import type { Run } from "../ask.ts";
import { failureOf } from "../rlm/failure.ts";
import { ApiError, errorBody } from "./api-error.ts";
import { type CompletionHead, chunk, factsOf, toldAnswer, usageChunk } from "./completion.ts";
import { LiveAnswer } from "./live-answer.ts";
import type { ChatOptions } from "./parameters.ts";
import { Reasoning } from "./reasoning.ts";
import { failedRun, finished } from "./run-failure.ts";

/** An answer goes out in pieces of so many characters. */
const pieceChars = 16_000;
/** Proxies and clients give up on a connection that says nothing. */
const aliveEveryMs = 15_000;

/**
 * A run as server-sent events: its iterations as `reasoning_content`, its answer as `content`, as far as it can be while
 * it is written. What goes wrong comes as an error event, since the response has begun.
 */
export function streamCompletion(head: CompletionHead, run: Run, options: ChatOptions, signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  const events = messagesOf(head, run, options, signal);
  let alive: NodeJS.Timeout | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        alive = setInterval(() => controller.enqueue(encoder.encode(": working\n\n")), aliveEveryMs);
      },
      pull: async (controller) => {
        const next = await events.next().catch((error: unknown) => {
          clearInterval(alive);
          throw error;
        });
        if (!next.done) controller.enqueue(encoder.encode(`data: ${next.value}\n\n`));
        else {
          clearInterval(alive);
          controller.close();
        }
      },
      cancel: () => clearInterval(alive),
    },
    { highWaterMark: 1 },
  );
  const headers = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "transfer-encoding": "chunked",
  };
  return new Response(body, { headers });
}

async function* messagesOf(
  head: CompletionHead,
  run: Run,
  options: ChatOptions,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const reasoning = new Reasoning();
  const live = new LiveAnswer(charsToldLive(options));
  yield JSON.stringify(chunk(head, { role: "assistant", content: "" }));
  for await (const event of run.events()) {
    const content = live.add(event);
    const text = live.isDirect && event.type === "reply.delta" ? "" : reasoning.add(event);
    if (text !== "") yield JSON.stringify(chunk(head, { reasoning_content: text }));
    if (content !== "") yield JSON.stringify(chunk(head, { content }));
  }
  try {
    const result = finished(await run.result, signal, options);
    const { text, finishReason } = toldAnswer(result, options);
    for (const content of piecesOf(live.rest(text ?? ""))) yield JSON.stringify(chunk(head, { content }));
    const more = { ...(options.metadata ? { metadata: options.metadata } : {}), rlm: factsOf(result) };
    yield JSON.stringify(chunk(head, {}, finishReason, more));
    if (options.includeUsage) yield JSON.stringify(usageChunk(head, result));
    yield "[DONE]";
  } catch (error) {
    yield JSON.stringify(errorBody((error instanceof ApiError ? error : failedRun(failureOf(error))).fields));
  }
}

/** What an end text cuts, or what has to be JSON, is known only when it is whole. */
function charsToldLive({ stop, answerSchema, maxChars }: ChatOptions): number {
  return stop.length > 0 || answerSchema !== null ? 0 : (maxChars ?? Number.POSITIVE_INFINITY);
}

function* piecesOf(text: string): Generator<string> {
  const pieces = text.match(new RegExp(`[^]{1,${pieceChars}}`, "gu")) ?? [];
  yield* pieces;
}
