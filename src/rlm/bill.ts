import { addUsage, noUsage, type Spent } from "./model.ts";

export const nothingSpent: Spent = { usage: noUsage, costUsd: 0 };

/** The sum of two costs; not known as soon as one of them is not. */
export function addSpent(a: Spent, b: Spent): Spent {
  const pricedBy = a === nothingSpent ? b.pricedBy : a.pricedBy;
  return {
    usage: addUsage(a.usage, b.usage),
    costUsd: a.costUsd === null || b.costUsd === null ? null : a.costUsd + b.costUsd,
    ...(pricedBy !== undefined && pricedBy === b.pricedBy ? { pricedBy } : {}),
  };
}

/** Adds up what several requests have used. */
export class Bill {
  #total = nothingSpent;
  #empty = true;

  add(spent: Spent): void {
    this.#empty = false;
    this.#total = addSpent(this.#total, spent);
  }

  get total(): Spent {
    return this.#total;
  }

  /** Null where nothing was used. */
  get spent(): Spent | null {
    return this.#empty ? null : this.#total;
  }
}
