/** What one question may use up. A limit ends its run with one last call for the best answer from what is known. */
export interface Limits {
  /** Replies of one run's root model that may hold cells; the last call for an answer comes on top. */
  readonly turns: number;
  /** Levels of runs: a run is at depth 0, its children at 1, and a child is started only below this depth. */
  readonly depth: number;
  /** Sub-calls and child runs, those of children included. */
  readonly calls: number;
  /** Input and output tokens, those of children included. */
  readonly tokens: number;
  /** US dollars, those of children included, as far as prices are known. */
  readonly usd: number;
  /** Wall-clock seconds. */
  readonly seconds: number;
  /** Replies of one run in a row whose cells failed. */
  readonly errors: number;
  /** Requests in flight at a time, those of children included. */
  readonly concurrency: number;
}

export const defaultLimits: Limits = {
  turns: 20,
  depth: 2,
  calls: 200,
  tokens: 2_000_000,
  usd: 1,
  seconds: 900,
  errors: 5,
  concurrency: 8,
};

/** The limit that ended a run. */
export type LimitReached = "turns" | "calls" | "tokens" | "cost" | "time" | "errors";

/** Thrown where something asks for more than is left. */
export class LimitError extends Error {
  readonly code: LimitReached;
  constructor(code: LimitReached, message: string) {
    super(message);
    this.name = "LimitError";
    this.code = code;
  }
}

/** A context of fewer tokens goes to the model directly, in one call (section 4 of arXiv 2512.24601: the loop loses there). */
export const defaultDirectBelowTokens = 8_000;

/** The estimate used wherever the provider's own count is not known; shown with a ≈. */
export function estimateTokens(chars: number): number {
  return Math.ceil(chars / 4);
}
