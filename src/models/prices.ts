import type { Price, Usage } from "../rlm/model.ts";

interface ListedPrice extends Price {
  /** Requests with more input tokens than this cost more, by a rate that is not listed here. */
  readonly upToInput?: number;
}

/**
 * Standard prices of api.openai.com as of June 2026, from https://developers.openai.com/api/docs/pricing.
 * Only models whose price is sure: one that is not here has an unknown price, not a guessed one.
 */
const openAiPrices: Readonly<Record<string, ListedPrice>> = {
  "gpt-5.5": { input: 5, cachedInput: 0.5, output: 30, upToInput: 272_000 },
  "gpt-5.4": { input: 2.5, cachedInput: 0.25, output: 15, upToInput: 272_000 },
  "gpt-5.4-mini": { input: 0.75, cachedInput: 0.075, output: 4.5 },
  "gpt-5.4-nano": { input: 0.2, cachedInput: 0.02, output: 1.25 },
  "gpt-5.2": { input: 1.75, cachedInput: 0.175, output: 14 },
  "gpt-5": { input: 1.25, cachedInput: 0.125, output: 10 },
  "gpt-5-mini": { input: 0.25, cachedInput: 0.025, output: 2 },
  "gpt-4.1": { input: 2, cachedInput: 0.5, output: 8 },
  "gpt-4.1-mini": { input: 0.4, cachedInput: 0.1, output: 1.6 },
  "gpt-4o-mini": { input: 0.15, cachedInput: 0.075, output: 0.6 },
};

const snapshotDate = /-\d{4}-\d{2}-\d{2}$/;

/**
 * The listed price of a call, or null where it is not known.
 * The table holds for api.openai.com alone: elsewhere the same name may cost anything.
 */
export function listedPrice(host: string, model: string, usage: Usage): Price | null {
  if (host !== "api.openai.com") return null;
  const id = model.replace(snapshotDate, "");
  const price = Object.hasOwn(openAiPrices, id) ? openAiPrices[id] : undefined;
  if (!price || usage.input > (price.upToInput ?? Number.POSITIVE_INFINITY)) return null;
  return price;
}

/** US dollars of a call; cached input is paid at its own price. */
export function costOf(usage: Usage, price: Price): number {
  const fresh = usage.input - usage.cachedInput;
  return (fresh * price.input + usage.cachedInput * price.cachedInput + usage.output * price.output) / 1_000_000;
}
