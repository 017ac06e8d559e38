import { describe, expect, it } from "vitest";
import { type CountedCall, percentile, usageRowsOf } from "../../../src/vscode/telemetry/usage-fold.ts";
import { spanOf } from "../../../src/vscode/telemetry/usage-span.ts";

const hour = 3_600_000;

function call(given: Partial<CountedCall>): CountedCall {
  return {
    ...{ rootRunId: "r1", at: 0, model: "gpt-5", kind: "turn", ms: 100, ok: true, remembered: false },
    ...{ inputTokens: 10, cachedTokens: 4, outputTokens: 2, estimated: false, costUsd: 0.5, cacheSavingsUsd: 0.25 },
    ...given,
  };
}

describe("calls, folded", () => {
  it("are kept apart by hour, model and kind, the oldest first", () => {
    const rows = usageRowsOf(
      [
        ...[call({ at: 5 * hour }), call({ at: hour - 1 }), call({ at: hour }), call({ at: 2 * hour - 1 })],
        ...[call({ at: hour, model: "other" }), call({ at: hour, kind: "llm" })],
      ],
      hour,
    );
    expect(rows.map(({ at, model, kind, calls }) => [at / hour, model, kind, calls])).toEqual([
      ...[
        [0, "gpt-5", "turn", 1],
        [1, "gpt-5", "turn", 2],
        [1, "other", "turn", 1],
        [1, "gpt-5", "llm", 1],
      ],
      [5, "gpt-5", "turn", 1],
    ]);
  });

  it("sum what is known, and count what is not", () => {
    const unknown = { costUsd: null, cacheSavingsUsd: null };
    const [known] = usageRowsOf([call({}), call(unknown), call({ ok: false })], hour);
    expect(known).toMatchObject({
      ...{ calls: 3, errors: 1, inputTokens: 30, cachedTokens: 12, outputTokens: 6 },
      ...{ costUsd: 1, unpricedCalls: 1, cacheSavingsUsd: 0.5, unknownSavings: 1 },
    });
    expect(usageRowsOf([call(unknown)], hour)).toMatchObject([
      { costUsd: null, unpricedCalls: 1, cacheSavingsUsd: null, unknownSavings: 1 },
    ]);
  });

  it("leave remembered ones out of the latency", () => {
    const [row] = usageRowsOf([call({ ms: 100 }), call({ ms: 300 }), call({ ms: 0, remembered: true })], hour);
    expect(row).toMatchObject({ calls: 3, remembered: 1, p50Ms: 200, p90Ms: 280, p99Ms: 298 });
    expect(usageRowsOf([call({ remembered: true })], hour)[0]).toMatchObject({ p50Ms: null, p99Ms: null });
  });
});

it("finds percentiles between values, as PostgreSQL does", () => {
  expect([0, 0.5, 0.9, 1].map((share) => percentile([1, 2, 4, 8], share))).toEqual([1, 3, 6.800000000000001, 8]);
  expect([percentile([7], 0.99), percentile([], 0.5)]).toEqual([7, null]);
});

it("ends each range with the bucket that holds now", () => {
  const now = Date.UTC(2026, 4, 10, 13, 30);
  expect(spanOf("day", now)).toEqual({ from: Date.UTC(2026, 4, 9, 14), stepMs: hour, buckets: 24 });
  expect(spanOf("week", now)).toEqual({ from: Date.UTC(2026, 4, 4), stepMs: 24 * hour, buckets: 7 });
  expect(spanOf("month", now)).toEqual({ from: Date.UTC(2026, 3, 11), stepMs: 24 * hour, buckets: 30 });
});
