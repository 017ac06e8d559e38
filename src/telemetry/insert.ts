import type { Client } from "pg";
import { codeOf } from "./problem.ts";
import { type RunRow, type TableName, type TableRow, tableColumns, tableNames } from "./rows.ts";

/**
 * Stores rows in one transaction; a row that is there already changes nothing, and one that the database can't hold is
 * left out.
 * @returns the number of rows that were left out
 * @throws what the database says, after which none of the rows is stored
 */
export async function insertRows(client: Client, rows: readonly TableRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  try {
    await insertAll(client, rows);
    return 0;
  } catch (error) {
    await client.query("ROLLBACK");
    if (!isOfARow(error)) throw error;
  }
  if (rows.length === 1) return 1;
  const half = Math.ceil(rows.length / 2);
  return (await insertRows(client, rows.slice(0, half))) + (await insertRows(client, rows.slice(half)));
}

/** Classes 22 and 23: the value is wrong, or a constraint forbids it. */
function isOfARow(error: unknown): boolean {
  return error instanceof RangeError || /^2[23]/.test(codeOf(error) ?? "");
}

async function insertAll(client: Client, rows: readonly TableRow[]): Promise<void> {
  await client.query("BEGIN");
  for (const table of tableNames) {
    const own = rows.filter(([name]) => name === table).map(([, row]) => row);
    const unique = table === "runs" ? mergeRuns(own as readonly RunRow[]) : own;
    if (unique.length > 0) await client.query(statements[table], valuesOf(table, unique));
  }
  await client.query("COMMIT");
}

/** A statement can't change a row twice, so each run has one row in it, with the newest of all that is known. */
function mergeRuns(rows: readonly RunRow[]): readonly RunRow[] {
  const merged = new Map<string, RunRow>();
  for (const row of rows) {
    const known = Object.entries(row).filter(([, value]) => value !== null);
    merged.set(row.run_id, { ...(merged.get(row.run_id) ?? row), ...Object.fromEntries(known) });
  }
  return [...merged.values()];
}

type AnyRow = Readonly<Record<string, unknown>>;

/** One array a column, as PostgreSQL writes it: `{1,NULL,"a text"}`. */
function valuesOf(table: TableName, rows: readonly AnyRow[]): string[] {
  return Object.entries(tableColumns[table]).map(([name, { type }]) => {
    const write = type === "timestamptz" ? momentText : type === "text" ? quoted : String;
    return `{${rows.map((row) => (row[name] === null || row[name] === undefined ? "NULL" : write(row[name]))).join(",")}}`;
  });
}

/** @throws RangeError where it is no moment */
function momentText(value: unknown): string {
  return new Date(Number(value)).toISOString();
}

const isPlain = /^[\w.:/-]+$/;

/** Most texts are ids and short words. `NULL` in quotes is a text. */
function quoted(value: unknown): string {
  const text = String(value);
  if (isPlain.test(text) && text.length !== 4) return text;
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

const statements: Readonly<Record<TableName, string>> = {
  runs: `${insertInto("runs")} ON CONFLICT (run_id) DO UPDATE SET ${laterRun()}`,
  calls: `${insertInto("calls")} ON CONFLICT DO NOTHING`,
  cells: `${insertInto("cells")} ON CONFLICT DO NOTHING`,
  events: `${insertInto("events")} ON CONFLICT DO NOTHING`,
};

function insertInto(table: TableName): string {
  const columns = Object.entries(tableColumns[table]);
  const names = columns.map(([name]) => `"${name}"`).join(", ");
  const arrays = columns.map(([, { type }], i) => `$${i + 1}::${type}[]`).join(", ");
  return `INSERT INTO rlm.${table} (${names}) SELECT * FROM unnest(${arrays})`;
}

/** What was not known before is filled in, in whatever order the rows of a run arrive. */
function laterRun(): string {
  const [, ...columns] = Object.keys(tableColumns.runs);
  return columns.map((name) => `${name} = COALESCE(excluded.${name}, runs.${name})`).join(", ");
}
