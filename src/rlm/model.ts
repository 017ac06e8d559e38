import type { CancelSignal } from "./cancel.ts";

/** How a model draws what it writes; what is absent is as its endpoint has it. */
export interface Sampling {
  /** 0 to 2. */
  readonly temperature?: number;
  /** 0 to 1. */
  readonly topP?: number;
  /** A whole number; the same one is to give the same reply, as far as the endpoint can. */
  readonly seed?: number;
}

/** One message of a conversation with a model. */
export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** Tokens of one call or of many. `cachedInput` is a part of `input`, `reasoning` a part of `output`. */
export interface Usage {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly reasoning: number;
  /** True where the provider gave no count and characters / 4 stand in. */
  readonly estimated: boolean;
}

/** `length`: cut by the token limit. `filtered`: withheld by the provider. */
export type FinishReason = "stop" | "length" | "filtered";

export interface ModelRequest {
  readonly messages: readonly Message[];
  readonly signal: CancelSignal;
  /** Called with each piece of text as it streams in. */
  readonly onDelta?: (text: string) => void;
  /** Called when a try has failed and another one follows after `waitMs`; what `onDelta` was given is void then. */
  readonly onRetry?: (failure: ModelFailure, waitMs: number) => void;
  /** Called where something is wrong that does not stop the reply, such as a prompt that was cut in silence. */
  readonly onWarning?: (code: string, message: string) => void;
  /** The most output tokens, what is only thought included; not given while there is plenty. */
  readonly maxOutput?: number;
  /** Asked as the reply grows, with its tokens so far; where it says false the reply is cut off, as by `length`. */
  readonly allows?: (output: number) => boolean;
  /** Asked before another try, with what the tries before it have used in all; where it says false there is none. */
  readonly allowsRetry?: (spent: Spent) => boolean;
  /** A JSON Schema that the reply has to match. It is asked for and not checked. */
  readonly schema?: JsonSchema;
  readonly sampling?: Sampling;
}

/** A JSON Schema (https://json-schema.org/draft/2020-12) of an object or a list. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What one or more requests have used. */
export interface Spent {
  readonly usage: Usage;
  /** US dollars; null where the price is not known. */
  readonly costUsd: number | null;
  /** Who said so; absent where nobody did, or not all of it is of one source. */
  readonly pricedBy?: PricedBy | undefined;
}

/** `endpoint`: it states what each call costs. `setting`: the user's price. `table`: that of this package. */
export type PricedBy = "endpoint" | "setting" | "table";

export interface ModelReply extends Spent {
  readonly text: string;
  readonly finishReason: FinishReason;
}

/** US dollars for a million tokens. */
export interface Price {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
}

/** Prices as a user states them, by the model's name; cached input costs what other input does unless it is said. */
export type StatedPrices = Readonly<Record<string, Omit<Price, "cachedInput"> & { readonly cachedInput?: number }>>;

/** The price that a user has stated for a model; null where there is none. */
export function statedPrice(prices: StatedPrices, id: string): Price | null {
  const price = Object.hasOwn(prices, id) ? prices[id] : undefined;
  return price ? { ...price, cachedInput: price.cachedInput ?? price.input } : null;
}

/** Whoever answers a list of messages. */
export interface Model {
  /** As the endpoint names it, e.g. `gpt-5-mini`; `offline` for the embedded one. */
  readonly id: string;
  /** True for the embedded model, whose answers say that no language model was asked. */
  readonly offline: boolean;
  /** What a call will cost; null where only the bill tells, or nobody. */
  readonly price: Price | null;
  /**
   * @returns the whole reply, after its deltas
   * @throws ModelFailure; CancelledError if the signal was aborted
   */
  reply(request: ModelRequest): Promise<ModelReply>;
}

/** `consent`: the user does not let us ask a model of the editor. `quota`, `blocked`: whoever provides it refuses. */
export type ModelFailureCode =
  | "auth"
  | "consent"
  | "quota"
  | "blocked"
  | "unknown-model"
  | "network"
  | "timeout"
  | "rate-limit"
  | "server"
  | "broken-stream"
  | "empty-reply"
  | "bad-request"
  | "overflow";

/** Why a model gave no reply. The message is one line for the user: what was wrong, where, what to do. */
export class ModelFailure extends Error {
  readonly code: ModelFailureCode;
  /** What the failed tries have used; null where nothing was written. */
  readonly spent: Spent | null;
  constructor(code: ModelFailureCode, message: string, spent: Spent | null = null) {
    super(message);
    this.name = "ModelFailure";
    this.code = code;
    this.spent = spent;
  }
}

export const noUsage: Usage = { input: 0, cachedInput: 0, output: 0, reasoning: 0, estimated: false };

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    input: a.input + b.input,
    cachedInput: a.cachedInput + b.cachedInput,
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
    estimated: a.estimated || b.estimated,
  };
}
