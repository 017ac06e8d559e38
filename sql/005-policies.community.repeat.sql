-- Refresh, compression and retention, as rlm.settings says. Adding a policy again with another interval changes nothing,
-- so each is removed first. Rows may come late, after a time without a database: what is up to a week old is looked at again.

SELECT remove_continuous_aggregate_policy('rlm.usage_by_minute', if_exists => true);
SELECT remove_continuous_aggregate_policy('rlm.usage_by_hour', if_exists => true);
SELECT add_continuous_aggregate_policy('rlm.usage_by_minute',
  start_offset => interval '7 days', end_offset => interval '1 minute', schedule_interval => interval '5 minutes');
SELECT add_continuous_aggregate_policy('rlm.usage_by_hour',
  start_offset => interval '7 days', end_offset => interval '1 hour', schedule_interval => interval '30 minutes');

DO $$
DECLARE
  compress_after text := (SELECT value FROM rlm.settings WHERE name = 'compress_after');
  drop_after     text := (SELECT value FROM rlm.settings WHERE name = 'drop_after');
  hyper          text;
BEGIN
  FOREACH hyper IN ARRAY ARRAY['rlm.calls', 'rlm.cells', 'rlm.events'] LOOP
    IF NOT (SELECT compression_enabled FROM timescaledb_information.hypertables
            WHERE format('%s.%s', hypertable_schema, hypertable_name) = hyper) THEN
      EXECUTE format(
        'ALTER TABLE %s SET (timescaledb.compress, timescaledb.compress_segmentby = %L, timescaledb.compress_orderby = %L)',
        hyper, 'root_run_id', '"time" DESC, run_id, seq');
    END IF;
    PERFORM remove_compression_policy(hyper::regclass, if_exists => true);
    PERFORM remove_retention_policy(hyper::regclass, if_exists => true);
    IF compress_after <> 'never' THEN
      PERFORM add_compression_policy(hyper::regclass, compress_after::interval);
    END IF;
    IF drop_after <> 'never' THEN
      PERFORM add_retention_policy(hyper::regclass, drop_after => drop_after::interval);
    END IF;
  END LOOP;
END $$;
