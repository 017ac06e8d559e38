import { afterAll, beforeAll, describe } from "vitest";
import { type Connection, connect } from "../../src/telemetry/connect.ts";
import { postgresPrograms, startPostgres } from "./temp-postgres.ts";
import { startWasmTimescale } from "./wasm-timescale.ts";

/** A database of one kind, empty at first. */
export interface TestDatabase {
  readonly dsn: string;
  /** A connection of the test's own. */
  readonly client: Connection["client"];
  readonly isTimescale: boolean;
}

interface Started {
  readonly dsn: string;
  readonly stop: () => Promise<void>;
}

interface Kind {
  readonly name: string;
  readonly isTimescale: boolean;
  /** Says why it can't be tested here. */
  readonly missing: string | null;
  readonly start: () => Promise<Started>;
}

const url = process.env.TSDB_TEST_URL;

const kinds: readonly Kind[] = [
  {
    name: "plain PostgreSQL",
    isTimescale: false,
    missing: postgresPrograms() === null ? "PostgreSQL is not installed: apt-get install postgresql" : null,
    start: () => startPostgres(),
  },
  { name: "TimescaleDB in WebAssembly", isTimescale: true, missing: null, start: startWasmTimescale },
  {
    name: "the TimescaleDB of TSDB_TEST_URL",
    isTimescale: true,
    missing: url ? null : "TSDB_TEST_URL is not set",
    start: () => databaseIn(url ?? ""),
  },
];

/** Runs a suite against each kind of database. One that is missing is said; where tests must run it is a failure. */
export function describeDatabases(suite: (database: () => TestDatabase) => void): void {
  for (const kind of kinds) {
    if (kind.missing !== null && kind.start !== kinds[2]?.start && process.env.CI === "true") {
      throw new Error(kind.missing);
    }
    if (kind.missing !== null) process.stderr.write(`NOT TESTED on ${kind.name}: ${kind.missing}\n`);
    describe.skipIf(kind.missing !== null)(kind.name, () => suite(setUp(kind)));
  }
}

function setUp(kind: Kind): () => TestDatabase {
  let started: Started | null = null;
  let database: TestDatabase | null = null;
  beforeAll(async () => {
    started = await kind.start();
    const { client } = await connect(started.dsn);
    database = { dsn: started.dsn, client, isTimescale: kind.isTimescale };
  });
  afterAll(async () => {
    await database?.client.end();
    await started?.stop();
  });
  return () => {
    if (!database) throw new Error("The database has not started.");
    return database;
  };
}

/** A database of its own in a server that holds others. */
async function databaseIn(server: string): Promise<Started> {
  const name = `rlm_test_${process.pid}_${Date.now()}`;
  const admin = await connect(server);
  await admin.client.query(`CREATE DATABASE ${name}`);
  const own = new URL(server);
  own.pathname = `/${name}`;
  return {
    dsn: own.href,
    stop: async () => {
      await admin.client.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.client.end();
    },
  };
}

/** Empties the tables. */
export async function emptyTables({ client }: TestDatabase): Promise<void> {
  for (const table of ["runs", "calls", "cells", "events", "day_usage", "day_latency"])
    await client.query(`TRUNCATE rlm.${table}`);
}
