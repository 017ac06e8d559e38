import type { Usage, UsageRow } from "../../src/webview/usage/protocol.ts";

const dayMs = 86_400_000;
const from = Date.UTC(2026, 4, 4);

/** A week: a root model with a price, one without, sub-calls and a child run; nothing on the third day. */
export function sampleUsage(asked = 1): Usage {
  const days = [0, 1, 3, 4, 5, 6];
  return {
    ...{ type: "usage", asked, source: "logs", from, stepMs: dayMs, buckets: 7, leftOut: 2 },
    rows: days.flatMap((day) => [
      row(day, { model: "gpt-5", calls: 10, errors: 1, inputTokens: 40_000, cachedTokens: 10_000, costUsd: 0.05 }),
      row(day, { model: "gpt-5-mini", kind: "llm", calls: 30, remembered: 2, inputTokens: 90_000, costUsd: 0.02 }),
      row(day, { model: "local", calls: 2, costUsd: null, unpricedCalls: 2, cacheSavingsUsd: null, unknownSavings: 2 }),
      row(day, { model: "gpt-5", kind: "rlm", calls: 1, p50Ms: 30_000, p90Ms: 31_000, p99Ms: 32_000 }),
    ]),
    slowest: [
      {
        ...{ runId: "r1", question: "Where are retries handled?", at: from + dayMs, model: "gpt-5", kind: "turn" },
        ...{ ms: 12_300, tokens: 14_300, estimated: false, costUsd: 0.042, ok: true },
      },
      {
        ...{ runId: "other-run-of-another-workspace", question: null, at: from, model: "local", kind: "llm" },
        ...{ ms: 9_000, tokens: 900, estimated: true, costUsd: null, ok: false },
      },
    ],
  };
}

function row(day: number, given: Partial<UsageRow>): UsageRow {
  return {
    ...{ at: from + day * dayMs, model: "gpt-5", kind: "turn", calls: 1, errors: 0, remembered: 0 },
    ...{ p50Ms: 800 + 100 * day, p90Ms: 1_500 + 100 * day, p99Ms: 2_400 + 150 * day },
    ...{ inputTokens: 0, cachedTokens: 0, outputTokens: 1_000 },
    ...{ costUsd: 0, unpricedCalls: 0, cacheSavingsUsd: 0.01, unknownSavings: 0 },
    ...given,
  };
}
