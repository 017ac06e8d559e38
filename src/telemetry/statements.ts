/** The statements of the query API. Columns are named as the fields of `record-rows.ts`; `$1` and `$2` are a scope. */

const ofRun = `($2::text IS NULL OR root_run_id = $2 OR run_id = $2)`;
/** The runs of a question are found first: only their table has an index for that. */
const ofQuery = `($1::text IS NULL
  OR root_run_id = ANY (ARRAY(SELECT known.run_id FROM rlm.runs AS known WHERE known.query_id = $1)))`;
const inScope = `${ofQuery} AND ${ofRun}`;

const place = `"time", run_id AS "runId", root_run_id AS "rootRunId", seq, depth`;
const tokens = `input_tokens AS "inputTokens", cached_tokens AS "cachedTokens", output_tokens AS "outputTokens"`;
const sums = `COALESCE(sum(input_tokens), 0) AS "inputTokens", COALESCE(sum(cached_tokens), 0) AS "cachedTokens",
  COALESCE(sum(output_tokens), 0) AS "outputTokens"`;
const hitRate = `sum(cached_tokens)::double precision / NULLIF(sum(input_tokens), 0) AS "cacheHitRate"`;
/** A sum of dollars is known where each of its parts is. */
const cost = `CASE WHEN count(*) FILTER (WHERE cost_usd IS NULL) = 0 THEN COALESCE(sum(cost_usd), 0) END`;
const savings = `CASE WHEN count(*) = 0 OR count(cache_savings_usd) > 0 THEN COALESCE(sum(cache_savings_usd), 0) END`;

const percentiles = `avg(duration_ms) AS "avgMs",
  percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS "p50Ms",
  percentile_cont(0.9) WITHIN GROUP (ORDER BY duration_ms) AS "p90Ms",
  percentile_cont(0.99) WITHIN GROUP (ORDER BY duration_ms) AS "p99Ms"`;

export const runs = `SELECT run_id AS "runId", query_id AS "queryId", root_run_id AS "rootRunId",
  parent_run_id AS "parentRunId", parent_call_id AS "parentCallId", depth, started_at AS "startedAt",
  finished_at AS "finishedAt", stop_reason AS "stopReason", error_code AS "errorCode", root_model AS "rootModel",
  sub_model AS "subModel", offline, context_files AS "contextFiles", context_chars AS "contextChars", turns, calls,
  ${tokens}, cost_usd AS "costUsd", citations, citations_flagged AS "citationsFlagged", duration_ms AS "durationMs",
  question, answer
FROM rlm.runs
WHERE ($1::text IS NULL OR query_id = $1) AND ($2::text IS NULL OR root_run_id = $2)
  AND ($3::timestamptz IS NULL OR started_at >= $3) AND ($4::boolean OR depth = 0)
  AND ($5::timestamptz IS NULL OR (started_at, run_id) < ($5, $6::text))
ORDER BY started_at DESC, run_id DESC LIMIT $7`;

export const runSummary = `WITH chosen AS (SELECT * FROM rlm.runs WHERE ($1::text IS NULL OR query_id = $1) AND ${ofRun}),
asked AS (SELECT * FROM rlm.calls WHERE ${inScope}),
code AS (SELECT count(*) AS cells, count(*) FILTER (WHERE NOT success) AS failed FROM rlm.cells WHERE ${inScope}),
shape AS (
  SELECT count(*) FILTER (WHERE depth = 0) AS runs, count(*) FILTER (WHERE depth > 0) AS children,
    count(*) FILTER (WHERE finished_at IS NULL) AS unfinished, min(started_at) AS started_at,
    CASE WHEN count(finished_at) = count(*) THEN max(finished_at) END AS finished_at,
    COALESCE(array_agg(DISTINCT stop_reason) FILTER (WHERE depth = 0 AND stop_reason IS NOT NULL), '{}') AS reasons
  FROM chosen HAVING count(*) > 0
),
spent AS (
  SELECT count(*) FILTER (WHERE kind = 'turn') AS turns, count(*) FILTER (WHERE kind <> 'turn') AS calls,
    count(*) FILTER (WHERE NOT success) AS failed, count(*) AS asked, ${sums}, ${hitRate}, ${cost} AS "costUsd",
    count(*) FILTER (WHERE cost_usd IS NULL) AS "unpricedCalls", ${savings} AS "cacheSavingsUsd",
    count(*) FILTER (WHERE cache_savings_usd IS NULL) AS "unknownSavings"
  FROM asked
),
speed AS (SELECT ${percentiles} FROM asked WHERE kind <> 'rlm' AND NOT remembered)
SELECT shape.runs, children AS "childRuns", unfinished AS "unfinishedRuns", started_at AS "startedAt",
  finished_at AS "finishedAt", reasons AS "stopReasons", turns, spent.calls AS "subCalls", cells,
  spent.failed + code.failed AS errors,
  (spent.failed + code.failed)::double precision / NULLIF(asked + cells, 0) AS "errorRate",
  "avgMs", "p50Ms", "p90Ms", "p99Ms", "inputTokens", "cachedTokens", "outputTokens", "cacheHitRate", "costUsd",
  "unpricedCalls", "cacheSavingsUsd", "unknownSavings"
FROM shape, spent, speed, code`;

export const latencyEvents = `SELECT ${place}, type, turn, cell, call_id AS "callId", model,
  duration_ms AS "durationMs", success, code
FROM rlm.events
WHERE ${inScope} AND duration_ms IS NOT NULL AND ($3::text IS NULL OR type = $3)
  AND (root_run_id, seq) > ($4::text, $5::bigint)
ORDER BY root_run_id, seq LIMIT $6`;

const callFields = `calls."time", calls.run_id AS "runId", calls.root_run_id AS "rootRunId", calls.seq, calls.depth,
  calls.query_id AS "queryId", calls.turn, calls.cell, calls.call_id AS "callId",
  (SELECT child.run_id FROM rlm.runs child
   WHERE child.parent_run_id = calls.run_id AND child.parent_call_id = calls.call_id LIMIT 1) AS "childRunId",
  kind, model, calls.duration_ms AS "durationMs", success, calls.error_code AS "errorCode",
  finish_reason AS "finishReason", remembered, ${tokens}, reasoning_tokens AS "reasoningTokens",
  tokens_estimated AS "tokensEstimated", cost_usd AS "costUsd", priced_by AS "pricedBy",
  cache_savings_usd AS "cacheSavingsUsd", prompt, reply`;

const cellFields = `${place}, query_id AS "queryId", turn, cell, duration_ms AS "durationMs", cpu_ms AS "cpuMs", success,
  error_name AS "errorName", error_line AS "errorLine", memory, code_chars AS "codeChars",
  output_chars AS "outputChars", code, output, error_message AS "errorMessage"`;

const after = `(root_run_id, seq) > ($3::text, $4::bigint) ORDER BY root_run_id, seq LIMIT $5`;
const slower = `($3::double precision IS NULL OR (duration_ms, run_id, seq) < ($3, $4::text, $5::bigint))
  AND ($7::timestamptz IS NULL OR "time" >= $7)
ORDER BY duration_ms DESC, run_id DESC, seq DESC LIMIT $6`;

export const calls = `SELECT ${callFields} FROM rlm.calls WHERE ${inScope} AND ${after}`;
export const cells = `SELECT ${cellFields} FROM rlm.cells WHERE ${inScope} AND ${after}`;
export const slowestCalls = `SELECT ${callFields} FROM rlm.calls WHERE ${inScope} AND ${slower}`;
export const slowestCells = `SELECT ${cellFields} FROM rlm.cells WHERE ${inScope} AND ${slower}`;

export const latencyMetrics = `SELECT kind, count(*) AS count, count(*) FILTER (WHERE NOT success) AS errors, ${percentiles},
  max(duration_ms) AS "maxMs"
FROM (
  SELECT kind, success, duration_ms FROM rlm.calls WHERE ${inScope} AND NOT remembered
  UNION ALL
  SELECT 'cell', success, duration_ms FROM rlm.cells WHERE ${inScope}
) AS work
GROUP BY kind ORDER BY kind`;

/** Requests to a provider: neither questions to child runs nor replies that were known. */
const isRequest = `kind <> 'rlm' AND NOT remembered`;

export const cacheSummary = `SELECT count(*) AS requests, count(*) FILTER (WHERE cached_tokens > 0) AS "requestsWithCache",
  ${sums}, ${hitRate}, ${cost} AS "costUsd",
  CASE WHEN count(*) FILTER (WHERE cost_usd IS NULL OR cache_savings_usd IS NULL) = 0
    THEN COALESCE(sum(cost_usd + cache_savings_usd), 0) END AS "fullCostUsd",
  ${savings} AS "cacheSavingsUsd",
  CASE WHEN count(*) FILTER (WHERE cost_usd IS NULL OR cache_savings_usd IS NULL) = 0
    THEN sum(cache_savings_usd) / NULLIF(sum(cost_usd + cache_savings_usd), 0) END AS "savedShare",
  count(*) FILTER (WHERE cache_savings_usd IS NULL) AS "unknownSavings"
FROM rlm.calls WHERE ${inScope} AND ${isRequest}`;

export const cacheSteps = `SELECT * FROM (
  SELECT ${place}, model, input_tokens AS "inputTokens", cached_tokens AS "cachedTokens",
    cached_tokens::double precision / NULLIF(input_tokens, 0) AS "cacheHitRate",
    cache_savings_usd AS "cacheSavingsUsd",
    sum(cache_savings_usd) OVER (ORDER BY root_run_id, seq) AS "savedSoFarUsd"
  FROM rlm.calls WHERE ${inScope} AND ${isRequest}
) AS steps
WHERE ("rootRunId", seq) > ($3::text, $4::bigint) ORDER BY "rootRunId", seq LIMIT $5`;

export const topCacheSavings = `SELECT root_run_id AS "runId", min(query_id) AS "queryId", max("time") AS "lastAt",
  count(*) AS requests, ${sums}, ${hitRate}, ${cost} AS "costUsd", sum(cache_savings_usd) AS "cacheSavingsUsd"
FROM rlm.calls
WHERE "time" >= now() - make_interval(secs => $1::double precision * 86400) AND ${isRequest}
GROUP BY root_run_id
HAVING sum(cache_savings_usd) > 0
  AND ($2::double precision IS NULL OR (sum(cache_savings_usd), root_run_id) < ($2, $3::text))
ORDER BY sum(cache_savings_usd) DESC, root_run_id DESC LIMIT $4`;

export const cacheByModel = `SELECT model, sum(calls - remembered) AS requests, ${sums}, ${hitRate},
  CASE WHEN sum(unpriced_calls) = 0 THEN COALESCE(sum(cost_usd), 0) END AS "costUsd",
  sum(unpriced_calls) AS "unpricedCalls", sum(cache_savings_usd) AS "cacheSavingsUsd",
  CASE WHEN sum(unpriced_calls) = 0 AND sum(unknown_savings) = 0
    THEN sum(cache_savings_usd) / NULLIF(sum(cost_usd + cache_savings_usd), 0) END AS "savedShare",
  sum(unknown_savings) AS "unknownSavings"
FROM rlm.usage_by_hour
WHERE bucket >= now() - make_interval(secs => $1::double precision * 86400) AND kind <> 'rlm'
GROUP BY model ORDER BY sum(input_tokens) DESC, model`;

const usageFields = `bucket, model, kind, calls, errors, remembered, avg_ms AS "avgMs", p50_ms AS "p50Ms", p90_ms AS "p90Ms",
  p99_ms AS "p99Ms", ${tokens}, cost_usd AS "costUsd", unpriced_calls AS "unpricedCalls",
  cache_savings_usd AS "cacheSavingsUsd", unknown_savings AS "unknownSavings"`;

const usageOf = (source: string) => `SELECT ${usageFields} FROM ${source}
WHERE bucket >= $1::timestamptz AND bucket < $2::timestamptz
  AND ($3::timestamptz IS NULL OR (bucket, model, kind) > ($3, $4::text, $5::text))
ORDER BY bucket, model, kind LIMIT $6`;

export const usage = {
  minute: usageOf("rlm.usage_by_minute"),
  hour: usageOf("rlm.usage_by_hour"),
  day: usageOf("rlm.usage_by_day"),
} as const;
