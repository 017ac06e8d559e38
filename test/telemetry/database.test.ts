import { afterEach, beforeAll, expect, it, vi } from "vitest";
import type { RunEvent } from "../../src/rlm/events.ts";
import { foldEvents } from "../../src/rlm/run-tree.ts";
import { readDsn } from "../../src/telemetry/dsn.ts";
import { insertRows } from "../../src/telemetry/insert.ts";
import { migrate, planMigration } from "../../src/telemetry/migrate.ts";
import type { Page, PageRequest } from "../../src/telemetry/page.ts";
import { openRecords, type Records } from "../../src/telemetry/records.ts";
import { RowMapper } from "../../src/telemetry/row-mapper.ts";
import { testConnection } from "../../src/telemetry/test-connection.ts";
import { asked, cell, eventsOf, startAsking } from "../support/asking.ts";
import { sampleRun, sampleTree } from "../support/sample-run.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { describeDatabases, emptyTables } from "./databases.ts";
import { asRun, countRows, expectedRows, log, opened, somePrice, when } from "./support.ts";

// TimescaleDB in WebAssembly takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const hour = 3_600_000;
const now = Date.now();

/** Opens the query API, does something with it, and closes it. */
async function reading<T>(dsn: string, work: (records: Records) => Promise<T>): Promise<T> {
  const records = await openRecords(dsn);
  return work(records).finally(() => records.close());
}

/** All rows of a list, page by page. */
async function allOf<T>(limit: number, list: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> {
  const rows: T[] = [];
  for (let after: string | null = ""; after !== null; ) {
    const page: Page<T> = await list({ limit, ...(after === "" ? {} : { after }) });
    expect(page.rows.length).toBeLessThanOrEqual(limit);
    rows.push(...page.rows);
    after = page.next;
  }
  return rows;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describeDatabases((database) => {
  beforeAll(async () => {
    await migrate(database().dsn);
  });

  afterEach(() => emptyTables(database()));

  it("has a comment on every table, view and column", async () => {
    const { rows } = await database().client.query(`SELECT c.relname, a.attname FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'rlm'
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.relkind IN ('r', 'v', 'm')
        AND (obj_description(c.oid, 'pg_class') IS NULL OR col_description(c.oid, a.attnum) IS NULL)`);
    expect(rows).toEqual([]);
    const { rows: relations } = await database().client.query(
      "SELECT relname FROM pg_class WHERE relnamespace = 'rlm'::regnamespace AND relkind IN ('r', 'v', 'm') ORDER BY 1",
    );
    expect(relations.map(({ relname }) => relname)).toEqual([
      ...["calls", "cells", "day_latency", "day_usage", "events", "runs", "schema_versions", "settings"],
      ...["usage_by_day", "usage_by_hour", "usage_by_minute"],
    ]);
  });

  it("does nothing when its tables are made again, and keeps what is in them", async () => {
    const { dsn, client, isTimescale } = database();
    await log(dsn, sampleRun());
    const before = await countRows(client);
    const [again, same] = await Promise.all([migrate(dsn), migrate(dsn)]);
    const repeated = isTimescale ? ["005-policies.community.repeat.sql"] : [];
    for (const { steps } of [again, same]) expect(steps.map(({ name }) => name)).toEqual(repeated);
    expect((await planMigration(dsn)).steps.map(({ name }) => name)).toEqual(repeated);
    expect(await countRows(client)).toEqual(before);
  });

  it("stores each event of a tree of runs once, however often it is sent", async () => {
    const { dsn, client } = database();
    const events = sampleTree();
    await log(dsn, events);
    expect(await countRows(client)).toEqual(expectedRows(events));
    const again = opened(dsn, { tuning: { batchEvents: 7 } });
    for (const event of events) again.take(event);
    await again.close(30_000);
    expect(again.state.dropped).toBe(0);
    expect(await countRows(client)).toEqual(expectedRows(events));
  });

  it("knows all of a run, in whatever order its rows arrive", async () => {
    const { dsn, client } = database();
    const mapper = new RowMapper({ content: false, factsOf: () => ({ queryId: "q", priceOf: () => null }) });
    const rows = sampleRun().flatMap((event) => mapper.rows(event));
    const [begun, ...later] = rows.filter(([table]) => table === "runs");
    const ended = later.at(-1);
    if (!begun || !ended) throw new Error("The sample has no such rows.");
    const connection = { client, target: readDsn(dsn) };
    await insertRows(connection, [ended, begun]);
    await insertRows(connection, [begun]);
    const { rows: stored } = await client.query("SELECT stop_reason, root_model, context_files FROM rlm.runs");
    expect(stored).toEqual([{ stop_reason: "answered", root_model: "gpt-5", context_files: 1_204 }]);
  });

  it("says what the database can do", async () => {
    const { dsn, isTimescale } = database();
    const test = await testConnection(dsn);
    expect(test).toMatchObject({ ok: true, encrypted: false, schema: 6 });
    if (!test.ok) return;
    expect(test.capabilities.tier).toBe(isTimescale ? "community" : "plain");
    expect(test.notices.map(({ code }) => code)).toEqual(isTimescale ? [] : ["extension-missing"]);
  });

  it("gives children by the call that they answer", async () => {
    const { dsn } = database();
    const events = sampleTree();
    await log(dsn, events);
    await reading(dsn, async (records) => {
      const calls = await allOf(10, (page) => records.calls({ runId: "r1" }, page));
      const asked = calls.filter(({ kind }) => kind === "rlm");
      const children = eventsOf(events, "run.started").flatMap(({ parent, runId }) =>
        parent ? [{ parent, runId }] : [],
      );
      for (const { parent, runId } of children) {
        const call = asked.find((row) => row.runId === parent.runId && row.callId === parent.callId);
        expect(call?.childRunId).toBe(runId);
      }
      expect(children.length).toBeGreaterThan(5);
      const { rows } = await records.runs({ rootRunId: "r1", children: true });
      expect(rows).toHaveLength(children.length + 1);
    });
  });

  it("adds up to what the run itself says", async () => {
    const { dsn } = database();
    const events = sampleTree();
    await log(dsn, events);
    const { totals } = foldEvents(events);
    await reading(dsn, async (records) => {
      const [run] = (await records.runs({})).rows;
      const summary = await records.runSummary({ runId: "r1" });
      const tokens = { inputTokens: totals.usage.input, cachedTokens: totals.usage.cachedInput };
      expect(run).toMatchObject({ runId: "r1", ...tokens, stopReason: "answered" });
      expect(summary).toMatchObject({ runs: 1, unfinishedRuns: 0, ...tokens });
      expect(run?.costUsd).toBeCloseTo(totals.costUsd ?? Number.NaN, 9);
      expect(summary?.costUsd).toBeCloseTo(totals.costUsd ?? Number.NaN, 9);
      expect(summary?.cells).toBe(eventsOf(events, "cell.finished").length);
      expect(summary?.errors).toBe(
        [...eventsOf(events, "cell.finished"), ...eventsOf(events, "call.finished")].filter(({ error }) => error)
          .length,
      );
    });
  });

  it("counts cache savings at the full price of input, less that of cached input", async () => {
    const { dsn } = database();
    const events = sampleRun();
    await log(dsn, events);
    const cached = sum(eventsOf(events, "reply.finished").map(({ usage }) => usage.cachedInput));
    const saved = (cached * (somePrice.input - somePrice.cachedInput)) / 1e6;
    expect(cached).toBeGreaterThan(0);
    await reading(dsn, async (records) => {
      const cache = await records.cacheSummary({ runId: "r1" });
      expect(cache.cacheSavingsUsd).toBeCloseTo(saved, 9);
      expect(cache.fullCostUsd).toBeCloseTo((cache.costUsd ?? Number.NaN) + saved, 9);
      const steps = await allOf(3, (page) => records.cacheSteps({ runId: "r1" }, page));
      expect(steps.at(-1)?.savedSoFarUsd).toBeCloseTo(saved, 9);
      expect(steps).toHaveLength(cache.requests);
    });
  });

  it("knows no savings where nobody knows the price, and never says zero instead", async () => {
    const { dsn } = database();
    await log(dsn, sampleRun(), { priceOf: () => null });
    await reading(dsn, async (records) => {
      const cache = await records.cacheSummary({ runId: "r1" });
      expect(cache.fullCostUsd).toBeNull();
      expect(cache.savedShare).toBeNull();
      expect(cache.unknownSavings).toBeGreaterThan(0);
      expect((await records.topCacheSavings(36_500)).rows).toEqual([]);
    });
  });

  it("lists every row once over pages of any size, in order", async () => {
    const { dsn } = database();
    const runs = ["ra", "rb", "rc"].map((id, i) => asRun(sampleTree(), id, now - (i + 1) * hour));
    const spoolFolder = tempFolder();
    for (const events of runs) await log(dsn, events, { spoolFolder });
    const inOrder = (rows: readonly { rootRunId: string; seq: number }[]) =>
      rows.every((row, i) => i === 0 || row.rootRunId !== rows[i - 1]?.rootRunId || row.seq > (rows[i - 1]?.seq ?? 0));
    await reading(dsn, async (records) => {
      const [first] = (await records.runs({})).rows;
      const scope = { queryId: first?.queryId ?? "" };
      const expected = expectedRows(runs.flat());
      expect((await allOf(2, (page) => records.runs({}, page))).map(({ runId }) => runId)).toEqual(["ra", "rb", "rc"]);
      expect((await records.runs({}, { limit: 3 })).next).toBeNull();
      const calls = await allOf(7, (page) => records.calls(scope, page));
      const cells = await allOf(7, (page) => records.cells(scope, page));
      const events = await allOf(7, (page) => records.latencyEvents(scope, null, page));
      expect([calls.length, cells.length]).toEqual([expected.calls, expected.cells]);
      expect([calls, cells, events].map(inOrder)).toEqual([true, true, true]);
      const slow = await allOf(5, (page) => records.slowestCalls({}, page));
      expect(slow.map((row) => row.durationMs)).toEqual(calls.map((row) => row.durationMs).sort((a, b) => b - a));
      expect((await allOf(5, (page) => records.slowestCells(scope, page))).length).toBe(expected.cells);
      const since = new Date(now - 1.5 * hour);
      const newest = [
        ...(await allOf(5, (page) => records.slowestCalls({ since }, page))),
        ...(await allOf(5, (page) => records.slowestCells({ since }, page))),
      ];
      expect(new Set(newest.map(({ rootRunId }) => rootRunId))).toEqual(new Set(["ra"]));
      expect(newest.length).toBe(((expected.calls ?? 0) + (expected.cells ?? 0)) / runs.length);
      const savers = await allOf(2, (page) => records.topCacheSavings(1, page));
      expect(savers.map(({ runId }) => runId).sort()).toEqual(["ra", "rb", "rc"]);
    });
  });

  it("counts usage over time by model and kind alike by minute, hour and day", async () => {
    const { dsn } = database();
    const events = asRun(sampleTree(), "ra", now - 30 * hour);
    await log(dsn, events);
    const span = { from: new Date(now - 72 * hour), to: new Date(now) };
    await reading(dsn, async (records) => {
      const cost = sum(eventsOf(events, "reply.finished").map(({ costUsd }) => costUsd ?? 0));
      for (const by of ["minute", "hour", "day"] as const) {
        const rows = await allOf(2, (page) => records.usage(by, span, page));
        expect(sum(rows.map(({ calls }) => calls))).toBe(expectedRows(events).calls);
        const turns = rows.filter(({ kind }) => kind === "turn");
        expect(sum(turns.map(({ costUsd }) => costUsd ?? 0))).toBeCloseTo(cost, 9);
        expect(turns.every(({ p50Ms, p99Ms }) => p50Ms !== null && p99Ms !== null && p50Ms <= p99Ms)).toBe(true);
      }
      const models = await records.cacheByModel(3);
      expect(models.map(({ model }) => model).sort()).toEqual(["gpt-5", "gpt-5-mini"]);
      expect(sum(models.map(({ costUsd }) => costUsd ?? 0))).toBeCloseTo(foldEvents(events).totals.costUsd ?? 0, 9);
    });
  });

  it("counts a day as its calls are: latency within 2 %, all else exactly, also where rows come twice", async () => {
    const { dsn, client } = database();
    const runs = [0, 1, 2, 30].map((hours, i) => asRun(sampleTree(), `r${i}`, now - hours * hour));
    for (const events of [...runs, ...runs]) await log(dsn, events);
    const { rows: exact } = await client.query(`SELECT
      date_bin('1 day', "time", TIMESTAMPTZ '2000-01-01 00:00:00+00') AS bucket, model, kind, count(*) AS calls,
      count(*) FILTER (WHERE NOT success) AS errors, count(*) FILTER (WHERE remembered) AS remembered,
      avg(duration_ms) FILTER (WHERE NOT remembered) AS "avgMs",
      percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE NOT remembered) AS "p50Ms",
      percentile_cont(0.9) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE NOT remembered) AS "p90Ms",
      percentile_cont(0.99) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE NOT remembered) AS "p99Ms",
      sum(input_tokens) AS "inputTokens", sum(cached_tokens) AS "cachedTokens", sum(output_tokens) AS "outputTokens",
      sum(cost_usd) AS "costUsd", count(*) FILTER (WHERE cost_usd IS NULL) AS "unpricedCalls",
      sum(cache_savings_usd) AS "cacheSavingsUsd", count(*) FILTER (WHERE cache_savings_usd IS NULL) AS "unknownSavings"
      FROM rlm.calls GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`);
    const span = { from: new Date(now - 72 * hour), to: new Date(now + hour) };
    const days = await reading(dsn, (records) => allOf(2, (page) => records.usage("day", span, page)));
    expect(exact.length).toBeGreaterThan(3);
    expect(days).toHaveLength(exact.length);
    for (const [i, day] of days.entries()) {
      for (const [name, value] of Object.entries(day)) {
        const right = exact[i][name];
        if (typeof value !== "number") expect([name, value]).toEqual([name, right]);
        else if (/^p\d/.test(name)) expect(Math.abs(value - right)).toBeLessThanOrEqual(Math.max(1, 0.02 * right));
        else expect(value).toBeCloseTo(right, 6);
      }
    }
  });

  it("counts what a failed reply has used, as the run itself does", async () => {
    const { dsn } = database();
    const usage = { prompt_tokens: 100, completion_tokens: 10, cost: 0.5 };
    const failing = await asked(
      ({ messages }) =>
        messages.some(({ role }) => role === "assistant")
          ? { text: "", finishReason: "content_filter", usage }
          : { text: cell("list()"), usage },
      { limits: { usd: 1_000 } },
    );
    const { run } = await startAsking(() => ({
      deltas: Array.from({ length: 100 }, (_, i) => (i % 2 ? 50 : "y".repeat(20))),
    }));
    const told: RunEvent[] = [];
    for await (const event of run.events()) {
      told.push(event);
      if (event.type === "reply.delta") run.cancel();
    }
    const late = { result: await run.result, events: told };
    for (const { events } of [failing, late]) await log(dsn, events);
    await reading(dsn, async (records) => {
      for (const { result, events } of [failing, late]) {
        const runId = result.runId;
        const { input, output } = result.totals.usage;
        const [run] = (await records.runs({ rootRunId: runId })).rows;
        const summary = await records.runSummary({ runId });
        const totals = { inputTokens: input, outputTokens: output, costUsd: result.totals.costUsd };
        expect(run).toMatchObject(totals);
        expect(summary).toMatchObject(totals);
        const failed = (await records.calls({ runId })).rows.filter(({ success }) => !success);
        expect(failed).toHaveLength(eventsOf(events, "reply.failed").length);
        expect(failed.length).toBeGreaterThan(0);
        const told = (await records.latencyEvents({ runId }, "reply.failed")).rows;
        expect(told.map(({ success }) => success)).toEqual(failed.map(() => false));
        expect(failed[0]).toMatchObject({ kind: "turn", errorCode: result.error?.code ?? result.stopReason });
      }
      const days = await records.usage("day", { from: new Date(now - hour), to: new Date(Date.now() + hour) });
      expect(sum(days.rows.map(({ errors }) => errors))).toBe(eventsOf(failing.events, "reply.failed").length + 1);
    });
  });

  it("reckons percentiles as usual", async () => {
    const { dsn } = database();
    const [started] = sampleRun();
    const turn = eventsOf(sampleRun(), "reply.finished")[0];
    if (!started || !turn) throw new Error("The sample has no turn.");
    const turns = Array.from({ length: 101 }, (_, i): RunEvent => ({ ...turn, seq: i + 10, turn: i + 1, ms: i * 10 }));
    await log(dsn, [started, ...turns]);
    await reading(dsn, async (records) => {
      const expected = { kind: "turn", count: 101, avgMs: 500, p50Ms: 500, p90Ms: 900, p99Ms: 990, maxMs: 1_000 };
      expect(await records.latencyMetrics({ runId: "r1" })).toMatchObject([expected]);
    });
  });

  it("groups the runs of one question, as the caller says or by the question", async () => {
    const { dsn } = database();
    const telemetry = opened(dsn);
    for (const id of ["ra", "rb"]) for (const event of asRun(sampleRun(), id, now)) telemetry.take(event);
    for (const event of asRun(sampleRun(), "rc", now)) telemetry.take(event, { queryId: "mine" });
    await telemetry.close(30_000);
    await reading(dsn, async (records) => {
      const { rows } = await records.runs({});
      const ids = new Map(rows.map(({ runId, queryId }) => [runId, queryId]));
      expect(ids.get("ra")).toBe(ids.get("rb"));
      expect(ids.get("rc")).toBe("mine");
      expect(await records.runSummary({ queryId: ids.get("ra") ?? "" })).toMatchObject({ runs: 2 });
      expect(await records.runSummary({ queryId: "mine", runId: "ra" })).toBeNull();
    });
  });

  it("keeps the order of a run whose clock goes back", async () => {
    const { dsn } = database();
    const events = sampleRun().map((event) => (event.seq > 40 ? { ...event, at: event.at - 5 * hour } : event));
    await log(dsn, events);
    await reading(dsn, async (records) => {
      const calls = await allOf(100, (page) => records.calls({ runId: "r1" }, page));
      expect(calls.map(({ seq }) => seq)).toEqual(calls.map(({ seq }) => seq).sort((a, b) => a - b));
      expect(calls).toHaveLength(expectedRows(events).calls ?? 0);
    });
  });

  it("leaves out a row that the database can't hold, and stores the others", async () => {
    const { dsn, client } = database();
    const events = sampleRun();
    const broken = events.map(
      (event): RunEvent => (event.type === "cell.finished" ? { ...event, turn: 2 ** 40 } : event),
    );
    const telemetry = opened(dsn);
    for (const event of broken) telemetry.take(event);
    await telemetry.close(30_000);
    const lost = eventsOf(events, "cell.finished").length;
    expect(telemetry.state.dropped).toBe(2 * lost);
    const expected = expectedRows(events);
    expect(await countRows(client)).toMatchObject({
      calls: expected.calls,
      cells: 0,
      events: (expected.events ?? 0) - lost,
    });
  });

  it("refuses tables of a later version, and loses nothing meanwhile", async () => {
    const { dsn, client } = database();
    await client.query("INSERT INTO rlm.schema_versions (number, variant, name) VALUES (999, 'all', 'later')");
    try {
      await expect(migrate(dsn)).rejects.toMatchObject({ code: "schema-newer" });
      await expect(planMigration(dsn)).rejects.toMatchObject({ code: "schema-newer" });
      await expect(openRecords(dsn)).rejects.toMatchObject({ code: "schema-newer" });
      expect(await testConnection(dsn)).toMatchObject({ ok: false, code: "schema-newer" });
      const telemetry = opened(dsn);
      for (const event of sampleRun()) telemetry.take(event);
      const { lastError } = await when(telemetry, ({ state, queued }) => state === "away" && queued === 0);
      expect(lastError).toMatchObject({ code: "schema-newer" });
      await client.query("DELETE FROM rlm.schema_versions WHERE number = 999");
      await when(telemetry, ({ state }) => state === "ok");
      await telemetry.close(30_000);
      expect(await countRows(client)).toEqual(expectedRows(sampleRun()));
    } finally {
      await client.query("DELETE FROM rlm.schema_versions WHERE number = 999");
    }
  });

  it("deletes what is old when it is told to", async () => {
    const { dsn, client } = database();
    await log(dsn, asRun(sampleRun(), "old", now - 100 * 24 * hour));
    await log(dsn, asRun(sampleRun(), "new", now - hour));
    const { rows } = await client.query("SELECT rlm.prune() AS gone");
    expect(rows[0].gone).toBe(sum(Object.values(expectedRows(sampleRun()))));
    expect(await countRows(client)).toEqual(expectedRows(sampleRun()));
  });

  it("keeps data as long as the settings say", async () => {
    const { dsn, client, isTimescale } = database();
    await expect(migrate(dsn, { dropAfter: "soon" })).rejects.toMatchObject({ code: "bad-interval" });
    await migrate(dsn, { dropAfter: "30 days", compressAfter: "never" });
    const { rows } = await client.query("SELECT name, value FROM rlm.settings ORDER BY name");
    expect(rows).toEqual([
      { name: "compress_after", value: "never" },
      { name: "drop_after", value: "30 days" },
    ]);
    if (isTimescale) {
      const { rows: jobs } = await client.query(
        "SELECT DISTINCT proc_name, config->>'drop_after' AS after FROM timescaledb_information.jobs WHERE proc_name IN ('policy_retention', 'policy_compression')",
      );
      expect(jobs).toEqual([{ proc_name: "policy_retention", after: "30 days" }]);
    }
    await migrate(dsn, { dropAfter: "90 days", compressAfter: "7 days" });
  });

  it("refreshes, compresses and drops by the policies of TimescaleDB", async ({ skip }) => {
    const { dsn, client, isTimescale } = database();
    if (!isTimescale) skip("It is plain PostgreSQL.");
    await log(dsn, asRun(sampleRun(), "gone", now - 100 * 24 * hour));
    await log(dsn, asRun(sampleRun(), "kept", now - 20 * 24 * hour));
    await log(dsn, asRun(sampleRun(), "new", now - 2 * hour));
    const { rows: jobs } = await client.query(
      "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name LIKE 'policy_%' AND job_id >= 1000 ORDER BY job_id",
    );
    expect(jobs.length).toBe(8);
    for (const { job_id } of jobs) await client.query(`CALL run_job(${job_id})`);
    const { rows } = await client.query("SELECT DISTINCT run_id FROM rlm.calls ORDER BY 1");
    expect(rows.map(({ run_id }) => run_id)).toEqual(["kept", "new"]);
    const { rows: chunks } = await client.query(
      "SELECT count(*)::integer AS compressed FROM timescaledb_information.chunks WHERE hypertable_schema = 'rlm' AND is_compressed",
    );
    expect(chunks[0].compressed).toBe(3);
    const hours = await reading(dsn, (records) =>
      records.usage("hour", { from: new Date(now - 3 * hour), to: new Date() }),
    );
    expect(sum(hours.rows.map(({ calls }) => calls))).toBe(expectedRows(sampleRun()).calls);
    // What comes late goes into what is compressed already.
    await log(dsn, asRun(sampleRun(), "kept", now - 20 * 24 * hour));
    await log(dsn, asRun(sampleRun(), "late", now - 20 * 24 * hour));
    expect((await countRows(client)).calls).toBe(3 * (expectedRows(sampleRun()).calls ?? 0));
  });
});
