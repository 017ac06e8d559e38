-- Tables of RLM's telemetry, in the schema rlm, on any PostgreSQL from 14 on.
-- Every key is made by the client from the run's own numbering, so that rows which are sent twice are stored once.

CREATE TABLE IF NOT EXISTS rlm.settings (
  name  text PRIMARY KEY,
  value text NOT NULL
);
COMMENT ON TABLE rlm.settings IS 'How long data is kept and when it is compressed; `rlm db migrate` sets it.';
COMMENT ON COLUMN rlm.settings.name IS 'compress_after or drop_after';
COMMENT ON COLUMN rlm.settings.value IS 'An interval, such as 7 days; never: not at all';

INSERT INTO rlm.settings VALUES ('compress_after', '7 days'), ('drop_after', '90 days') ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS rlm.runs (
  run_id            text PRIMARY KEY,
  query_id          text NOT NULL,
  root_run_id       text NOT NULL,
  parent_run_id     text,
  parent_call_id    text,
  depth             integer NOT NULL,
  started_at        timestamptz NOT NULL,
  finished_at       timestamptz,
  stop_reason       text,
  error_code        text,
  root_model        text,
  sub_model         text,
  offline           boolean,
  context_kind      text,
  context_files     bigint,
  context_chars     bigint,
  context_lines     bigint,
  turns             bigint,
  calls             bigint,
  input_tokens      bigint,
  cached_tokens     bigint,
  output_tokens     bigint,
  reasoning_tokens  bigint,
  tokens_estimated  boolean,
  cost_usd          double precision,
  citations         integer,
  citations_flagged integer,
  files_shown       bigint,
  duration_ms       double precision,
  question          text,
  answer            text
);
CREATE INDEX IF NOT EXISTS runs_by_time ON rlm.runs (started_at DESC, run_id DESC);
CREATE INDEX IF NOT EXISTS runs_by_query ON rlm.runs (query_id, started_at DESC);
CREATE INDEX IF NOT EXISTS runs_by_root ON rlm.runs (root_run_id);
CREATE INDEX IF NOT EXISTS runs_by_parent ON rlm.runs (parent_run_id, parent_call_id);

COMMENT ON TABLE rlm.runs IS 'One row a run; a child run has a row of its own, and its figures are part of its parent''s too. To add up what was spent take the rows with depth 0.';
COMMENT ON COLUMN rlm.runs.run_id IS 'The run';
COMMENT ON COLUMN rlm.runs.query_id IS 'Groups the runs of one question: set by the caller, else made from the question by a one-way function with a secret of the machine';
COMMENT ON COLUMN rlm.runs.root_run_id IS 'The run that the user has started; that of a root run is itself';
COMMENT ON COLUMN rlm.runs.parent_run_id IS 'The run whose call this child run answers; null for a root run';
COMMENT ON COLUMN rlm.runs.parent_call_id IS 'The call of the parent run that this child run answers (calls.call_id)';
COMMENT ON COLUMN rlm.runs.depth IS '0 for a root run, 1 for its children';
COMMENT ON COLUMN rlm.runs.started_at IS 'When it began';
COMMENT ON COLUMN rlm.runs.finished_at IS 'When it ended; null while it runs, or where its process was killed';
COMMENT ON COLUMN rlm.runs.stop_reason IS 'answered, direct, turns, calls, tokens, cost, time, errors, cancelled or failed';
COMMENT ON COLUMN rlm.runs.error_code IS 'Why it failed, such as auth, network or rate-limit';
COMMENT ON COLUMN rlm.runs.root_model IS 'The model that writes the cells';
COMMENT ON COLUMN rlm.runs.sub_model IS 'The model that answers sub-calls';
COMMENT ON COLUMN rlm.runs.offline IS 'True where the embedded model answered, which costs nothing';
COMMENT ON COLUMN rlm.runs.context_kind IS 'files or text';
COMMENT ON COLUMN rlm.runs.context_files IS 'Files of the context';
COMMENT ON COLUMN rlm.runs.context_chars IS 'Characters of the context';
COMMENT ON COLUMN rlm.runs.context_lines IS 'Lines of the context';
COMMENT ON COLUMN rlm.runs.turns IS 'Turns of the run''s own model';
COMMENT ON COLUMN rlm.runs.calls IS 'Sub-calls and child runs, those of its child runs included';
COMMENT ON COLUMN rlm.runs.input_tokens IS 'Input tokens of the run with its child runs';
COMMENT ON COLUMN rlm.runs.cached_tokens IS 'Those of the input tokens that the provider had in its cache';
COMMENT ON COLUMN rlm.runs.output_tokens IS 'Output tokens of the run with its child runs';
COMMENT ON COLUMN rlm.runs.reasoning_tokens IS 'Those of the output tokens that were only thought';
COMMENT ON COLUMN rlm.runs.tokens_estimated IS 'True where a provider gave no count and characters / 4 stand in';
COMMENT ON COLUMN rlm.runs.cost_usd IS 'US dollars of the run with its child runs; null as soon as the price of one call is not known';
COMMENT ON COLUMN rlm.runs.citations IS 'Citations of the answer';
COMMENT ON COLUMN rlm.runs.citations_flagged IS 'Those of them that name what is not there, or what no model was shown';
COMMENT ON COLUMN rlm.runs.files_shown IS 'Files of which a model was shown lines';
COMMENT ON COLUMN rlm.runs.duration_ms IS 'Milliseconds from its start to its end';
COMMENT ON COLUMN rlm.runs.question IS 'Only where content is logged: the question, without what looks like a secret';
COMMENT ON COLUMN rlm.runs.answer IS 'Only where content is logged: the answer, without what looks like a secret';

CREATE TABLE IF NOT EXISTS rlm.calls (
  "time"            timestamptz NOT NULL,
  run_id            text NOT NULL,
  seq               bigint NOT NULL,
  query_id          text NOT NULL,
  root_run_id       text NOT NULL,
  depth             integer NOT NULL,
  turn              integer NOT NULL,
  cell              integer,
  call_id           text,
  kind              text NOT NULL,
  model             text NOT NULL,
  duration_ms       double precision NOT NULL,
  success           boolean NOT NULL,
  error_code        text,
  finish_reason     text,
  remembered        boolean NOT NULL,
  input_tokens      bigint NOT NULL,
  cached_tokens     bigint NOT NULL,
  output_tokens     bigint NOT NULL,
  reasoning_tokens  bigint NOT NULL,
  tokens_estimated  boolean NOT NULL,
  cost_usd          double precision,
  priced_by         text,
  cache_savings_usd double precision,
  prompt            text,
  reply             text,
  PRIMARY KEY (run_id, seq, "time")
);
CREATE INDEX IF NOT EXISTS calls_by_root ON rlm.calls (root_run_id, seq);
CREATE INDEX IF NOT EXISTS calls_by_time ON rlm.calls USING brin ("time") WITH (autosummarize = on);
CREATE INDEX IF NOT EXISTS calls_by_duration ON rlm.calls (duration_ms DESC, run_id DESC, seq DESC);

COMMENT ON TABLE rlm.calls IS 'One row each time a model was asked: a turn of a run''s own model, a sub-call, or a question to a child run. Tokens and cost are those of its own requests, so that a sum counts nothing twice: a question to a child run makes none itself, and what the child used stands in its own rows.';
COMMENT ON COLUMN rlm.calls."time" IS 'When it ended';
COMMENT ON COLUMN rlm.calls.run_id IS 'The run that asked';
COMMENT ON COLUMN rlm.calls.seq IS 'Number of its event in the tree of the root run';
COMMENT ON COLUMN rlm.calls.query_id IS 'As in rlm.runs';
COMMENT ON COLUMN rlm.calls.root_run_id IS 'As in rlm.runs';
COMMENT ON COLUMN rlm.calls.depth IS 'Depth of the run that asked';
COMMENT ON COLUMN rlm.calls.turn IS 'The turn, from 1';
COMMENT ON COLUMN rlm.calls.cell IS 'The cell of the turn, from 1; null for a turn';
COMMENT ON COLUMN rlm.calls.call_id IS 'The sub-call within its run; null for a turn. A child run names it as parent_call_id';
COMMENT ON COLUMN rlm.calls.kind IS 'turn: a reply of the run''s own model; llm: a sub-call; rlm: a question to a child run';
COMMENT ON COLUMN rlm.calls.model IS 'As the endpoint names it; offline for the embedded one';
COMMENT ON COLUMN rlm.calls.duration_ms IS 'Milliseconds from the question to the end of the reply, tries that failed included';
COMMENT ON COLUMN rlm.calls.success IS 'False where there was no reply';
COMMENT ON COLUMN rlm.calls.error_code IS 'Why there was none, such as timeout or rate-limit';
COMMENT ON COLUMN rlm.calls.finish_reason IS 'stop, length or filtered; null for sub-calls';
COMMENT ON COLUMN rlm.calls.remembered IS 'True where the reply was known from an earlier call of the run, and cost nothing';
COMMENT ON COLUMN rlm.calls.input_tokens IS 'Input tokens';
COMMENT ON COLUMN rlm.calls.cached_tokens IS 'Those of them that the provider had in its cache';
COMMENT ON COLUMN rlm.calls.output_tokens IS 'Output tokens';
COMMENT ON COLUMN rlm.calls.reasoning_tokens IS 'Those of them that were only thought';
COMMENT ON COLUMN rlm.calls.tokens_estimated IS 'True where the provider gave no count and characters / 4 stand in';
COMMENT ON COLUMN rlm.calls.cost_usd IS 'US dollars; null where the price is not known';
COMMENT ON COLUMN rlm.calls.priced_by IS 'Who said the price: endpoint, setting or table';
COMMENT ON COLUMN rlm.calls.cache_savings_usd IS 'What the cached tokens would have cost at the full price of input, less what they did cost, in US dollars; null where that is not known';
COMMENT ON COLUMN rlm.calls.prompt IS 'Only where content is logged: the prompt of a sub-call, or the question to a child run';
COMMENT ON COLUMN rlm.calls.reply IS 'Only where content is logged: the reply';

CREATE TABLE IF NOT EXISTS rlm.cells (
  "time"        timestamptz NOT NULL,
  run_id        text NOT NULL,
  seq           bigint NOT NULL,
  query_id      text NOT NULL,
  root_run_id   text NOT NULL,
  depth         integer NOT NULL,
  turn          integer NOT NULL,
  cell          integer NOT NULL,
  duration_ms   double precision NOT NULL,
  cpu_ms        double precision NOT NULL,
  success       boolean NOT NULL,
  error_name    text,
  error_line    integer,
  memory        text NOT NULL,
  code_chars    bigint NOT NULL,
  output_chars  bigint NOT NULL,
  code          text,
  output        text,
  error_message text,
  PRIMARY KEY (run_id, seq, "time")
);
CREATE INDEX IF NOT EXISTS cells_by_root ON rlm.cells (root_run_id, seq);
CREATE INDEX IF NOT EXISTS cells_by_time ON rlm.cells USING brin ("time") WITH (autosummarize = on);
CREATE INDEX IF NOT EXISTS cells_by_duration ON rlm.cells (duration_ms DESC, run_id DESC, seq DESC);

COMMENT ON TABLE rlm.cells IS 'One row a cell of code that a model wrote and that was run';
COMMENT ON COLUMN rlm.cells."time" IS 'When it ended';
COMMENT ON COLUMN rlm.cells.run_id IS 'Its run';
COMMENT ON COLUMN rlm.cells.seq IS 'Number of its event in the tree of the root run';
COMMENT ON COLUMN rlm.cells.query_id IS 'As in rlm.runs';
COMMENT ON COLUMN rlm.cells.root_run_id IS 'As in rlm.runs';
COMMENT ON COLUMN rlm.cells.depth IS 'Depth of its run';
COMMENT ON COLUMN rlm.cells.turn IS 'The turn, from 1';
COMMENT ON COLUMN rlm.cells.cell IS 'The cell of the turn, from 1';
COMMENT ON COLUMN rlm.cells.duration_ms IS 'Milliseconds it took, its sub-calls included';
COMMENT ON COLUMN rlm.cells.cpu_ms IS 'Milliseconds of the processor that its own code took';
COMMENT ON COLUMN rlm.cells.success IS 'False where it ended with an error';
COMMENT ON COLUMN rlm.cells.error_name IS 'Name of the error where it is one of JavaScript''s or RLM''s own, else Error';
COMMENT ON COLUMN rlm.cells.error_line IS 'Line of the cell where the error was, from 1';
COMMENT ON COLUMN rlm.cells.memory IS 'What became of the variables: kept, restored or lost';
COMMENT ON COLUMN rlm.cells.code_chars IS 'Characters of its code';
COMMENT ON COLUMN rlm.cells.output_chars IS 'Characters that it printed';
COMMENT ON COLUMN rlm.cells.code IS 'Only where content is logged: its code';
COMMENT ON COLUMN rlm.cells.output IS 'Only where content is logged: what it printed';
COMMENT ON COLUMN rlm.cells.error_message IS 'Only where content is logged: the message of its error';

CREATE TABLE IF NOT EXISTS rlm.events (
  "time"      timestamptz NOT NULL,
  run_id      text NOT NULL,
  seq         bigint NOT NULL,
  query_id    text NOT NULL,
  root_run_id text NOT NULL,
  depth       integer NOT NULL,
  type        text NOT NULL,
  turn        integer,
  cell        integer,
  call_id     text,
  model       text,
  duration_ms double precision,
  success     boolean,
  code        text,
  PRIMARY KEY (run_id, seq, "time")
);
CREATE INDEX IF NOT EXISTS events_by_root ON rlm.events (root_run_id, seq);
CREATE INDEX IF NOT EXISTS events_by_time ON rlm.events USING brin ("time") WITH (autosummarize = on);

COMMENT ON TABLE rlm.events IS 'Everything that happened in a run, without any of its texts. Pieces of replies, texts and progress of counters are not logged, so numbers are skipped.';
COMMENT ON COLUMN rlm.events."time" IS 'When it happened';
COMMENT ON COLUMN rlm.events.run_id IS 'Its run';
COMMENT ON COLUMN rlm.events.seq IS 'Its number in the tree of the root run';
COMMENT ON COLUMN rlm.events.query_id IS 'As in rlm.runs';
COMMENT ON COLUMN rlm.events.root_run_id IS 'As in rlm.runs';
COMMENT ON COLUMN rlm.events.depth IS 'Depth of its run';
COMMENT ON COLUMN rlm.events.type IS 'What happened, such as turn.started, reply.finished, cell.finished, call.finished';
COMMENT ON COLUMN rlm.events.turn IS 'The turn, from 1';
COMMENT ON COLUMN rlm.events.cell IS 'The cell of the turn, from 1';
COMMENT ON COLUMN rlm.events.call_id IS 'The sub-call within its run';
COMMENT ON COLUMN rlm.events.model IS 'The model that was asked';
COMMENT ON COLUMN rlm.events.duration_ms IS 'Milliseconds that ended with this event; null where it ends nothing';
COMMENT ON COLUMN rlm.events.success IS 'How what ended has ended; null where the event ends nothing';
COMMENT ON COLUMN rlm.events.code IS 'Code of a failure or a warning, the stop reason of a run, or the choice about a fan-out';

-- What retention policies do on TimescaleDB, by hand: on plain PostgreSQL, and for rlm.runs anywhere.
CREATE OR REPLACE FUNCTION rlm.prune(older_than interval DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  setting text := (SELECT value FROM rlm.settings WHERE name = 'drop_after');
  age     interval := COALESCE(older_than, NULLIF(setting, 'never')::interval);
  gone    bigint := 0;
  part    bigint;
  hyper   text;
BEGIN
  IF age IS NULL THEN RETURN 0; END IF;
  FOREACH hyper IN ARRAY ARRAY['calls', 'cells', 'events'] LOOP
    EXECUTE format('DELETE FROM rlm.%I WHERE "time" < now() - $1', hyper) USING age;
    GET DIAGNOSTICS part = ROW_COUNT;
    gone := gone + part;
  END LOOP;
  DELETE FROM rlm.runs WHERE started_at < now() - age;
  GET DIAGNOSTICS part = ROW_COUNT;
  RETURN gone + part;
END $$;
COMMENT ON FUNCTION rlm.prune(interval) IS 'Deletes what is older than an interval, or than the setting drop_after, and returns the number of rows that are gone';
