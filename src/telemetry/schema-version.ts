import type { Client } from "pg";
import * as z from "zod";
import type { Connection } from "./connect.ts";
import { schemaVersion } from "./migration-files.ts";
import { codeOf } from "./problem.ts";
import { TelemetryError } from "./telemetry-error.ts";

const stored = z.object({ version: z.number().int().nullable() });

/** The version of a database's tables; null where there are none. */
export async function storedVersion(client: Client): Promise<number | null> {
  try {
    const { rows } = await client.query("SELECT max(number)::integer AS version FROM rlm.schema_versions");
    return stored.parse(rows[0]).version;
  } catch (error) {
    const code = codeOf(error);
    if (code === "42P01" || code === "3F000") return null;
    throw error;
  }
}

/**
 * Refuses tables that this code does not know.
 * @throws TelemetryError `schema-missing`, `schema-older` or `schema-newer`
 */
export async function checkSchema({ client, target }: Connection): Promise<void> {
  refuseOther(target.shown, await storedVersion(client));
}

/** Whoever migrates waits for whoever writes, and the other way round. */
export const migrationLock = 7261349;

/**
 * Begins a transaction whose rows fit the tables, which may have been changed since the last one.
 * @throws TelemetryError as `checkSchema` does; the transaction has begun then
 */
export async function beginWriting({ client, target }: Pick<Connection, "client" | "target">): Promise<void> {
  const results: unknown = await client.query(
    `BEGIN; SELECT pg_advisory_xact_lock_shared(${migrationLock}); SELECT max(number)::integer AS version FROM rlm.schema_versions`,
  );
  const [, , last] = z.array(z.object({ rows: z.array(z.unknown()) })).parse(results);
  refuseOther(target.shown, stored.parse(last?.rows[0]).version);
}

function refuseOther(shown: string, version: number | null): void {
  const own = schemaVersion();
  if (version === own) return;
  if (version === null) {
    throw new TelemetryError("schema-missing", `${shown} has no tables of RLM yet: run rlm db migrate.`);
  }
  if (version < own) {
    throw new TelemetryError(
      "schema-older",
      `The tables in ${shown} are of version ${version}, and this RLM needs ${own}: run rlm db migrate.`,
    );
  }
  throw newer(shown, version, own);
}

export function newer(shown: string, version: number, own: number): TelemetryError {
  return new TelemetryError(
    "schema-newer",
    `The tables in ${shown} are of version ${version}, and this RLM knows only ${own}: update RLM. Nothing was changed.`,
  );
}
