import type { Client } from "pg";
import * as z from "zod";
import { type Connection, connect } from "./connect.ts";
import { codeOf } from "./problem.ts";

/** The oldest TimescaleDB whose functions the migrations use. */
const oldestTimescale = "2.17";

/**
 * What the database can do. `plain`: PostgreSQL alone. `timescale`: hypertables, under the Apache licence or where no more
 * is allowed. `community`: continuous aggregates, compression and retention too.
 */
export type Tier = "plain" | "timescale" | "community";

/** What is off, and why; the message is one line. */
export interface Notice {
  readonly code:
    | "extension-missing"
    | "extension-not-created"
    | "extension-not-preloaded"
    | "extension-rights"
    | "extension-old"
    | "extension-apache"
    | "schema-missing"
    | "schema-older";
  readonly message: string;
}

export interface Capabilities {
  /** Version of PostgreSQL. */
  readonly server: string;
  /** Version of TimescaleDB where its extension is in this database. */
  readonly timescale: string | null;
  readonly tier: Tier;
  readonly notices: readonly Notice[];
}

const probed = z.object({
  server: z.string(),
  installed: z.string().nullable(),
  /** A call of one of its functions, which has it loaded. */
  load: z.string().nullable(),
  available: z.string().nullable(),
});

const probe = `SELECT current_setting('server_version') AS server, extension.extversion AS installed,
  'SELECT ' || extension.extnamespace::regnamespace || '.time_bucket(interval ''1 hour'', now())' AS load,
  (SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb') AS available
FROM (SELECT 1) AS one LEFT JOIN pg_extension AS extension ON extname = 'timescaledb'`;

const licenceRow = z.object({ licence: z.string().nullable() });

/** Looks at a database and changes nothing. */
export async function probeCapabilities(client: Client): Promise<Capabilities> {
  const { server, installed, load, available } = probed.parse((await client.query(probe)).rows[0]);
  if (installed === null || load === null) {
    const notice = available === null ? noExtension : notCreated(available);
    return { server, timescale: null, tier: "plain", notices: [notice] };
  }
  if (isOlder(installed, oldestTimescale)) {
    return { server, timescale: installed, tier: "plain", notices: [tooOld(installed)] };
  }
  await client.query(load);
  const { rows } = await client.query("SELECT current_setting('timescaledb.license', true) AS licence");
  const capabilities: Capabilities = { server, timescale: installed, tier: "community", notices: [] };
  return licenceRow.parse(rows[0]).licence === "apache" ? underApache(capabilities) : capabilities;
}

/** The same database where what is under Timescale's own licence is off. */
export function underApache(capabilities: Capabilities): Capabilities {
  return { ...capabilities, tier: "timescale", notices: [apache] };
}

/**
 * Creates TimescaleDB's extension, or only tries to and leaves nothing behind. This takes a connection of its own, which
 * the server ends where the extension is not preloaded.
 * @returns what stood in the way; null where nothing did
 */
export async function createExtension(dsn: string, how: "keep" | "try"): Promise<Notice | null> {
  let connection: Connection | null = null;
  try {
    connection = await connect(dsn);
    await connection.client.query("BEGIN");
    await connection.client.query("CREATE EXTENSION IF NOT EXISTS timescaledb");
    await connection.client.query(how === "keep" ? "COMMIT" : "ROLLBACK");
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (codeOf(error) === "42501") return noRight;
    if (/preload/.test(message)) return notPreloaded;
    return { code: "extension-not-created", message: `TimescaleDB's extension can't be created: ${message}` };
  } finally {
    await connection?.client.end().catch(() => {});
  }
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split(".").map(Number);
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}

const instead = "plain tables and views stand in, and rlm.prune() deletes what is old";

const noExtension: Notice = {
  code: "extension-missing",
  message: `This server has no TimescaleDB: ${instead}.`,
};

const noRight: Notice = {
  code: "extension-rights",
  message: `This user may not create TimescaleDB's extension: ${instead}. Let an administrator run CREATE EXTENSION timescaledb, then migrate again.`,
};

const notPreloaded: Notice = {
  code: "extension-not-preloaded",
  message: `TimescaleDB is installed but not loaded: ${instead}. Add it to shared_preload_libraries, restart the server, then migrate again.`,
};

const apache: Notice = {
  code: "extension-apache",
  message: `TimescaleDB runs under the Apache licence, without continuous aggregates, compression and retention: views stand in, and rlm.prune() deletes what is old.`,
};

function notCreated(version: string): Notice {
  return {
    code: "extension-not-created",
    message: `TimescaleDB ${version} is there, but not in this database: rlm db migrate tries to create it.`,
  };
}

function tooOld(version: string): Notice {
  return {
    code: "extension-old",
    message: `TimescaleDB ${version} is older than ${oldestTimescale}: ${instead}.`,
  };
}
