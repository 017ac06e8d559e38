import { afterAll, beforeAll, beforeEach, it } from "vitest";
import { type Connection, connect } from "../../src/telemetry/connect.ts";
import { migrate } from "../../src/telemetry/migrate.ts";
import { postgresPrograms, startPostgres, type TempPostgres } from "./temp-postgres.ts";

/** A PostgreSQL with our tables for one file of tests. */
export interface OwnDatabase {
  /** `it`, skipped where PostgreSQL is not installed. */
  readonly it: ReturnType<typeof it.skipIf>;
  readonly server: TempPostgres;
  readonly client: Connection["client"];
}

/** Starts one before the tests of a file, and empties its tables before each. @param what is not tested without it */
export function ownDatabase(what: string): OwnDatabase {
  const isMissing = postgresPrograms() === null && process.env.CI !== "true";
  if (isMissing) process.stderr.write(`NOT TESTED: ${what}. PostgreSQL is not installed.\n`);
  let server: TempPostgres | undefined;
  let client: Connection["client"] | undefined;

  beforeAll(async () => {
    if (isMissing) return;
    server = await startPostgres();
    await migrate(server.dsn);
    ({ client } = await connect(server.dsn));
  });

  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  beforeEach(async () => {
    await client?.query("TRUNCATE rlm.runs, rlm.calls, rlm.cells, rlm.events, rlm.day_usage, rlm.day_latency");
  });

  return {
    it: it.skipIf(isMissing),
    get server() {
      return there(server);
    },
    get client() {
      return there(client);
    },
  };
}

function there<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("The database is there only while tests run.");
  return part;
}
