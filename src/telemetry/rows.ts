import * as z from "zod";

/** A column: what PostgreSQL calls its type, and what its values are here. */
interface Column<T> {
  readonly type: string;
  readonly schema: z.ZodType<T>;
}

const text: Column<string> = { type: "text", schema: z.string() };
const whole: Column<number> = { type: "bigint", schema: z.number() };
const decimal: Column<number> = { type: "double precision", schema: z.number() };
const flag: Column<boolean> = { type: "boolean", schema: z.boolean() };
/** Milliseconds since 1970. */
const moment: Column<number> = { type: "timestamptz", schema: z.number() };

function maybe<T>({ type, schema }: Column<T>): Column<T | null> {
  return { type, schema: schema.nullable() };
}

const runColumns = {
  run_id: text,
  query_id: text,
  root_run_id: text,
  parent_run_id: maybe(text),
  parent_call_id: maybe(text),
  depth: whole,
  started_at: moment,
  finished_at: maybe(moment),
  stop_reason: maybe(text),
  error_code: maybe(text),
  root_model: maybe(text),
  sub_model: maybe(text),
  offline: maybe(flag),
  context_kind: maybe(text),
  context_files: maybe(whole),
  context_chars: maybe(whole),
  context_lines: maybe(whole),
  turns: maybe(whole),
  calls: maybe(whole),
  input_tokens: maybe(whole),
  cached_tokens: maybe(whole),
  output_tokens: maybe(whole),
  reasoning_tokens: maybe(whole),
  tokens_estimated: maybe(flag),
  cost_usd: maybe(decimal),
  citations: maybe(whole),
  citations_flagged: maybe(whole),
  files_shown: maybe(whole),
  duration_ms: maybe(decimal),
  question: maybe(text),
  answer: maybe(text),
};

/** Where and when a row of a hypertable belongs. */
const place = {
  time: moment,
  run_id: text,
  seq: whole,
  query_id: text,
  root_run_id: text,
  depth: whole,
};

const callColumns = {
  ...place,
  turn: whole,
  cell: maybe(whole),
  call_id: maybe(text),
  kind: text,
  model: text,
  duration_ms: decimal,
  success: flag,
  error_code: maybe(text),
  finish_reason: maybe(text),
  remembered: flag,
  input_tokens: whole,
  cached_tokens: whole,
  output_tokens: whole,
  reasoning_tokens: whole,
  tokens_estimated: flag,
  cost_usd: maybe(decimal),
  priced_by: maybe(text),
  cache_savings_usd: maybe(decimal),
  prompt: maybe(text),
  reply: maybe(text),
};

const cellColumns = {
  ...place,
  turn: whole,
  cell: whole,
  duration_ms: decimal,
  cpu_ms: decimal,
  success: flag,
  error_name: maybe(text),
  error_line: maybe(whole),
  memory: text,
  code_chars: whole,
  output_chars: whole,
  code: maybe(text),
  output: maybe(text),
  error_message: maybe(text),
};

const eventColumns = {
  ...place,
  type: text,
  turn: maybe(whole),
  cell: maybe(whole),
  call_id: maybe(text),
  model: maybe(text),
  duration_ms: maybe(decimal),
  success: maybe(flag),
  code: maybe(text),
};

/** The columns of each table that the sink fills, in their order in `sql/`. */
export const tableColumns = { runs: runColumns, calls: callColumns, cells: cellColumns, events: eventColumns } as const;

export type TableName = keyof typeof tableColumns;
/** In the order in which they are filled: what is counted beside the calls is locked for the shortest time. */
export const tableNames = ["runs", "cells", "events", "calls"] as const satisfies readonly TableName[];

type ValueOf<C> = C extends Column<infer T> ? T : never;
type RowOf<C> = { readonly [name in keyof C]: ValueOf<C[name]> };

export type RunRow = RowOf<typeof runColumns>;
export type CallRow = RowOf<typeof callColumns>;
type CellRow = RowOf<typeof cellColumns>;
export type EventRow = RowOf<typeof eventColumns>;

interface RowTypes {
  readonly runs: RunRow;
  readonly calls: CallRow;
  readonly cells: CellRow;
  readonly events: EventRow;
}

/** A row with the name of its table. */
export type TableRow = { readonly [name in TableName]: readonly [table: name, row: RowTypes[name]] }[TableName];

/** Texts that are logged only where the user has opted into it. */
const content = {
  runs: ["question", "answer"],
  calls: ["prompt", "reply"],
  cells: ["code", "output", "error_message"],
  events: [],
} as const satisfies { readonly [name in TableName]: readonly (keyof RowTypes[name])[] };

/** The same row without such texts. */
export function withoutContent([table, row]: TableRow): TableRow {
  const blank = Object.fromEntries(content[table].map((name) => [name, null]));
  return [table, { ...row, ...blank }] as TableRow;
}

function schemaOf(columns: Readonly<Record<string, Column<unknown>>>) {
  return z.object(Object.fromEntries(Object.entries(columns).map(([name, { schema }]) => [name, schema])));
}

const rowSchemas: Readonly<Record<TableName, z.ZodType>> = {
  runs: schemaOf(runColumns),
  calls: schemaOf(callColumns),
  cells: schemaOf(cellColumns),
  events: schemaOf(eventColumns),
};

/** A row as it was kept on disk; null where it is none. */
export function readTableRow(value: unknown): TableRow | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const table = tableNames.find((name) => name === value[0]);
  if (table === undefined || !rowSchemas[table].safeParse(value[1]).success) return null;
  return value as unknown as TableRow;
}
