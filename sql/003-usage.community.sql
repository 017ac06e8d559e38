-- Usage by minute and by hour as continuous aggregates, which show rows that are newer than their last refresh too.

-- A database that was plain PostgreSQL before has views of these names.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['usage_by_minute', 'usage_by_hour'] LOOP
    IF EXISTS (SELECT FROM pg_views WHERE schemaname = 'rlm' AND viewname = name)
      AND NOT EXISTS (SELECT FROM timescaledb_information.continuous_aggregates WHERE view_schema = 'rlm' AND view_name = name)
    THEN
      EXECUTE format('DROP VIEW rlm.%I', name);
    END IF;
  END LOOP;
END $$;

CREATE MATERIALIZED VIEW IF NOT EXISTS rlm.usage_by_minute
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT
  time_bucket(interval '1 minute', "time") AS bucket,
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
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE MATERIALIZED VIEW IF NOT EXISTS rlm.usage_by_hour
WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT
  time_bucket(interval '1 hour', "time") AS bucket,
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
GROUP BY 1, 2, 3
WITH NO DATA;
