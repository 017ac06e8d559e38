-- Tables of rows that only grow become hypertables, with chunks of a day.

SELECT create_hypertable('rlm.calls',  by_range('time', interval '1 day'), if_not_exists => true, migrate_data => true, create_default_indexes => false);
SELECT create_hypertable('rlm.cells',  by_range('time', interval '1 day'), if_not_exists => true, migrate_data => true, create_default_indexes => false);
SELECT create_hypertable('rlm.events', by_range('time', interval '1 day'), if_not_exists => true, migrate_data => true, create_default_indexes => false);
