-- Usage by day, counted as the calls come in, so that a month of it is read at once, on any PostgreSQL.
-- The percentiles of a day can't be made from those of its hours, so latencies are counted in bins 2 % wide.

CREATE OR REPLACE FUNCTION rlm.latency_bin(ms double precision) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT floor(ln(greatest(ms, 1)) / ln(1.02::double precision))::integer $$;
COMMENT ON FUNCTION rlm.latency_bin(double precision) IS 'Number of the bin of a latency: each is 2 % longer than the one before; all below 1.02 ms are in bin 0';

CREATE TABLE IF NOT EXISTS rlm.day_usage (
  bucket            timestamptz NOT NULL,
  model             text NOT NULL,
  kind              text NOT NULL,
  calls             bigint NOT NULL,
  errors            bigint NOT NULL,
  remembered        bigint NOT NULL,
  duration_ms       double precision NOT NULL,
  input_tokens      bigint NOT NULL,
  cached_tokens     bigint NOT NULL,
  output_tokens     bigint NOT NULL,
  cost_usd          double precision,
  unpriced_calls    bigint NOT NULL,
  cache_savings_usd double precision,
  unknown_savings   bigint NOT NULL,
  PRIMARY KEY (bucket, model, kind)
) WITH (fillfactor = 50);

COMMENT ON TABLE rlm.day_usage IS 'The calls of a day, added up in the transaction that stores them; rlm.usage_by_day shows them. Stays when calls are deleted.';
COMMENT ON COLUMN rlm.day_usage.bucket IS 'Begin of the day (UTC) in which the calls ended';
COMMENT ON COLUMN rlm.day_usage.model IS 'As the endpoint names it';
COMMENT ON COLUMN rlm.day_usage.kind IS 'turn, llm or rlm, as in rlm.calls';
COMMENT ON COLUMN rlm.day_usage.calls IS 'Number of calls';
COMMENT ON COLUMN rlm.day_usage.errors IS 'Those that gave no reply';
COMMENT ON COLUMN rlm.day_usage.remembered IS 'Those whose reply was known from an earlier call; they count in no latency';
COMMENT ON COLUMN rlm.day_usage.duration_ms IS 'Milliseconds of all calls that were not remembered';
COMMENT ON COLUMN rlm.day_usage.input_tokens IS 'Input tokens';
COMMENT ON COLUMN rlm.day_usage.cached_tokens IS 'Those of them that the provider had in its cache';
COMMENT ON COLUMN rlm.day_usage.output_tokens IS 'Output tokens';
COMMENT ON COLUMN rlm.day_usage.cost_usd IS 'US dollars of the calls whose price is known; null where none is';
COMMENT ON COLUMN rlm.day_usage.unpriced_calls IS 'Calls whose price is not known';
COMMENT ON COLUMN rlm.day_usage.cache_savings_usd IS 'US dollars that the cache has saved, of the calls of which it is known; null where it is of none';
COMMENT ON COLUMN rlm.day_usage.unknown_savings IS 'Calls of which it is not known';

CREATE TABLE IF NOT EXISTS rlm.day_latency (
  bucket      timestamptz NOT NULL,
  model       text NOT NULL,
  kind        text NOT NULL,
  bin         integer NOT NULL,
  calls       bigint NOT NULL,
  duration_ms double precision NOT NULL,
  PRIMARY KEY (bucket, model, kind, bin)
) WITH (fillfactor = 50);

COMMENT ON TABLE rlm.day_latency IS 'How many calls of a day took about how long; remembered ones are not among them. Stays when calls are deleted.';
COMMENT ON COLUMN rlm.day_latency.bucket IS 'As in rlm.day_usage';
COMMENT ON COLUMN rlm.day_latency.model IS 'As in rlm.day_usage';
COMMENT ON COLUMN rlm.day_latency.kind IS 'As in rlm.day_usage';
COMMENT ON COLUMN rlm.day_latency.bin IS 'rlm.latency_bin of their latency';
COMMENT ON COLUMN rlm.day_latency.calls IS 'Number of calls';
COMMENT ON COLUMN rlm.day_latency.duration_ms IS 'Milliseconds of all of them';

-- What was stored before. Whoever stores calls waits meanwhile. A day that is counted already stays as it is.
LOCK TABLE rlm.calls IN SHARE ROW EXCLUSIVE MODE;

INSERT INTO rlm.day_latency
SELECT date_bin('1 day', "time", TIMESTAMPTZ '2000-01-01 00:00:00+00'), model, kind, rlm.latency_bin(duration_ms),
  count(*), sum(duration_ms)
FROM rlm.calls WHERE NOT remembered GROUP BY 1, 2, 3, 4
ON CONFLICT DO NOTHING;

INSERT INTO rlm.day_usage
SELECT date_bin('1 day', "time", TIMESTAMPTZ '2000-01-01 00:00:00+00'), model, kind, count(*),
  count(*) FILTER (WHERE NOT success), count(*) FILTER (WHERE remembered),
  COALESCE(sum(duration_ms) FILTER (WHERE NOT remembered), 0),
  sum(input_tokens), sum(cached_tokens), sum(output_tokens),
  sum(cost_usd), count(*) FILTER (WHERE cost_usd IS NULL),
  sum(cache_savings_usd), count(*) FILTER (WHERE cache_savings_usd IS NULL)
FROM rlm.calls GROUP BY 1, 2, 3
ON CONFLICT DO NOTHING;

-- As rlm.usage_by_hour. A percentile lies between the calls before and after it, each taken as the average of its bin.
-- OFFSET 0 has their ranks reckoned once a day, not once a bin.
CREATE OR REPLACE VIEW rlm.usage_by_day AS
SELECT
  day.bucket,
  day.model,
  day.kind,
  day.calls,
  day.errors,
  day.remembered,
  day.duration_ms / NULLIF(day.calls - day.remembered, 0) AS avg_ms,
  before50 + (after50 - before50) * (at50 - floor(at50)) AS p50_ms,
  before90 + (after90 - before90) * (at90 - floor(at90)) AS p90_ms,
  before99 + (after99 - before99) * (at99 - floor(at99)) AS p99_ms,
  day.input_tokens,
  day.cached_tokens,
  day.output_tokens,
  day.cost_usd,
  day.unpriced_calls,
  day.cache_savings_usd,
  day.unknown_savings
FROM rlm.day_usage AS day
CROSS JOIN LATERAL (
  SELECT at50, at90, at99, floor(at50) AS low50, ceil(at50) AS high50, floor(at90) AS low90, ceil(at90) AS high90,
    floor(at99) AS low99, ceil(at99) AS high99
  FROM (SELECT 0.5::double precision * last AS at50, 0.9::double precision * last AS at90,
      0.99::double precision * last AS at99
    FROM (SELECT (day.calls - day.remembered - 1)::double precision AS last) AS counted) AS ranks
  OFFSET 0
) AS rank
LEFT JOIN LATERAL (
  SELECT
    min(ms) FILTER (WHERE upto > low50) AS before50, min(ms) FILTER (WHERE upto > high50) AS after50,
    min(ms) FILTER (WHERE upto > low90) AS before90, min(ms) FILTER (WHERE upto > high90) AS after90,
    min(ms) FILTER (WHERE upto > low99) AS before99, min(ms) FILTER (WHERE upto > high99) AS after99
  FROM (
    SELECT duration_ms / calls AS ms, sum(calls::double precision) OVER (ORDER BY bin) AS upto
    FROM rlm.day_latency AS own
    WHERE own.bucket = day.bucket AND own.model = day.model AND own.kind = day.kind
  ) AS bins
) AS latency ON true;

COMMENT ON VIEW rlm.usage_by_day IS 'Calls, latency, tokens, cost and cache savings by day (UTC), model and kind; percentiles are within 2 %';
COMMENT ON COLUMN rlm.usage_by_day.bucket IS 'Begin of the day (UTC) in which the calls ended';
COMMENT ON COLUMN rlm.usage_by_day.model IS 'As the endpoint names it';
COMMENT ON COLUMN rlm.usage_by_day.kind IS 'turn, llm or rlm, as in rlm.calls';
COMMENT ON COLUMN rlm.usage_by_day.calls IS 'Number of calls';
COMMENT ON COLUMN rlm.usage_by_day.errors IS 'Those that gave no reply';
COMMENT ON COLUMN rlm.usage_by_day.remembered IS 'Those whose reply was known from an earlier call; they count in no latency';
COMMENT ON COLUMN rlm.usage_by_day.avg_ms IS 'Average latency in milliseconds';
COMMENT ON COLUMN rlm.usage_by_day.p50_ms IS 'Half of the calls took no longer than these milliseconds; within 2 %, and within 1 ms where it is shorter than that';
COMMENT ON COLUMN rlm.usage_by_day.p90_ms IS '90 % of the calls took no longer; as exact as p50_ms';
COMMENT ON COLUMN rlm.usage_by_day.p99_ms IS '99 % of the calls took no longer; as exact as p50_ms';
COMMENT ON COLUMN rlm.usage_by_day.input_tokens IS 'Input tokens';
COMMENT ON COLUMN rlm.usage_by_day.cached_tokens IS 'Those of them that the provider had in its cache';
COMMENT ON COLUMN rlm.usage_by_day.output_tokens IS 'Output tokens';
COMMENT ON COLUMN rlm.usage_by_day.cost_usd IS 'US dollars of the calls whose price is known; null where none is';
COMMENT ON COLUMN rlm.usage_by_day.unpriced_calls IS 'Calls whose price is not known';
COMMENT ON COLUMN rlm.usage_by_day.cache_savings_usd IS 'US dollars that the cache has saved, of the calls of which it is known; null where it is of none';
COMMENT ON COLUMN rlm.usage_by_day.unknown_savings IS 'Calls of which it is not known';
