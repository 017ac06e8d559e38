import type { Connection } from "./connect.ts";
import { codeOf } from "./problem.ts";
import { type RunRow, type TableName, type TableRow, tableColumns, tableNames } from "./rows.ts";
import { beginWriting } from "./schema-version.ts";

type Database = Pick<Connection, "client" | "target">;

/**
 * Stores rows in one transaction; a row that is there already changes nothing, and one that the database can't hold is
 * left out.
 * @returns the number of rows that were left out
 * @throws what the database says, or TelemetryError where its tables are of another version; none of the rows is stored
 * then, and the connection has to be ended
 */
export async function insertRows(database: Database, rows: readonly TableRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  try {
    await insertAll(database, rows);
    return 0;
  } catch (error) {
    if (!isOfARow(error)) throw error;
    await database.client.query("ROLLBACK");
  }
  if (rows.length === 1) return 1;
  const half = Math.ceil(rows.length / 2);
  return (await insertRows(database, rows.slice(0, half))) + (await insertRows(database, rows.slice(half)));
}

/** Classes 22, 23 and 54: the value is wrong, a constraint forbids it, or it is too large. */
function isOfARow(error: unknown): boolean {
  return error instanceof RangeError || /^(?:2[23]|54)/.test(codeOf(error) ?? "");
}

async function insertAll(database: Database, rows: readonly TableRow[]): Promise<void> {
  const { client } = database;
  await beginWriting(database);
  for (const table of tableNames) {
    const own = rows.filter(([name]) => name === table).map(([, row]) => row);
    const unique = table === "runs" ? mergeRuns(own as readonly RunRow[]) : own;
    if (unique.length > 0) await client.query(statements[table], valuesOf(table, unique));
  }
  await client.query("COMMIT");
}

/**
 * A statement can't change a row twice, so each run has one row in it, with the newest of all that is known. They are in
 * one order, so that two who store the same runs don't wait in a circle.
 */
function mergeRuns(rows: readonly RunRow[]): readonly RunRow[] {
  const merged = new Map<string, RunRow>();
  for (const row of rows) {
    const known = Object.entries(row).filter(([, value]) => value !== null);
    merged.set(row.run_id, { ...(merged.get(row.run_id) ?? row), ...Object.fromEntries(known) });
  }
  return [...merged.values()].sort((a, b) => (a.run_id < b.run_id ? -1 : 1));
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
  cells: `${insertInto("cells")} ON CONFLICT DO NOTHING`,
  events: `${insertInto("events")} ON CONFLICT DO NOTHING`,
  calls: insertCalls(),
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

/** Calls that were not there before are counted by day. Days are locked in one order, so that nobody waits in a circle. */
function insertCalls(): string {
  const day = `date_bin('1 day', "time", TIMESTAMPTZ '2000-01-01 00:00:00+00'), model, kind`;
  const add = (name: string) => `${name} = known.${name} + excluded.${name}`;
  const addKnown = (name: string) =>
    `${name} = COALESCE(known.${name} + excluded.${name}, known.${name}, excluded.${name})`;
  const counts = ["calls", "errors", "remembered", "duration_ms", "input_tokens", "cached_tokens", "output_tokens"];
  const added = [...counts, "unpriced_calls", "unknown_savings"].map(add);
  return `WITH fresh AS (
    ${insertInto("calls")} ON CONFLICT DO NOTHING
    RETURNING "time", model, kind, success, remembered, duration_ms, input_tokens, cached_tokens, output_tokens,
      cost_usd, cache_savings_usd
  ), counted AS (
    INSERT INTO rlm.day_usage AS known (bucket, model, kind, ${counts.join(", ")},
      cost_usd, unpriced_calls, cache_savings_usd, unknown_savings)
    SELECT ${day}, count(*), count(*) FILTER (WHERE NOT success), count(*) FILTER (WHERE remembered),
      COALESCE(sum(duration_ms) FILTER (WHERE NOT remembered), 0),
      sum(input_tokens), sum(cached_tokens), sum(output_tokens),
      sum(cost_usd), count(*) FILTER (WHERE cost_usd IS NULL),
      sum(cache_savings_usd), count(*) FILTER (WHERE cache_savings_usd IS NULL)
    FROM fresh GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    ON CONFLICT (bucket, model, kind) DO UPDATE
    SET ${[...added, addKnown("cost_usd"), addKnown("cache_savings_usd")].join(", ")}
  )
  INSERT INTO rlm.day_latency AS known (bucket, model, kind, bin, calls, duration_ms)
  SELECT ${day}, rlm.latency_bin(duration_ms), count(*), sum(duration_ms)
  FROM fresh WHERE NOT remembered GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
  ON CONFLICT (bucket, model, kind, bin) DO UPDATE SET ${add("calls")}, ${add("duration_ms")}`;
}
