import type { CallKind, Usage, UsageRow } from "./protocol.ts";

/** A line of a chart: a value for each bucket, null where there is none. */
export interface Series {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** Of all buckets; null where nothing is known, absent where a sum says nothing. */
  readonly total?: number | null;
}

/** What is summed over time, by model. */
export type Measure = "spend" | "tokens" | "savings";

/** Calls of a model whose latency can be shown. */
export interface LatencyChoice {
  readonly model: string;
  readonly kind: CallKind;
}

/** What all calls of a time have used. A question to a child run has no tokens and no cost of its own. */
export interface UsageTotals {
  readonly calls: number;
  readonly errors: number;
  readonly remembered: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | null;
  readonly unpricedCalls: number;
  readonly cacheSavingsUsd: number | null;
  readonly unknownSavings: number;
}

/** More models than these share the last line. */
const mostSeries = 5;

export function totalsOf(rows: readonly UsageRow[]): UsageTotals {
  const asked = rows.filter(isRequest);
  const sum = (figureOf: (row: UsageRow) => number) => asked.reduce((total, row) => total + figureOf(row), 0);
  return {
    calls: sum(({ calls }) => calls),
    errors: sum(({ errors }) => errors),
    remembered: sum(({ remembered }) => remembered),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    cachedTokens: sum(({ cachedTokens }) => cachedTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    costUsd: sumKnown(asked, "spend"),
    unpricedCalls: sum(({ unpricedCalls }) => unpricedCalls),
    cacheSavingsUsd: sumKnown(asked, "savings"),
    unknownSavings: sum(({ unknownSavings }) => unknownSavings),
  };
}

/** One line a model, those with the most calls first. */
export function seriesOf({ rows, from, stepMs, buckets }: Usage, measure: Measure): Series[] {
  const asked = rows.filter(isRequest);
  const models = [...grouped(asked, ({ model }) => model)].sort(([, a], [, b]) => callsOf(b) - callsOf(a));
  const own = models.length > mostSeries ? models.slice(0, mostSeries - 1) : models;
  const others = models.slice(own.length);
  const shown =
    others.length > 0 ? [...own, [`${others.length} more models`, others.flatMap(([, all]) => all)] as const] : own;
  return shown.map(([label, ofModel]) => {
    const byBucket = grouped(ofModel, ({ at }) => Math.floor((at - from) / stepMs));
    const values = Array.from({ length: buckets }, (_, bucket) => sumKnown(byBucket.get(bucket) ?? [], measure));
    return { label, values, total: sumKnown(ofModel, measure) };
  });
}

/** What there is to choose from, the most calls first. */
export function latencyChoices(rows: readonly UsageRow[]): LatencyChoice[] {
  const timed = rows.filter(({ p50Ms }) => p50Ms !== null);
  const groups = [...grouped(timed, ({ model, kind }) => `${kind} ${model}`).values()];
  const sorted = groups.sort((a, b) => callsOf(b) - callsOf(a));
  return sorted.flatMap(([first]) => (first ? [{ model: first.model, kind: first.kind }] : []));
}

/** The percentiles of the latency of such calls. */
export function latencySeries({ rows, from, stepMs, buckets }: Usage, { model, kind }: LatencyChoice): Series[] {
  const own = rows.filter((row) => row.model === model && row.kind === kind);
  const byBucket = new Map(own.map((row) => [Math.floor((row.at - from) / stepMs), row]));
  const fields = [
    ["p50", "p50Ms"],
    ["p90", "p90Ms"],
    ["p99", "p99Ms"],
  ] as const;
  return fields.map(([label, field]) => {
    const values = Array.from({ length: buckets }, (_, bucket) => byBucket.get(bucket)?.[field] ?? null);
    return { label, values };
  });
}

function isRequest({ kind }: UsageRow): boolean {
  return kind !== "rlm";
}

function callsOf(rows: readonly UsageRow[]): number {
  return rows.reduce((sum, { calls }) => sum + calls, 0);
}

/** The sum of what is known; 0 where there were no calls, null where there were and nothing is known. */
function sumKnown(rows: readonly UsageRow[], measure: Measure): number | null {
  const values = rows.map((row) => measured(row, measure));
  const known = values.filter((value) => value !== null);
  return known.length === 0 && values.length > 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

function measured(row: UsageRow, measure: Measure): number | null {
  switch (measure) {
    case "spend":
      return row.costUsd;
    case "savings":
      return row.cacheSavingsUsd;
    case "tokens":
      return row.inputTokens + row.outputTokens;
  }
}

function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
