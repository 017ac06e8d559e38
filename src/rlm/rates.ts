import { estimateTokens } from "./limits.ts";
import type { Message, Model, Price, Spent } from "./model.ts";

/** What a run has learnt about tokens and prices from the calls that it has settled. */
export class Rates {
  #estimated = 0;
  #counted = 0;
  #outputs = 0;
  #replies = 0;
  /** US dollars a token, by model, of those that state what a call has cost; the dearest call counts. */
  readonly #stated = new Map<string, number>();
  /** How many times their known price those models cost that state more; the dearest call counts. */
  readonly #dearer = new Map<string, number>();

  /** Tokens that a reply is likely to have: as many as those so far; null before any. */
  get expectedOutput(): number | null {
    return this.#replies === 0 ? null : Math.ceil(this.#outputs / this.#replies);
  }

  tokens(messages: readonly Message[]): number {
    return this.tokensOf(charsOf(messages));
  }

  /** Tokens of so many characters: the estimate, and more where the provider has counted more. */
  tokensOf(chars: number): number {
    return Math.ceil(estimateTokens(chars) * this.#factor);
  }

  /** Counted tokens for an estimated one; never less than one. */
  get #factor(): number {
    return this.#estimated === 0 ? 1 : Math.max(1, this.#counted / this.#estimated);
  }

  /** True where the price of a call can be told ahead. */
  known(model: Model): boolean {
    return model.offline || model.price !== null || this.#stated.has(model.id);
  }

  /** US dollars; 0 where the price is not known. */
  usd(model: Model, input: number, output: number): number {
    const { id, price } = model;
    if (price) return usdBy(price, input, output) * (this.#dearer.get(id) ?? 1);
    return (input + output) * (this.#stated.get(id) ?? 0);
  }

  /** @param messages what the usage is of */
  learn(model: Model, messages: readonly Message[], { usage, costUsd }: Spent): void {
    const total = usage.input + usage.output;
    this.#outputs += usage.output;
    this.#replies += 1;
    if (costUsd !== null && total > 0) {
      this.#stated.set(model.id, Math.max(this.#stated.get(model.id) ?? 0, costUsd / total));
      const listed = model.price ? usdBy(model.price, usage.input, usage.output) : 0;
      if (listed > 0) this.#dearer.set(model.id, Math.max(this.#dearer.get(model.id) ?? 1, costUsd / listed));
    }
    if (usage.estimated || usage.input === 0) return;
    this.#estimated += estimateTokens(charsOf(messages));
    this.#counted += usage.input;
  }
}

function charsOf(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + message.content.length, 0);
}

function usdBy(price: Price, input: number, output: number): number {
  return (input * price.input + output * price.output) / 1_000_000;
}
