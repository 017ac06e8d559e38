import type { OpenAI } from "openai";
import { Bill } from "../rlm/bill.ts";
import { CancelledError, type CancelSignal, throwIfCancelled } from "../rlm/cancel.ts";
import { formatCount } from "../rlm/format.ts";
import {
  type FinishReason,
  type Model,
  ModelFailure,
  type ModelReply,
  type ModelRequest,
  noUsage,
  type Price,
  type Spent,
} from "../rlm/model.ts";
import { urlOfModel } from "./api-url.ts";
import { type Dialect, fullDialect, refusesThisSchema, requestBody, simplerDialect } from "./dialect.ts";
import { checkEndpoint, type Endpoint, type EndpointOptions } from "./endpoint.ts";
import { closeGate, type Pass, type Pause, passGate, pausesOf } from "./endpoint-gate.ts";
import { givenUp, heldTooOften, type Retry, type Trouble, troubleOf, unknownModel, wrongUrl } from "./failures.ts";
import { listModels } from "./list-models.ts";
import { openClient } from "./openai-client.ts";
import { costOf, listedPrice } from "./prices.ts";
import { Reception } from "./reception.ts";
import { longestWaitMs, sleep, waitBefore } from "./retry.ts";
import { estimatedUsage } from "./usage.ts";

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
 * gathered of its deltas is void. The usage of a reply, or of a failure, includes what failed tries have written.
 * One model object should serve all calls: it learns what the endpoint does not take, and warns once.
 */
export function openAiModel(options: OpenAiModelOptions): Model {
  const caller = new Caller(options);
  return {
    id: options.id,
    offline: false,
    price: options.price ?? priceAhead(options),
    reply: (request) => caller.reply(request),
  };
}

function priceAhead({ baseUrl, id }: OpenAiModelOptions): Price | null {
  return URL.canParse(baseUrl) ? listedPrice(new URL(baseUrl).host, id, noUsage) : null;
}

const retriesOf: Readonly<Record<Retry, number>> = { never: 0, once: 1, twice: 2, often: Number.POSITIVE_INFINITY };

/** One call on its way. */
interface Call {
  readonly request: ModelRequest;
  readonly endpoint: Endpoint;
  readonly retries: Retries;
  readonly bill: Bill;
  /** Its schema is asked for in words, as the endpoint has refused it in its own form. */
  schemaInWords: boolean;
}

class Caller {
  readonly #options: OpenAiModelOptions;
  #client: Promise<OpenAI> | undefined;
  #dialect = fullDialect;
  #warned = false;

  constructor(options: OpenAiModelOptions) {
    this.#options = options;
    // The client takes a while to load; it may as well do so while the context is collected.
    void import("openai");
  }

  async reply(request: ModelRequest): Promise<ModelReply> {
    throwIfCancelled(request.signal);
    const endpoint = checkEndpoint(this.#options);
    const call: Call = {
      request,
      endpoint,
      retries: new Retries(this.#options),
      bill: new Bill(),
      schemaInWords: false,
    };
    try {
      for (;;) {
        const outcome = await this.#try(call);
        if (typeof outcome !== "number") return outcome;
        await sleep(outcome, request.signal);
      }
    } catch (error) {
      // Whatever ends the call, also a cancel between two tries, what the tries have used is told with it.
      const { spent } = call.bill;
      if (error instanceof CancelledError) throw new CancelledError(spent);
      throw error instanceof ModelFailure ? new ModelFailure(error.code, error.message, spent) : error;
    }
  }

  /** @returns the reply, or milliseconds to wait before the next try @throws ModelFailure, CancelledError */
  async #try(call: Call): Promise<ModelReply | number> {
    const { request, endpoint, bill } = call;
    const pass = await passGate(endpoint.origin, request.signal, (pause) => held(pause, call));
    const reception = new Reception();
    const dialect = call.schemaInWords ? { ...this.#dialect, schema: false } : this.#dialect;
    try {
      await this.#receive(reception, call, pass, dialect);
      bill.add(this.#spentOn(reception, call));
      this.#warnOfCut(reception, call);
      return { text: reception.text, ...bill.total, finishReason: finishReasonOf(reception) };
    } catch (error) {
      if (reception.begun) bill.add(this.#spentOn(reception, call));
      throwIfCancelled(request.signal);
      const simpler = simplerDialect(dialect, request, error);
      if (simpler) {
        if (dialect.schema && !simpler.schema && refusesThisSchema(error)) call.schemaInWords = true;
        else this.#dialect = call.schemaInWords ? { ...simpler, schema: this.#dialect.schema } : simpler;
        return 0;
      }
      return await this.#afterTrouble(troubleOf(error, endpoint, this.#options.id), call, pass);
    } finally {
      pass.release();
    }
  }

  async #receive(reception: Reception, { request, endpoint }: Call, pass: Pass, dialect: Dialect): Promise<void> {
    const { id, firstTokenTimeoutMs = 120_000, idleTimeoutMs = 60_000 } = this.#options;
    this.#client ??= openClient(endpoint, urlOfModel(endpoint, id));
    await reception.receive(await this.#client, {
      body: requestBody(id, request, dialect),
      signal: request.signal,
      onDelta: (text) => request.onDelta?.(text),
      allows: (output) => request.allows?.(output) ?? true,
      onAccepted: pass.accepted,
      firstTokenTimeoutMs,
      idleTimeoutMs,
    });
  }

  /** @returns milliseconds to wait before the next try @throws ModelFailure where there is none; CancelledError */
  async #afterTrouble(trouble: Trouble, call: Call, pass: Pass): Promise<number> {
    const { request, endpoint, retries, bill } = call;
    const limited = trouble.failure.code === "rate-limit";
    if (!limited && trouble.status !== null) pass.accepted();
    const affordable = bill.spent === null || request.allowsRetry?.(bill.spent) !== false;
    const wait = affordable ? retries.next(trouble, limited ? pausesOf(endpoint.origin) : 0) : null;
    if (wait === null) throw await this.#lastFailure(trouble, call);
    const left = limited ? closeGate(endpoint.origin, pass, wait, trouble.failure) : wait;
    request.onRetry?.(trouble.failure, left);
    retries.told = limited;
    return limited ? 0 : wait;
  }

  async #lastFailure(trouble: Trouble, { request, endpoint, retries }: Call): Promise<ModelFailure> {
    if (trouble.failure.code !== "unknown-model") return givenUp(trouble, retries.tries, retries.waitedMs);
    const known = await this.#knownModels(request.signal, endpoint);
    throwIfCancelled(request.signal);
    const misplaced = trouble.status === 404 && (known ? known.includes(this.#options.id) : !trouble.aboutModel);
    return misplaced ? wrongUrl(endpoint) : unknownModel(this.#options.id, endpoint, known);
  }

  async #knownModels(signal: CancelSignal, { preset }: Endpoint): Promise<string[] | null> {
    if (!preset.listsModels) return null;
    return listModels({ ...this.#options, signal, timeoutMs: 2_000 }).catch(() => null);
  }

  /** Some servers cut a prompt that does not fit, and say so nowhere but in its number of tokens. */
  #warnOfCut({ stated }: Reception, { request, endpoint }: Call): void {
    const sent = estimatedUsage(request.messages, "").input;
    const read = stated?.usage.input ?? sent;
    if (this.#warned || !endpoint.preset.cutsPrompts || sent < cutFromTokens || read > sent * cutShare) return;
    this.#warned = true;
    const counts = `read only ${formatCount(read)} of ≈${formatCount(sent)} tokens`;
    request.onWarning?.(
      "prompt-cut",
      `“${this.#options.id}” at ${endpoint.host} ${counts}: the prompt was cut. ${endpoint.preset.widen}`,
    );
  }

  #spentOn({ stated, text, reasoningChars }: Reception, { request, endpoint }: Call): Spent {
    const usage = stated?.usage ?? estimatedUsage(request.messages, text, reasoningChars);
    if (typeof stated?.costUsd === "number") return { usage, costUsd: stated.costUsd, pricedBy: "endpoint" };
    const { price } = this.#options;
    if (price) return { usage, costUsd: costOf(usage, price), pricedBy: "setting" };
    const listed = listedPrice(endpoint.host, this.#options.id, usage);
    return listed ? { usage, costUsd: costOf(usage, listed), pricedBy: "table" } : { usage, costUsd: null };
  }
}

/** Below this prompt, in estimated tokens, an estimate says nothing about a cut. */
const cutFromTokens = 3_000;
/** A prompt was cut if the endpoint read at most this share of its estimated tokens. */
const cutShare = 0.6;

/** Tells of a pause that the endpoint has asked for. @throws ModelFailure where there were too many */
function held(pause: Pause, { request, retries }: Call): void {
  if (pause.round > retries.max) throw heldTooOften(pause);
  if (!retries.told) request.onRetry?.(pause.failure, pause.waitMs);
  retries.told = false;
}

/** Counts the tries of one reply. */
class Retries {
  readonly max: number;
  readonly #baseMs: number;
  readonly #used: Record<Retry, number> = { never: 0, once: 0, twice: 0, often: 0 };
  tries = 1;
  waitedMs = 0;
  /** True where the caller knows of the pause that follows. */
  told = false;

  constructor({ maxRetries = 5, backoffMs = 1_000 }: OpenAiModelOptions) {
    this.max = maxRetries;
    this.#baseMs = backoffMs;
  }

  /**
   * @param pauses how often in a row the endpoint has asked for a pause, this time not included
   * @returns milliseconds to wait before the next try; null where there is none
   */
  next({ retry, retryAfterMs }: Trouble, pauses: number): number | null {
    const askedTooMuch = retryAfterMs !== null && retryAfterMs > longestWaitMs;
    if (askedTooMuch || this.tries > this.max || this.#used[retry] >= retriesOf[retry]) return null;
    this.#used[retry] += 1;
    const wait = waitBefore(Math.max(this.tries - 1, pauses), this.#baseMs, retryAfterMs);
    this.tries += 1;
    this.waitedMs += wait;
    return wait;
  }
}

function finishReasonOf({ finishReason }: Reception): FinishReason {
  if (finishReason === "length") return "length";
  return finishReason === "content_filter" ? "filtered" : "stop";
}
