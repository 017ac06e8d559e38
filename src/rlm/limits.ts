/** What one run may use up. A limit ends the run with one last call for its best answer from what is known. */
export interface Limits {
  /** Replies of the root model that may hold cells; the last call for an answer comes on top. */
  readonly turns: number;
  /** Sub-calls of the whole run. */
  readonly calls: number;
  /** Input and output tokens of the whole run. */
  readonly tokens: number;
  /** Wall-clock seconds of the whole run. */
  readonly seconds: number;
  /** Replies in a row whose cells failed. */
  readonly errors: number;
  /** Requests in flight at a time. */
  readonly concurrency: number;
}

export const defaultLimits: Limits = {
  turns: 20,
  calls: 200,
  tokens: 2_000_000,
  seconds: 900,
  errors: 5,
  concurrency: 8,
};

/** A context of fewer tokens goes to the model directly, in one call (section 4 of arXiv 2512.24601: the loop loses there). */
export const defaultDirectBelowTokens = 8_000;

/** The estimate used wherever the provider's own count is not known; shown with a ≈. */
export function estimateTokens(chars: number): number {
  return Math.ceil(chars / 4);
}
