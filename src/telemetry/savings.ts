import type { Price, PricedBy, Usage } from "../rlm/model.ts";

/** The price of a model in US dollars for a million tokens, for a call of this size; null where it is not known. */
export type PriceOf = (model: string, usage: Usage) => Price | null;

interface Settled {
  readonly usage: Usage;
  /** US dollars; null where it is not known. */
  readonly costUsd: number | null;
  readonly pricedBy?: PricedBy | undefined;
}

/** Dollars are rounded by whoever states them. */
const tolerance = 1e-9;

/**
 * What the cached tokens of a call would have cost at the full price of input, less what they did cost, in US dollars;
 * null where that is not known. What an endpoint states counts more than a listed price: where the two can't both be
 * right, nothing is known.
 */
export function cacheSavings({ usage, costUsd, pricedBy }: Settled, price: Price | null): number | null {
  if (usage.cachedInput === 0) return 0;
  // A listed price does not hold for every call.
  if (!price || costUsd === null) return null;
  if (pricedBy !== "endpoint") {
    return (usage.cachedInput * (price.input - price.cachedInput)) / 1_000_000;
  }
  const full = (usage.input * price.input + usage.output * price.output) / 1_000_000;
  const saved = full - costUsd;
  const most = (usage.cachedInput * price.input) / 1_000_000;
  if (saved < -tolerance || saved > most + tolerance) return null;
  return Math.min(most, Math.max(0, saved));
}
