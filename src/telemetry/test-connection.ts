import type { Client } from "pg";
import * as z from "zod";
import { type Capabilities, createExtension, type Notice, probeCapabilities } from "./capabilities.ts";
import { type Connection, connect } from "./connect.ts";
import { schemaVersion } from "./migration-files.ts";
import { problemOf } from "./problem.ts";
import { newer, storedVersion } from "./schema-version.ts";
import { TelemetryError } from "./telemetry-error.ts";

/** A database that telemetry can be written to, or why not. Each message is one line for the user. */
export type ConnectionTest =
  | {
      readonly ok: true;
      /** `host:port/database` */
      readonly shown: string;
      readonly encrypted: boolean;
      readonly capabilities: Capabilities;
      /** Version of its tables; null where they are not there yet. */
      readonly schema: number | null;
      /** What is off or to be done. */
      readonly notices: readonly Notice[];
    }
  | { readonly ok: false; readonly code: TelemetryError["code"]; readonly message: string };

/** Tries a DSN out; nothing is changed. Never rejects. */
export async function testConnection(dsn: string): Promise<ConnectionTest> {
  let connection: Connection | null = null;
  try {
    connection = await connect(dsn);
    return await look(dsn, connection);
  } catch (error) {
    const { code, message } = connection ? problemOf(error, connection.target) : asProblem(error);
    return { ok: false, code, message };
  } finally {
    await connection?.client.end().catch(() => {});
  }
}

async function look(dsn: string, { client, target }: Connection): Promise<ConnectionTest> {
  const capabilities = await probeCapabilities(client);
  const schema = await storedVersion(client);
  const own = schemaVersion();
  if (schema !== null && schema > own) throw newer(target.shown, schema, own);
  const { canWrite, canMake, encrypted } = await rightsOf(client, schema === own);
  // Tables of an earlier version are the business of whoever made them.
  if (schema === null ? !canMake : schema === own && !canWrite) {
    const what = schema === null ? "make the schema rlm, nor tables in it" : "write to the tables in the schema rlm";
    throw new TelemetryError(
      "rights",
      `This user may not ${what}, in ${target.shown}: an administrator has to grant it.`,
    );
  }
  const notices = [...(await extensionNotices(dsn, capabilities)), ...schemaNotices(schema, own)];
  return { ok: true, shown: target.shown, encrypted, capabilities, schema, notices };
}

const rights = z.object({ canWrite: z.boolean(), canMake: z.boolean(), encrypted: z.boolean() });

/** Rows that are there already are looked at, so that writing takes the right to read too. */
const canWrite = `(SELECT bool_and(has_table_privilege('rlm.' || name, 'INSERT') AND has_table_privilege('rlm.' || name, 'SELECT')
  AND (NOT grows OR has_table_privilege('rlm.' || name, 'UPDATE')))
  FROM (VALUES ('runs', true), ('calls', false), ('cells', false), ('events', false), ('day_usage', true), ('day_latency', true))
    AS written (name, grows))`;

async function rightsOf(client: Client, hasTables: boolean): Promise<z.infer<typeof rights>> {
  const { rows } = await client.query(`SELECT ${hasTables ? canWrite : "false"} AS "canWrite",
    COALESCE((SELECT has_schema_privilege(oid, 'CREATE') FROM pg_namespace WHERE nspname = 'rlm'),
      has_database_privilege(current_database(), 'CREATE')) AS "canMake",
    COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted`);
  return rights.parse(rows[0]);
}

async function extensionNotices(dsn: string, { notices }: Capabilities): Promise<readonly Notice[]> {
  if (!notices.some(({ code }) => code === "extension-not-created")) return notices;
  const obstacle = await createExtension(dsn, "try");
  return obstacle ? [obstacle] : notices;
}

function schemaNotices(schema: number | null, own: number): readonly Notice[] {
  if (schema === null) return [{ code: "schema-missing", message: "There are no tables yet: run rlm db migrate." }];
  if (schema === own) return [];
  return [{ code: "schema-older", message: `The tables are of version ${schema} of ${own}: run rlm db migrate.` }];
}

function asProblem(error: unknown): TelemetryError {
  return error instanceof TelemetryError ? error : new TelemetryError("database", String(error));
}
