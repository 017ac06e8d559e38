-- The aggregates are views to PostgreSQL, whichever way they are made.

COMMENT ON VIEW rlm.usage_by_minute IS 'Calls, latency, tokens, cost and cache savings by minute, model and kind';
COMMENT ON COLUMN rlm.usage_by_minute.bucket IS 'Begin of the minute in which the calls ended';
COMMENT ON COLUMN rlm.usage_by_minute.model IS 'As the endpoint names it';
COMMENT ON COLUMN rlm.usage_by_minute.kind IS 'turn, llm or rlm, as in rlm.calls';
COMMENT ON COLUMN rlm.usage_by_minute.calls IS 'Number of calls';
COMMENT ON COLUMN rlm.usage_by_minute.errors IS 'Those that gave no reply';
COMMENT ON COLUMN rlm.usage_by_minute.remembered IS 'Those whose reply was known from an earlier call; they count in no latency';
COMMENT ON COLUMN rlm.usage_by_minute.avg_ms IS 'Average latency in milliseconds';
COMMENT ON COLUMN rlm.usage_by_minute.p50_ms IS 'Half of the calls took no longer than these milliseconds';
COMMENT ON COLUMN rlm.usage_by_minute.p90_ms IS '90 % of the calls took no longer';
COMMENT ON COLUMN rlm.usage_by_minute.p99_ms IS '99 % of the calls took no longer';
COMMENT ON COLUMN rlm.usage_by_minute.input_tokens IS 'Input tokens';
COMMENT ON COLUMN rlm.usage_by_minute.cached_tokens IS 'Those of them that the provider had in its cache';
COMMENT ON COLUMN rlm.usage_by_minute.output_tokens IS 'Output tokens';
COMMENT ON COLUMN rlm.usage_by_minute.cost_usd IS 'US dollars of the calls whose price is known; null where none is';
COMMENT ON COLUMN rlm.usage_by_minute.unpriced_calls IS 'Calls whose price is not known';
COMMENT ON COLUMN rlm.usage_by_minute.cache_savings_usd IS 'US dollars that the cache has saved, of the calls of which it is known; null where it is of none';
COMMENT ON COLUMN rlm.usage_by_minute.unknown_savings IS 'Calls of which it is not known';

COMMENT ON VIEW rlm.usage_by_hour IS 'Calls, latency, tokens, cost and cache savings by hour, model and kind';
COMMENT ON COLUMN rlm.usage_by_hour.bucket IS 'Begin of the hour in which the calls ended';
COMMENT ON COLUMN rlm.usage_by_hour.model IS 'As the endpoint names it';
COMMENT ON COLUMN rlm.usage_by_hour.kind IS 'turn, llm or rlm, as in rlm.calls';
COMMENT ON COLUMN rlm.usage_by_hour.calls IS 'Number of calls';
COMMENT ON COLUMN rlm.usage_by_hour.errors IS 'Those that gave no reply';
COMMENT ON COLUMN rlm.usage_by_hour.remembered IS 'Those whose reply was known from an earlier call; they count in no latency';
COMMENT ON COLUMN rlm.usage_by_hour.avg_ms IS 'Average latency in milliseconds';
COMMENT ON COLUMN rlm.usage_by_hour.p50_ms IS 'Half of the calls took no longer than these milliseconds';
COMMENT ON COLUMN rlm.usage_by_hour.p90_ms IS '90 % of the calls took no longer';
COMMENT ON COLUMN rlm.usage_by_hour.p99_ms IS '99 % of the calls took no longer';
COMMENT ON COLUMN rlm.usage_by_hour.input_tokens IS 'Input tokens';
COMMENT ON COLUMN rlm.usage_by_hour.cached_tokens IS 'Those of them that the provider had in its cache';
COMMENT ON COLUMN rlm.usage_by_hour.output_tokens IS 'Output tokens';
COMMENT ON COLUMN rlm.usage_by_hour.cost_usd IS 'US dollars of the calls whose price is known; null where none is';
COMMENT ON COLUMN rlm.usage_by_hour.unpriced_calls IS 'Calls whose price is not known';
COMMENT ON COLUMN rlm.usage_by_hour.cache_savings_usd IS 'US dollars that the cache has saved, of the calls of which it is known; null where it is of none';
COMMENT ON COLUMN rlm.usage_by_hour.unknown_savings IS 'Calls of which it is not known';
