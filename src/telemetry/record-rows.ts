/** What the query API returns; `docs/query-api.md` lists the same fields, and a test holds the two together. */
import * as z from "zod";

const count = z.number().int().nonnegative();
const ms = z.number().nonnegative();
const usd = z.number().nullable();
/** From 0 to 1; null where there is nothing to divide. */
const share = z.number().min(0).max(1).nullable();
const kind = z.enum(["turn", "llm", "rlm"]);

const tokens = { inputTokens: count, cachedTokens: count, outputTokens: count };
const latency = { avgMs: ms.nullable(), p50Ms: ms.nullable(), p90Ms: ms.nullable(), p99Ms: ms.nullable() };

/** A run; its figures are those of the run with its child runs, and null before it has ended. */
export const runRecord = z.object({
  runId: z.string(),
  queryId: z.string(),
  rootRunId: z.string(),
  parentRunId: z.string().nullable(),
  parentCallId: z.string().nullable(),
  depth: count,
  startedAt: z.date(),
  finishedAt: z.date().nullable(),
  stopReason: z.string().nullable(),
  errorCode: z.string().nullable(),
  rootModel: z.string().nullable(),
  subModel: z.string().nullable(),
  offline: z.boolean().nullable(),
  contextFiles: count.nullable(),
  contextChars: count.nullable(),
  turns: count.nullable(),
  calls: count.nullable(),
  inputTokens: count.nullable(),
  cachedTokens: count.nullable(),
  outputTokens: count.nullable(),
  costUsd: usd,
  citations: count.nullable(),
  citationsFlagged: count.nullable(),
  durationMs: ms.nullable(),
  question: z.string().nullable(),
  answer: z.string().nullable(),
});
export type RunRecord = z.infer<typeof runRecord>;

/** All that was asked and run in one or more runs, child runs included. */
export const runSummary = z.object({
  runs: count,
  childRuns: count,
  unfinishedRuns: count,
  startedAt: z.date(),
  finishedAt: z.date().nullable(),
  stopReasons: z.array(z.string()),
  turns: count,
  subCalls: count,
  cells: count,
  errors: count,
  errorRate: share,
  ...latency,
  ...tokens,
  cacheHitRate: share,
  costUsd: usd,
  unpricedCalls: count,
  cacheSavingsUsd: usd,
  unknownSavings: count,
});
export type RunSummary = z.infer<typeof runSummary>;

const place = { time: z.date(), runId: z.string(), rootRunId: z.string(), seq: count, depth: count };

/** An event that ends a span of time. */
export const latencyEvent = z.object({
  ...place,
  type: z.string(),
  turn: count.nullable(),
  cell: count.nullable(),
  callId: z.string().nullable(),
  model: z.string().nullable(),
  durationMs: ms,
  success: z.boolean().nullable(),
  code: z.string().nullable(),
});
export type LatencyEvent = z.infer<typeof latencyEvent>;

/** One time that a model was asked. */
export const callRecord = z.object({
  ...place,
  queryId: z.string(),
  turn: count,
  cell: count.nullable(),
  callId: z.string().nullable(),
  childRunId: z.string().nullable(),
  kind,
  model: z.string(),
  durationMs: ms,
  success: z.boolean(),
  errorCode: z.string().nullable(),
  finishReason: z.string().nullable(),
  remembered: z.boolean(),
  ...tokens,
  reasoningTokens: count,
  tokensEstimated: z.boolean(),
  costUsd: usd,
  pricedBy: z.string().nullable(),
  cacheSavingsUsd: usd,
  prompt: z.string().nullable(),
  reply: z.string().nullable(),
});
export type CallRecord = z.infer<typeof callRecord>;

/** One cell that was run. */
export const cellRecord = z.object({
  ...place,
  queryId: z.string(),
  turn: count,
  cell: count,
  durationMs: ms,
  cpuMs: ms,
  success: z.boolean(),
  errorName: z.string().nullable(),
  errorLine: count.nullable(),
  memory: z.string(),
  codeChars: count,
  outputChars: count,
  code: z.string().nullable(),
  output: z.string().nullable(),
  errorMessage: z.string().nullable(),
});
export type CellRecord = z.infer<typeof cellRecord>;

/** How long one kind of work took; remembered calls are not among it. */
export const latencyMetric = z.object({
  kind: z.enum(["turn", "llm", "rlm", "cell"]),
  count,
  errors: count,
  ...latency,
  maxMs: ms.nullable(),
});
export type LatencyMetric = z.infer<typeof latencyMetric>;

/** What the provider's cache has saved. */
export const cacheSummary = z.object({
  requests: count,
  requestsWithCache: count,
  ...tokens,
  cacheHitRate: share,
  costUsd: usd,
  fullCostUsd: usd,
  cacheSavingsUsd: usd,
  savedShare: share,
  unknownSavings: count,
});
export type CacheSummary = z.infer<typeof cacheSummary>;

/** A request, with what was saved up to it. */
export const cacheStep = z.object({
  ...place,
  model: z.string(),
  inputTokens: count,
  cachedTokens: count,
  cacheHitRate: share,
  cacheSavingsUsd: usd,
  savedSoFarUsd: usd,
});
export type CacheStep = z.infer<typeof cacheStep>;

/** A root run, and what the cache has saved in it and its child runs. */
export const cacheSaver = z.object({
  runId: z.string(),
  queryId: z.string(),
  lastAt: z.date(),
  requests: count,
  ...tokens,
  cacheHitRate: share,
  costUsd: usd,
  cacheSavingsUsd: z.number(),
});
export type CacheSaver = z.infer<typeof cacheSaver>;

/** How well the cache works for a model. */
export const modelCache = z.object({
  model: z.string(),
  requests: count,
  ...tokens,
  cacheHitRate: share,
  costUsd: usd,
  unpricedCalls: count,
  cacheSavingsUsd: usd,
  savedShare: share,
  unknownSavings: count,
});
export type ModelCache = z.infer<typeof modelCache>;

/** Calls of one model and kind in one minute, hour or day. */
export const usageRow = z.object({
  bucket: z.date(),
  model: z.string(),
  kind,
  calls: count,
  errors: count,
  remembered: count,
  ...latency,
  ...tokens,
  costUsd: usd,
  unpricedCalls: count,
  cacheSavingsUsd: usd,
  unknownSavings: count,
});
export type UsageRow = z.infer<typeof usageRow>;

/** All shapes by their name in the documentation. */
export const recordShapes = {
  RunRecord: runRecord,
  RunSummary: runSummary,
  LatencyEvent: latencyEvent,
  CallRecord: callRecord,
  CellRecord: cellRecord,
  LatencyMetric: latencyMetric,
  CacheSummary: cacheSummary,
  CacheStep: cacheStep,
  CacheSaver: cacheSaver,
  ModelCache: modelCache,
  UsageRow: usageRow,
} as const;
