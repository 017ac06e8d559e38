import type {
  CacheSaver,
  CacheStep,
  CacheSummary,
  CallRecord,
  CellRecord,
  LatencyEvent,
  LatencyMetric,
  ModelCache,
  RunRecord,
  RunSummary,
} from "../telemetry/record-rows.ts";
import type { TableColumn } from "./db-table.ts";

/** The columns of each table of `rlm db records` and `rlm db stats`. */

export const runColumns: readonly TableColumn<RunRecord>[] = [
  { head: "run", as: "text", of: (run) => run.runId },
  { head: "query", as: "text", of: (run) => run.queryId },
  { head: "started (UTC)", as: "time", of: (run) => run.startedAt },
  { head: "end", as: "text", of: (run) => run.stopReason ?? "running" },
  { head: "model", as: "text", of: (run) => run.rootModel },
  { head: "turns", as: "count", of: (run) => run.turns },
  { head: "calls", as: "count", of: (run) => run.calls },
  { head: "input", as: "count", of: (run) => run.inputTokens },
  { head: "cached", as: "count", of: (run) => run.cachedTokens },
  { head: "output", as: "count", of: (run) => run.outputTokens },
  { head: "cost", as: "usd", of: (run) => run.costUsd },
  { head: "time", as: "ms", of: (run) => run.durationMs },
];

export const eventColumns: readonly TableColumn<LatencyEvent>[] = [
  { head: "time (UTC)", as: "time", of: (event) => event.time },
  { head: "run", as: "text", of: (event) => event.runId },
  { head: "seq", as: "count", of: (event) => event.seq },
  { head: "type", as: "text", of: (event) => event.type },
  { head: "turn", as: "count", of: (event) => event.turn },
  { head: "cell", as: "count", of: (event) => event.cell },
  { head: "call", as: "text", of: (event) => event.callId },
  { head: "took", as: "ms", of: (event) => event.durationMs },
  { head: "end", as: "text", of: (event) => event.code ?? (event.success === false ? "failed" : "ok") },
];

export const callColumns: readonly TableColumn<CallRecord>[] = [
  { head: "run", as: "text", of: (call) => call.runId },
  { head: "seq", as: "count", of: (call) => call.seq },
  { head: "turn", as: "count", of: (call) => call.turn },
  { head: "call", as: "text", of: (call) => call.callId },
  { head: "kind", as: "text", of: (call) => call.kind },
  { head: "model", as: "text", of: (call) => call.model },
  { head: "took", as: "ms", of: (call) => call.durationMs },
  { head: "input", as: "count", of: (call) => call.inputTokens },
  { head: "cached", as: "count", of: (call) => call.cachedTokens },
  { head: "output", as: "count", of: (call) => call.outputTokens },
  { head: "cost", as: "usd", of: (call) => call.costUsd },
  { head: "saved", as: "usd", of: (call) => call.cacheSavingsUsd },
  { head: "end", as: "text", of: (call) => call.errorCode ?? (call.remembered ? "remembered" : "ok") },
];

export const cellColumns: readonly TableColumn<CellRecord>[] = [
  { head: "run", as: "text", of: (cell) => cell.runId },
  { head: "seq", as: "count", of: (cell) => cell.seq },
  { head: "turn", as: "count", of: (cell) => cell.turn },
  { head: "cell", as: "count", of: (cell) => cell.cell },
  { head: "took", as: "ms", of: (cell) => cell.durationMs },
  { head: "CPU", as: "ms", of: (cell) => cell.cpuMs },
  { head: "code", as: "count", of: (cell) => cell.codeChars },
  { head: "output", as: "count", of: (cell) => cell.outputChars },
  { head: "memory", as: "text", of: (cell) => cell.memory },
  { head: "end", as: "text", of: (cell) => cell.errorName ?? "ok" },
];

export const stepColumns: readonly TableColumn<CacheStep>[] = [
  { head: "run", as: "text", of: (step) => step.runId },
  { head: "seq", as: "count", of: (step) => step.seq },
  { head: "model", as: "text", of: (step) => step.model },
  { head: "input", as: "count", of: (step) => step.inputTokens },
  { head: "cached", as: "count", of: (step) => step.cachedTokens },
  { head: "hits", as: "share", of: (step) => step.cacheHitRate },
  { head: "saved", as: "usd", of: (step) => step.cacheSavingsUsd },
  { head: "saved so far", as: "usd", of: (step) => step.savedSoFarUsd },
];

export const summaryFields: readonly TableColumn<RunSummary>[] = [
  { head: "runs", as: "count", of: (all) => all.runs },
  { head: "child runs", as: "count", of: (all) => all.childRuns },
  { head: "started (UTC)", as: "time", of: (all) => all.startedAt },
  { head: "finished (UTC)", as: "time", of: (all) => all.finishedAt },
  { head: "ended", as: "text", of: (all) => all.stopReasons.join(", ") },
  { head: "turns", as: "count", of: (all) => all.turns },
  { head: "sub-calls", as: "count", of: (all) => all.subCalls },
  { head: "cells", as: "count", of: (all) => all.cells },
  { head: "errors", as: "count", of: (all) => all.errors },
  { head: "error rate", as: "share", of: (all) => all.errorRate },
  { head: "cost", as: "usd", of: (all) => all.costUsd },
];

export const metricColumns: readonly TableColumn<LatencyMetric>[] = [
  { head: "kind", as: "text", of: (metric) => metric.kind },
  { head: "count", as: "count", of: (metric) => metric.count },
  { head: "errors", as: "count", of: (metric) => metric.errors },
  { head: "average", as: "ms", of: (metric) => metric.avgMs },
  { head: "p50", as: "ms", of: (metric) => metric.p50Ms },
  { head: "p90", as: "ms", of: (metric) => metric.p90Ms },
  { head: "p99", as: "ms", of: (metric) => metric.p99Ms },
  { head: "longest", as: "ms", of: (metric) => metric.maxMs },
];

export const cacheFields: readonly TableColumn<CacheSummary>[] = [
  { head: "requests", as: "count", of: (cache) => cache.requests },
  { head: "input tokens", as: "count", of: (cache) => cache.inputTokens },
  { head: "cached tokens", as: "count", of: (cache) => cache.cachedTokens },
  { head: "hit rate", as: "share", of: (cache) => cache.cacheHitRate },
  { head: "cost", as: "usd", of: (cache) => cache.costUsd },
  { head: "without cache", as: "usd", of: (cache) => cache.fullCostUsd },
  { head: "saved", as: "usd", of: (cache) => cache.cacheSavingsUsd },
];

export const modelColumns: readonly TableColumn<ModelCache>[] = [
  { head: "model", as: "text", of: (model) => model.model },
  { head: "requests", as: "count", of: (model) => model.requests },
  { head: "input", as: "count", of: (model) => model.inputTokens },
  { head: "cached", as: "count", of: (model) => model.cachedTokens },
  { head: "hits", as: "share", of: (model) => model.cacheHitRate },
  { head: "cost", as: "usd", of: (model) => model.costUsd },
  { head: "saved", as: "usd", of: (model) => model.cacheSavingsUsd },
];

export const saverColumns: readonly TableColumn<CacheSaver>[] = [
  { head: "run", as: "text", of: (run) => run.runId },
  { head: "last (UTC)", as: "time", of: (run) => run.lastAt },
  { head: "requests", as: "count", of: (run) => run.requests },
  { head: "hits", as: "share", of: (run) => run.cacheHitRate },
  { head: "cost", as: "usd", of: (run) => run.costUsd },
  { head: "saved", as: "usd", of: (run) => run.cacheSavingsUsd },
];
