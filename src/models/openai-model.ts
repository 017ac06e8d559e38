import type { OpenAI } from "openai";
import { CancelledError, type CancelSignal, throwIfCancelled } from "../rlm/cancel.ts";
import {
  addUsage,
  type FinishReason,
  type Model,
  type ModelFailure,
  type ModelReply,
  type ModelRequest,
  noUsage,
  type Usage,
} from "../rlm/model.ts";
import { checkEndpoint, type Endpoint, type EndpointOptions } from "./endpoint.ts";
import { closeGate, passGate } from "./endpoint-gate.ts";
import { givenUp, type Retry, type Trouble, troubleOf, unknownModel, wrongUrl } from "./failures.ts";
import { listModels } from "./list-models.ts";
import { openClient } from "./openai-client.ts";
import { costOf, listedPrice, type Price } from "./prices.ts";
import { Reception } from "./reception.ts";
import { longestWaitMs, sleep, waitBefore } from "./retry.ts";
import { estimatedUsage, fields } from "./usage.ts";

export interface OpenAiModelOptions extends EndpointOptions {
  /** As the endpoint names it. */
  readonly id: string;
  /** Milliseconds until the first piece of a reply; 120,000 unless given. */
  readonly firstTokenTimeoutMs?: number;
  /** Milliseconds between the pieces of a reply; 60,000 unless given. */
  readonly idleTimeoutMs?: number;
  /** Tries after the first one; 5 unless given. */
  readonly maxRetries?: number;
  /** Milliseconds before the first retry, doubled each time; 1,000 unless given. */
  readonly backoffMs?: number;
  /** Goes before the built-in table, after what the endpoint states. */
  readonly price?: Price;
}

/**
 * A model behind an OpenAI-compatible endpoint. After `onRetry` the text of a reply begins anew: what a caller has
 * gathered of its deltas is void. The usage of a reply includes what failed tries have written.
 */
export function openAiModel(options: OpenAiModelOptions): Model {
  const caller = new Caller(options);
  return { id: options.id, offline: false, reply: (request) => caller.reply(request) };
}

const retriesOf: Readonly<Record<Retry, number>> = { never: 0, once: 1, twice: 2, often: Number.POSITIVE_INFINITY };

/** Tokens and dollars of one or more tries. */
interface Spent {
  readonly usage: Usage;
  readonly costUsd: number | null;
}

class Caller {
  readonly #options: OpenAiModelOptions;
  #client: Promise<OpenAI> | undefined;
  #askUsage = true;

  constructor(options: OpenAiModelOptions) {
    this.#options = options;
    // The client takes a while to load; it may as well do so while the context is collected.
    void import("openai");
  }

  async reply(request: ModelRequest): Promise<ModelReply> {
    throwIfCancelled(request.signal);
    const endpoint = checkEndpoint(this.#options);
    const retries = new Retries(this.#options);
    let spent: Spent = { usage: noUsage, costUsd: 0 };
    for (;;) {
      await passGate(endpoint.origin, request.signal);
      const reception = new Reception();
      try {
        await this.#receive(reception, request, endpoint);
        spent = addSpent(spent, this.#spentOn(reception, request, endpoint));
        return { text: reception.text, ...spent, finishReason: finishReasonOf(reception) };
      } catch (error) {
        if (request.signal.aborted) throw new CancelledError();
        if (reception.begun) spent = addSpent(spent, this.#spentOn(reception, request, endpoint));
        if (this.#dropsUsageOption(error)) continue;
        await this.#waitOrFail(troubleOf(error, endpoint, this.#options.id), retries, request, endpoint);
      }
    }
  }

  async #receive(reception: Reception, request: ModelRequest, endpoint: Endpoint): Promise<void> {
    this.#client ??= openClient(endpoint);
    const { id, firstTokenTimeoutMs = 120_000, idleTimeoutMs = 60_000 } = this.#options;
    await reception.receive(await this.#client, {
      model: id,
      messages: request.messages,
      askUsage: this.#askUsage,
      signal: request.signal,
      onDelta: (text) => request.onDelta?.(text),
      firstTokenTimeoutMs,
      idleTimeoutMs,
    });
  }

  /** Waits before the next try. @throws ModelFailure where there is none; CancelledError */
  async #waitOrFail(trouble: Trouble, retries: Retries, request: ModelRequest, endpoint: Endpoint): Promise<void> {
    const wait = retries.next(trouble);
    if (wait === null) throw await this.#lastFailure(trouble, retries, request.signal, endpoint);
    if (trouble.failure.code === "rate-limit") closeGate(endpoint.origin, wait);
    request.onRetry?.(trouble.failure, wait);
    await sleep(wait, request.signal);
  }

  async #lastFailure(
    trouble: Trouble,
    retries: Retries,
    signal: CancelSignal,
    endpoint: Endpoint,
  ): Promise<ModelFailure> {
    if (trouble.failure.code !== "unknown-model") return givenUp(trouble, retries.tries, retries.waitedMs);
    const known = await listModels({ ...this.#options, signal, timeoutMs: 2_000 }).catch(() => null);
    throwIfCancelled(signal);
    const misplaced = trouble.status === 404 && (known ? known.includes(this.#options.id) : !trouble.aboutModel);
    return misplaced ? wrongUrl(endpoint) : unknownModel(this.#options.id, endpoint.host, known);
  }

  /** True where the endpoint does not know how to state usage in a stream, which is then no longer asked for. */
  #dropsUsageOption(error: unknown): boolean {
    const { status, message } = fields(error);
    if (!this.#askUsage || (status !== 400 && status !== 422) || !/stream_options/.test(String(message))) return false;
    this.#askUsage = false;
    return true;
  }

  #spentOn({ stated, text, reasoning }: Reception, { messages }: ModelRequest, { host }: Endpoint): Spent {
    const usage = stated?.usage ?? estimatedUsage(messages, text, reasoning);
    const price = this.#options.price ?? listedPrice(host, this.#options.id, usage);
    return { usage, costUsd: stated?.costUsd ?? (price && costOf(usage, price)) };
  }
}

/** Counts the tries of one reply. */
class Retries {
  readonly #max: number;
  readonly #baseMs: number;
  readonly #used: Record<Retry, number> = { never: 0, once: 0, twice: 0, often: 0 };
  tries = 1;
  waitedMs = 0;

  constructor({ maxRetries = 5, backoffMs = 1_000 }: OpenAiModelOptions) {
    this.#max = maxRetries;
    this.#baseMs = backoffMs;
  }

  /** @returns milliseconds to wait before the next try; null where there is none */
  next({ retry, retryAfterMs }: Trouble): number | null {
    const askedTooMuch = retryAfterMs !== null && retryAfterMs > longestWaitMs;
    if (askedTooMuch || this.tries > this.#max || this.#used[retry] >= retriesOf[retry]) return null;
    this.#used[retry] += 1;
    const wait = waitBefore(this.tries - 1, this.#baseMs, retryAfterMs);
    this.tries += 1;
    this.waitedMs += wait;
    return wait;
  }
}

function addSpent(a: Spent, b: Spent): Spent {
  const costUsd = a.costUsd === null || b.costUsd === null ? null : a.costUsd + b.costUsd;
  return { usage: addUsage(a.usage, b.usage), costUsd };
}

function finishReasonOf({ finishReason }: Reception): FinishReason {
  if (finishReason === "length") return "length";
  return finishReason === "content_filter" ? "filtered" : "stop";
}
