-- Usage by minute and by hour where there are no continuous aggregates: plain PostgreSQL, or TimescaleDB under the Apache
-- licence. The views have the names and columns that the continuous aggregates have.

CREATE OR REPLACE VIEW rlm.usage_by_minute AS
SELECT
  date_bin('1 minute', "time", TIMESTAMPTZ '2000-01-01 00:00:00+00') AS bucket,
  model,
  kind,
  count(*) AS calls,
  count(*) FILTER (WHERE NOT success) AS errors,
  count(*) FILTER (WHERE remembered) AS remembered,
  avg(duration_ms) FILTER (WHERE NOT remembered) AS avg_ms,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE NOT remembered) AS p50_ms,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE NOT remembered) AS p90_ms,
  percentile_cont(0.99) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE NOT remembered) AS p99_ms,
  sum(input_tokens) AS input_tokens,
  sum(cached_tokens) AS cached_tokens,
  sum(output_tokens) AS output_tokens,
  sum(cost_usd) AS cost_usd,
  count(*) FILTER (WHERE cost_usd IS NULL) AS unpriced_calls,
  sum(cache_savings_usd) AS cache_savings_usd,
  count(*) FILTER (WHERE cache_savings_usd IS NULL) AS unknown_savings
FROM rlm.calls
GROUP BY 1, 2, 3;

CREATE OR REPLACE VIEW rlm.usage_by_hour AS
SELECT
  date_bin('1 hour', "time", TIMESTAMPTZ '2000-01-01 00:00:00+00') AS bucket,
  model,
  kind,
  count(*) AS calls,
  count(*) FILTER (WHERE NOT success) AS errors,
  count(*) FILTER (WHERE remembered) AS remembered,
  avg(duration_ms) FILTER (WHERE NOT remembered) AS avg_ms,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE NOT remembered) AS p50_ms,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE NOT remembered) AS p90_ms,
  percentile_cont(0.99) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE NOT remembered) AS p99_ms,
  sum(input_tokens) AS input_tokens,
  sum(cached_tokens) AS cached_tokens,
  sum(output_tokens) AS output_tokens,
  sum(cost_usd) AS cost_usd,
  count(*) FILTER (WHERE cost_usd IS NULL) AS unpriced_calls,
  sum(cache_savings_usd) AS cache_savings_usd,
  count(*) FILTER (WHERE cache_savings_usd IS NULL) AS unknown_savings
FROM rlm.calls
GROUP BY 1, 2, 3;

-- A view is read by its buckets.
CREATE INDEX IF NOT EXISTS calls_by_minute ON rlm.calls
  USING brin (date_bin('1 minute', "time", TIMESTAMPTZ '2000-01-01 00:00:00+00')) WITH (autosummarize = on);
CREATE INDEX IF NOT EXISTS calls_by_hour ON rlm.calls
  USING brin (date_bin('1 hour', "time", TIMESTAMPTZ '2000-01-01 00:00:00+00')) WITH (autosummarize = on);
