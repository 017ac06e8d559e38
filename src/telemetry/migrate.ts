import type { Client } from "pg";
import * as z from "zod";
import { type Capabilities, createExtension, probeCapabilities, underApache } from "./capabilities.ts";
import { type Connection, connect } from "./connect.ts";
import { filesFor, type MigrationFile, rank, schemaVersion } from "./migration-files.ts";
import { codeOf, problemOf } from "./problem.ts";
import { migrationLock, newer, storedVersion } from "./schema-version.ts";
import { TelemetryError } from "./telemetry-error.ts";

/** How long data is kept. An interval as PostgreSQL reads it, such as `90 days`, or `never`. */
export interface Keeping {
  readonly compressAfter?: string;
  readonly dropAfter?: string;
}

/** What a migration does, or has done. */
export interface Migration {
  readonly capabilities: Capabilities;
  /** Null where there were no tables. */
  readonly from: number | null;
  readonly to: number;
  readonly steps: readonly { readonly name: string; readonly sql: string }[];
}

/** What a migration would do; nothing is changed. @throws TelemetryError */
export async function planMigration(dsn: string, keeping: Keeping = {}): Promise<Migration> {
  return withConnection(dsn, async ({ client, target }) => {
    const capabilities = await probeCapabilities(client);
    const from = await storedVersion(client);
    refuseNewer(target.shown, from);
    const applied = from === null ? [] : await appliedTo(client);
    const extension = capabilities.notices.some(({ code }) => code === "extension-not-created");
    // With the extension more will be possible; which files run is known when it is there.
    const tier = extension ? "community" : capabilities.tier;
    const files = filesFor(tier).filter((file) => isDue(file, applied));
    const settings = settingStatements(keeping);
    return {
      capabilities,
      from,
      to: schemaVersion(),
      steps: [
        ...(extension ? [{ name: "extension", sql: "CREATE EXTENSION IF NOT EXISTS timescaledb;\n" }] : []),
        ...(from === null ? [{ name: "schema", sql: bootstrap }] : []),
        ...files.filter(({ repeat }) => !repeat).map(({ name, sql }) => ({ name, sql })),
        ...(settings === "" ? [] : [{ name: "settings", sql: settings }]),
        ...files.filter(({ repeat }) => repeat).map(({ name, sql }) => ({ name, sql })),
      ],
    };
  });
}

/**
 * Brings the tables to this code's version; all that is there stays. Several may call it at once.
 * @throws TelemetryError `schema-newer` where a later version made the tables, `rights` where the schema can't be made
 */
export async function migrate(dsn: string, keeping: Keeping = {}): Promise<Migration> {
  return withConnection(dsn, async ({ client, target }) => {
    const from = await storedVersion(client);
    refuseNewer(target.shown, from);
    await checkIntervals(client, keeping);
    const found = await withExtension(dsn, client);
    await makeSchema(client, target.shown);
    const steps: MigrationFile[] = [];
    const capabilities = await applyOnce(client, found, steps);
    await client.query(settingStatements(keeping));
    for (const file of filesFor(capabilities.tier)) {
      if (file.repeat && (await apply(client, file))) steps.push(file);
    }
    await client.query(
      "INSERT INTO rlm.schema_versions (number, variant, name) VALUES ($1, 'none', 'not here') ON CONFLICT DO NOTHING",
      [schemaVersion()],
    );
    return { capabilities, from, to: schemaVersion(), steps };
  });
}

const bootstrap = `CREATE SCHEMA IF NOT EXISTS rlm;
CREATE TABLE IF NOT EXISTS rlm.schema_versions (
  number     integer NOT NULL,
  variant    text NOT NULL,
  name       text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (number, variant)
);
COMMENT ON SCHEMA rlm IS 'Telemetry of RLM';
COMMENT ON TABLE rlm.schema_versions IS 'Which migrations were run here';
COMMENT ON COLUMN rlm.schema_versions.number IS 'Number of the migration; the largest is the version of the tables';
COMMENT ON COLUMN rlm.schema_versions.variant IS 'Kind of database for which it was run; all: any; none: there was nothing to do here';
COMMENT ON COLUMN rlm.schema_versions.name IS 'Name of its file';
COMMENT ON COLUMN rlm.schema_versions.applied_at IS 'When it was run';
`;

/** Whoever migrates waits for whoever does so already, or writes. */
const lock = `SELECT pg_advisory_xact_lock(${migrationLock})`;

async function makeSchema(client: Client, shown: string): Promise<void> {
  const { rows } = await client.query("SELECT 1 FROM pg_namespace WHERE nspname = 'rlm'");
  // The right to make a schema is asked for even where there is one.
  const sql =
    rows.length > 0 ? bootstrap.replace(/^CREATE SCHEMA.*\n/, "").replace(/COMMENT ON SCHEMA.*\n/, "") : bootstrap;
  if (rows.length > 0 && (await storedVersion(client)) !== null) return;
  try {
    await inTransaction(client, () => client.query(sql));
  } catch (error) {
    if (codeOf(error) !== "42501") throw error;
    throw new TelemetryError(
      "rights",
      `This user may not make the schema rlm in ${shown}: let an administrator run CREATE SCHEMA rlm AUTHORIZATION its_name.`,
    );
  }
}

interface Applied {
  readonly number: number;
  readonly variant: string;
}

const appliedRow = z.object({ number: z.number().int(), variant: z.string() });

async function appliedTo(client: Client): Promise<readonly Applied[]> {
  const { rows } = await client.query("SELECT number, variant FROM rlm.schema_versions");
  return z.array(appliedRow).parse(rows);
}

function isDue(file: MigrationFile, applied: readonly Applied[]): boolean {
  if (file.repeat) return true;
  return !applied.some(
    ({ number, variant }) =>
      number === file.number && (variant === (file.variant ?? "all") || rank(variant) > rank(file.variant)),
  );
}

async function apply(client: Client, file: MigrationFile): Promise<boolean> {
  return inTransaction(client, async () => {
    if (!isDue(file, await appliedTo(client))) return false;
    await client.query(file.sql);
    await client.query(
      "INSERT INTO rlm.schema_versions (number, variant, name) VALUES ($1, $2, $3) ON CONFLICT (number, variant) DO UPDATE SET applied_at = now()",
      [file.number, file.variant ?? "all", file.name],
    );
    return true;
  });
}

/**
 * Runs the files that were not run yet, and puts them into `steps`.
 * @returns what the database can do, now that it was seen
 */
async function applyOnce(client: Client, capabilities: Capabilities, steps: MigrationFile[]): Promise<Capabilities> {
  for (const file of filesFor(capabilities.tier)) {
    if (file.repeat) continue;
    try {
      if (await apply(client, file)) steps.push(file);
    } catch (error) {
      // The licence says one thing, and the server does another.
      if (file.variant !== "community" || codeOf(error) !== "0A000") throw error;
      return applyOnce(client, underApache(capabilities), steps);
    }
  }
  return capabilities;
}

async function inTransaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    await client.query(lock);
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

async function withExtension(dsn: string, client: Client): Promise<Capabilities> {
  const before = await probeCapabilities(client);
  if (!before.notices.some(({ code }) => code === "extension-not-created")) return before;
  const notice = await createExtension(dsn, "keep");
  if (notice) return { ...before, notices: [notice] };
  return probeCapabilities(client);
}

/** PostgreSQL knows what an interval is. @throws TelemetryError `bad-interval` */
async function checkIntervals(client: Client, { compressAfter, dropAfter }: Keeping): Promise<void> {
  await checkInterval(client, compressAfter, "1 hour");
  // The aggregates are refreshed from rows of the last 7 days: these must be there.
  await checkInterval(client, dropAfter, "8 days");
}

async function checkInterval(client: Client, value: string | undefined, least: string): Promise<void> {
  if (value === undefined || value === "never") return;
  try {
    const { rows } = await client.query("SELECT $1::interval >= $2::interval AS usable", [value, least]);
    if (z.array(z.object({ usable: z.literal(true) })).safeParse(rows).success) return;
  } catch (error) {
    if (!codeOf(error)?.startsWith("22")) throw error;
  }
  throw new TelemetryError(
    "bad-interval",
    `"${value}" is not "never", nor an interval of at least ${least}, such as "90 days".`,
  );
}

function settingStatements({ compressAfter, dropAfter }: Keeping): string {
  const given = [
    ["compress_after", compressAfter],
    ["drop_after", dropAfter],
  ] as const;
  return given
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value = ""]) =>
        `INSERT INTO rlm.settings VALUES ('${name}', '${value.replaceAll("'", "''")}') ON CONFLICT (name) DO UPDATE SET value = excluded.value;\n`,
    )
    .join("");
}

function refuseNewer(shown: string, version: number | null): void {
  const own = schemaVersion();
  if (version !== null && version > own) throw newer(shown, version, own);
}

async function withConnection<T>(dsn: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connect(dsn, { statementMs: 600_000 });
  try {
    return await work(connection);
  } catch (error) {
    throw problemOf(error, connection.target);
  } finally {
    await connection.client.end().catch(() => {});
  }
}
