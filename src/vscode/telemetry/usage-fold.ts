import type { CallKind, UsageRow } from "../../webview/usage/protocol.ts";

/** A call of a run log, with what is counted of it. */
export interface CountedCall {
  /** The run that the user has started. */
  readonly rootRunId: string;
  /** When it ended: milliseconds since 1970. */
  readonly at: number;
  readonly model: string;
  readonly kind: CallKind;
  readonly ms: number;
  readonly ok: boolean;
  readonly remembered: boolean;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly estimated: boolean;
  /** US dollars; null where not known. */
  readonly costUsd: number | null;
  readonly cacheSavingsUsd: number | null;
}

/**
 * Calls by bucket, model and kind, as the view `usage_by_hour` of the database has them, the oldest first.
 * @param stepMs length of a bucket; they begin at its multiples
 */
export function usageRowsOf(calls: readonly CountedCall[], stepMs: number): UsageRow[] {
  const groups = new Map<string, CountedCall[]>();
  for (const call of calls) {
    const key = JSON.stringify([bucketOf(call, stepMs), call.model, call.kind]);
    const group = groups.get(key);
    if (group) group.push(call);
    else groups.set(key, [call]);
  }
  return [...groups.values()].flatMap((group) => rowOf(group, stepMs)).sort((a, b) => a.at - b.at);
}

/** The value below which this share of the values lies, between two of them as PostgreSQL's `percentile_cont` has it. */
export function percentile(sorted: readonly number[], share: number): number | null {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) return null;
  return below + (above - below) * (place - Math.floor(place));
}

function rowOf(calls: readonly CountedCall[], stepMs: number): UsageRow[] {
  const [first] = calls;
  if (!first) return [];
  const times = calls.flatMap(({ ms, remembered }) => (remembered ? [] : [ms])).sort((a, b) => a - b);
  const count = (is: (call: CountedCall) => boolean) => calls.filter(is).length;
  const sum = (figureOf: (call: CountedCall) => number) => calls.reduce((total, call) => total + figureOf(call), 0);
  return [
    {
      ...{ at: bucketOf(first, stepMs), model: first.model, kind: first.kind, calls: calls.length },
      ...{ errors: count(({ ok }) => !ok), remembered: count(({ remembered }) => remembered) },
      ...{ p50Ms: percentile(times, 0.5), p90Ms: percentile(times, 0.9), p99Ms: percentile(times, 0.99) },
      inputTokens: sum(({ inputTokens }) => inputTokens),
      cachedTokens: sum(({ cachedTokens }) => cachedTokens),
      outputTokens: sum(({ outputTokens }) => outputTokens),
      costUsd: sumKnown(calls.map(({ costUsd }) => costUsd)),
      unpricedCalls: count(({ costUsd }) => costUsd === null),
      cacheSavingsUsd: sumKnown(calls.map(({ cacheSavingsUsd }) => cacheSavingsUsd)),
      unknownSavings: count(({ cacheSavingsUsd }) => cacheSavingsUsd === null),
    },
  ];
}

function bucketOf({ at }: CountedCall, stepMs: number): number {
  return Math.floor(at / stepMs) * stepMs;
}

/** Null where none of them is known. */
function sumKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}
