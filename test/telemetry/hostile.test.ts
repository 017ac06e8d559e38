import { once } from "node:events";
import { appendFile, readdir, rename, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished, vi } from "vitest";
import type { RunEvent } from "../../src/rlm/events.ts";
import { connect } from "../../src/telemetry/connect.ts";
import { migrate, planMigration } from "../../src/telemetry/migrate.ts";
import { openRecords } from "../../src/telemetry/records.ts";
import { redact } from "../../src/telemetry/redact.ts";
import { Spool } from "../../src/telemetry/spool.ts";
import { testConnection } from "../../src/telemetry/test-connection.ts";
import { start } from "../cli/rlm.ts";
import { eventsOf } from "../support/asking.ts";
import { sampleRun, sampleTree } from "../support/sample-run.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { ownDatabase } from "./own-database.ts";
import { asRun, countRows, expectedRows, log, opened, somePrice, textIn, when } from "./support.ts";
import { freePort } from "./temp-postgres.ts";

const database = ownDatabase("a hostile database");

/** The same server with another user or database. */
function dsn(change: { user?: string; database?: string; parameters?: string }): string {
  const url = new URL(database.server.dsn);
  if (change.user) url.username = change.user;
  if (change.database) url.pathname = `/${change.database}`;
  return `${url.href}${change.parameters ?? ""}`;
}

/** Calls as the days have them, which have to be those that are stored. */
async function expectDaysToBeRight(): Promise<void> {
  const { rows } = await database.client.query(`SELECT
    (SELECT COALESCE(sum(calls), 0)::integer FROM rlm.usage_by_day) AS days, (SELECT count(*)::integer FROM rlm.calls) AS calls,
    (SELECT COALESCE(sum(calls), 0)::integer FROM rlm.day_latency) AS latencies,
    (SELECT count(*)::integer FROM rlm.calls WHERE NOT remembered) AS asked`);
  expect(rows[0].days).toBe(rows[0].calls);
  expect(rows[0].latencies).toBe(rows[0].asked);
}

it("never fails, leaks a password or takes its time over a DSN, whatever it says", async () => {
  const port = await freePort();
  const secret = "hunter2-secret";
  const cases: readonly (readonly [string, string])[] = [
    ["", "bad-dsn"],
    [`postgres://u:${secret}@127.0.0.1:99999/db`, "bad-dsn"],
    [`postgres://u:${secret}@[::1:1/db`, "bad-dsn"],
    [`postgres://u:${secret}/x@127.0.0.1/db`, "bad-dsn"],
    [`postgres://u:${secret}@127.0.0.1:${port}/%ff`, "bad-dsn"],
    [`postgres://u:${secret}%zz@127.0.0.1:${port}/db`, "refused"],
    [`postgres://u:${secret}@127.0.0.1:${port}/db?password=${secret}`, "refused"],
    [`postgres://u:${secret}@h1.invalid,h2.invalid/db`, "host-unknown"],
    [`host=127.0.0.1 password=${secret}`, "bad-dsn"],
  ];
  for (const [given, code] of cases) {
    const test = await testConnection(given);
    expect([given, test.ok ? "ok" : test.code]).toEqual([given, code]);
    if (!test.ok) expect(test.message).not.toMatch(/hunter2|\n/);
  }
});

database.it("knows the host that a parameter of the DSN names as the one it asks", async () => {
  const port = await freePort();
  // Another machine is asked for TLS, whatever stands before it.
  const test = await testConnection(`postgres://u@localhost/db?host=127.0.0.1&port=${port}`);
  expect(test).toMatchObject({ code: "refused", message: expect.stringContaining(`127.0.0.1:${port}/db`) });
  const remote = await testConnection(`${database.server.dsn.replace("127.0.0.1", "localhost")}?host=127.0.0.1`);
  expect(remote).toMatchObject({ ok: true, shown: `127.0.0.1:${database.server.port}/postgres` });
});

database.it("says which right is missing where a role can't write all of it", async () => {
  await database.client.query("CREATE ROLE writer LOGIN; GRANT USAGE ON SCHEMA rlm TO writer");
  const grants = [
    "GRANT SELECT ON ALL TABLES IN SCHEMA rlm TO writer",
    "GRANT INSERT ON ALL TABLES IN SCHEMA rlm TO writer",
    "GRANT UPDATE ON rlm.runs, rlm.day_usage TO writer",
  ];
  for (const grant of grants) {
    await database.client.query(grant);
    expect(await testConnection(dsn({ user: "writer" }))).toMatchObject({ ok: false, code: "rights" });
  }
  const telemetry = opened(dsn({ user: "writer" }));
  for (const event of sampleRun()) telemetry.take(event);
  expect((await when(telemetry, ({ state }) => state === "away")).lastError).toMatchObject({ code: "rights" });
  await database.client.query("GRANT UPDATE ON rlm.day_latency TO writer");
  expect(await testConnection(dsn({ user: "writer" }))).toMatchObject({ ok: true });
  await when(telemetry, ({ state }) => state === "ok");
  await telemetry.close(30_000);
  expect(await countRows(database.client)).toEqual(expectedRows(sampleRun()));
});

database.it("goes on where the database is dropped in the middle, and made again", async () => {
  await database.client.query("CREATE DATABASE brief");
  const own = dsn({ database: "brief" });
  await migrate(own);
  const telemetry = opened(own);
  for (const event of asRun(sampleRun(), "before", Date.now())) telemetry.take(event);
  await when(telemetry, ({ state, queued }) => state === "ok" && queued === 0);
  await database.client.query("DROP DATABASE brief WITH (FORCE)");
  for (const event of asRun(sampleRun(), "after", Date.now())) telemetry.take(event);
  const gone = ({ lastError }: typeof telemetry.state) => lastError?.code === "database-missing";
  await when(telemetry, gone);
  await database.client.query("CREATE DATABASE brief");
  await when(telemetry, ({ lastError }) => lastError?.code === "schema-missing");
  await migrate(own);
  await when(telemetry, ({ state }) => state === "ok");
  await telemetry.close(30_000);
  const brief = await connect(own);
  expect(await countRows(brief.client)).toEqual(expectedRows(sampleRun()));
  await brief.client.end();
});

database.it("stores all once where tables are locked for longer than a statement may take", async () => {
  for (const options of [
    { tuning: { statementMs: 100 } },
    { parameters: "?options=-c%20statement_timeout%3D100" },
  ] as const) {
    const run = asRun(sampleRun(), "parameters" in options ? "theirs" : "ours", Date.now());
    const locker = await connect(database.server.dsn);
    await locker.client.query("BEGIN; LOCK TABLE rlm.calls IN ACCESS EXCLUSIVE MODE");
    const telemetry = opened(dsn(options), "tuning" in options ? options : {});
    for (const event of run) telemetry.take(event);
    await when(telemetry, ({ state, queued }) => state === "away" && queued === 0);
    await locker.client.query("ROLLBACK");
    await locker.client.end();
    await when(telemetry, ({ state }) => state === "ok");
    await telemetry.close(30_000);
    expect(telemetry.state.dropped).toBe(0);
  }
  expect(await countRows(database.client)).toEqual(expectedRows([...sampleRun(), ...sampleRun()]));
  await expectDaysToBeRight();
});

database.it("stops at once where its tables become those of a later version, and loses nothing", async () => {
  const telemetry = opened(database.server.dsn);
  await when(telemetry, ({ state }) => state === "ok");
  await database.client.query("INSERT INTO rlm.schema_versions (number, variant, name) VALUES (999, 'all', 'later')");
  try {
    for (const event of sampleRun()) telemetry.take(event);
    const { lastError } = await when(telemetry, ({ state, queued }) => state === "away" && queued === 0);
    expect(lastError).toMatchObject({ code: "schema-newer" });
    expect(await countRows(database.client)).toMatchObject({ runs: 0, events: 0 });
  } finally {
    await database.client.query("DELETE FROM rlm.schema_versions WHERE number = 999");
  }
  await when(telemetry, ({ state }) => state === "ok");
  expect(await countRows(database.client)).toEqual(expectedRows(sampleRun()));
});

database.it("brings tables of the version before to this one, with the days of the calls that are there", async () => {
  await database.client.query("CREATE DATABASE earlier");
  const own = dsn({ database: "earlier" });
  const earlier = await connect(own);
  onTestFinished(() => earlier.client.end());
  const { steps } = await planMigration(own);
  for (const { name, sql } of steps.filter(({ name }) => name !== "006-usage-by-day.sql")) {
    await earlier.client.query(sql);
    const [, number = "0", variant = "all"] = /^(\d+)-[a-z-]+(?:\.(plain))?/.exec(name) ?? [];
    const values = [Number(number), variant, name];
    if (name !== "schema") await earlier.client.query("INSERT INTO rlm.schema_versions VALUES ($1, $2, $3)", values);
  }
  await earlier.client.query("INSERT INTO rlm.schema_versions VALUES (5, 'none', 'not here')");
  await log(database.server.dsn, sampleTree());
  const { rows } = await database.client.query("SELECT jsonb_agg(to_jsonb(calls)) AS calls FROM rlm.calls");
  const copied = "INSERT INTO rlm.calls SELECT * FROM jsonb_populate_recordset(NULL::rlm.calls, $1)";
  await earlier.client.query(copied, [JSON.stringify(rows[0].calls)]);
  await expect(openRecords(own)).rejects.toMatchObject({ code: "schema-older" });
  expect(await testConnection(own)).toMatchObject({ ok: true, schema: 5 });
  const { from, to, steps: done } = await migrate(own);
  expect([from, to, done.map(({ name }) => name)]).toEqual([5, 6, ["006-usage-by-day.sql"]]);
  // What was counted as it came in, and what was counted by the migration.
  const days = "SELECT * FROM rlm.usage_by_day ORDER BY bucket, model, kind";
  const [counted, migrated] = await Promise.all([database.client.query(days), earlier.client.query(days)]);
  expect(migrated.rows.length).toBeGreaterThan(2);
  for (const [i, row] of migrated.rows.entries()) {
    for (const [name, value] of Object.entries(row)) {
      if (typeof value === "number") expect(value).toBeCloseTo(counted.rows[i]?.[name], 6);
      else expect([name, value]).toEqual([name, counted.rows[i]?.[name]]);
    }
  }
  // Run by hand once more it counts nothing twice.
  const sql = steps.find(({ name }) => name === "006-usage-by-day.sql")?.sql ?? "";
  await earlier.client.query(`BEGIN; ${sql}; COMMIT`);
  expect((await earlier.client.query(days)).rows).toEqual(migrated.rows);
});

database.it(
  "lets several processes send one spool, some of them killed in its midst, and stores each row once",
  async () => {
    const away = opened(`postgres://u@127.0.0.1:${await freePort()}/db`, { tuning: { batchEvents: 100 } });
    const runs = Array.from({ length: 80 }, (_, i) => asRun(sampleTree(), `p${i}`, Date.now() - i * 60_000));
    for (const events of runs) for (const event of events) away.take(event);
    await away.close(30_000);
    const program = path.join(import.meta.dirname, "replay.ts");
    const replaying = () => start(process.execPath, [program, database.server.dsn, away.folder]);
    for (let i = 0; i < 3; i += 1) {
      const { child, finished } = replaying();
      await once(child.stdout, "data");
      await sleep(20 * i);
      child.kill("SIGKILL");
      await finished;
    }
    const ended = await Promise.all([replaying().finished, replaying().finished]);
    expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    expect(await countRows(database.client)).toEqual(expectedRows(runs.flat()));
    await expectDaysToBeRight();
    expect(await readdir(away.folder)).toEqual(["query-id.secret"]);
  },
);

database.it("takes over a segment whose process is gone, though another has its number now", async () => {
  const away = opened(`postgres://u@127.0.0.1:${await freePort()}/db`);
  for (const event of sampleRun()) away.take(event);
  await away.close();
  const [segment = ""] = (await readdir(away.folder)).filter((name) => name.endsWith(".jsonl"));
  const unfinished = path.join(away.folder, `000000001-${process.ppid}.open`);
  await rename(path.join(away.folder, segment), unfinished);
  // Its writer may be at it.
  await log(database.server.dsn, [], { spoolFolder: away.folder });
  expect(await countRows(database.client)).toMatchObject({ events: 0 });
  const longAgo = new Date(Date.now() - 3_600_000);
  await utimes(unfinished, longAgo, longAgo);
  await log(database.server.dsn, [], { spoolFolder: away.folder });
  expect(await countRows(database.client)).toEqual(expectedRows(sampleRun()));
  expect(await readdir(away.folder)).toEqual(["query-id.secret"]);
});

database.it("leaves alone what another sink of the same process is writing", async () => {
  const writer = opened(`postgres://u@127.0.0.1:${await freePort()}/db`);
  for (const event of sampleRun()) writer.take(event);
  await when(writer, ({ state, queued, spooledBytes }) => state === "away" && queued === 0 && spooledBytes > 0);
  await log(database.server.dsn, [], { spoolFolder: writer.folder });
  expect(await countRows(database.client)).toMatchObject({ events: 0 });
  expect((await readdir(writer.folder)).filter((name) => name.endsWith(".open"))).toHaveLength(1);
  await writer.close();
  await log(database.server.dsn, [], { spoolFolder: writer.folder });
  expect(await countRows(database.client)).toEqual(expectedRows(sampleRun()));
});

database.it("keeps the rows of one sink beside those of the next, where both found no database", async () => {
  const down = `postgres://u@127.0.0.1:${await freePort()}/db`;
  const runs = ["ra", "rb", "rc"].map((id) => asRun(sampleRun(), id, Date.now()));
  const spoolFolder = path.join(tempFolder(), "spool");
  for (const events of runs) {
    const away = opened(down, { spoolFolder });
    for (const event of events) away.take(event);
    await away.close();
  }
  await log(database.server.dsn, [], { spoolFolder });
  expect(await countRows(database.client)).toEqual(expectedRows(runs.flat()));
});

it("closes a segment to which nothing is added any more, so that others may send it", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const folder = tempFolder();
  const spool = new Spool(folder, { maxBytes: 1_000, segmentBytes: 500, content: false });
  await spool.add([]);
  vi.advanceTimersByTime(59_000);
  await spool.add([]);
  vi.advanceTimersByTime(59_000);
  expect((await readdir(folder)).map((name) => path.extname(name))).toEqual([".open"]);
  vi.advanceTimersByTime(2_000);
  await spool.load();
  expect((await readdir(folder)).map((name) => path.extname(name))).toEqual([".jsonl"]);
});

database.it("loses nothing where a segment is taken from a writer that was only asleep", async () => {
  const port = await freePort();
  const writer = opened(`postgres://u@127.0.0.1:${port}/db`);
  const [first, second] = ["ra", "rb"].map((id) => asRun(sampleRun(), id, Date.now()));
  for (const event of first ?? []) writer.take(event);
  await when(writer, ({ state, queued, spooledBytes }) => state === "away" && queued === 0 && spooledBytes > 0);
  const [open = ""] = (await readdir(writer.folder)).filter((name) => name.endsWith(".open"));
  // As another process does that takes it for abandoned.
  await rename(path.join(writer.folder, open), path.join(writer.folder, open.replace(".open", "-0123abcd.jsonl")));
  for (const event of second ?? []) writer.take(event);
  await when(writer, ({ queued }) => queued === 0);
  const [again = ""] = (await readdir(writer.folder)).filter((name) => name.endsWith(".open"));
  await rename(path.join(writer.folder, again), path.join(writer.folder, again.replace(".open", "-4567abcd.jsonl")));
  await writer.close();
  expect(writer.state.lastError?.code).toBe("refused");
  await log(database.server.dsn, [], { spoolFolder: writer.folder });
  expect(await countRows(database.client)).toEqual(expectedRows([...(first ?? []), ...(second ?? [])]));
});

database.it("sends no text from the spool once the user wants none to be logged any more", async () => {
  const away = opened(`postgres://u@127.0.0.1:${await freePort()}/db`, { content: true });
  for (const event of sampleRun()) away.take(event);
  await away.close();
  const [started] = eventsOf(sampleRun(), "run.started");
  expect(textIn(away.folder)).toContain(started?.question);
  await log(database.server.dsn, [], { spoolFolder: away.folder });
  expect(await countRows(database.client)).toEqual(expectedRows(sampleRun()));
  const { rows } = await database.client.query(`SELECT (SELECT count(question) + count(answer) FROM rlm.runs) AS runs,
    (SELECT count(prompt) + count(reply) FROM rlm.calls) AS calls,
    (SELECT count(code) + count(output) + count(error_message) FROM rlm.cells) AS cells`);
  expect(rows[0]).toEqual({ runs: 0, calls: 0, cells: 0 });
});

database.it(
  "stores any text: of 10 MB, with NUL bytes, with halves of pairs, cut where that leaves no half secret",
  async () => {
    const nasty = `a\0b\ud800c ${"x".repeat(99_970)} password = "hunter2hunter2" ${"y".repeat(10_000_000)}`;
    const sha256 = "0".repeat(64);
    const events = sampleRun().flatMap((event): RunEvent[] => {
      if (event.type === "run.started") return [{ ...event, question: nasty }];
      if (event.type !== "call.started") return [event];
      return [
        { ...event, type: "blob.added" as const, sha256, text: nasty },
        { ...event, prompt: { sha256, chars: nasty.length } },
      ];
    });
    await log(database.server.dsn, events, { content: true });
    const { rows } = await database.client.query(
      "SELECT question FROM rlm.runs UNION ALL SELECT prompt FROM rlm.calls WHERE kind = 'llm'",
    );
    expect(rows.length).toBeGreaterThan(1);
    for (const { question } of rows) {
      expect(question.length).toBeLessThanOrEqual(100_000);
      expect(question.length).toBeGreaterThan(99_900);
      expect(question.startsWith("ab\ufffdc x")).toBe(true);
      expect(question).not.toContain("hunter2");
    }
  },
);

database.it("is not stopped for good by an id or a name that no index can hold", async () => {
  const long = "long".repeat(3_000);
  const events = sampleRun().map((event) =>
    event.type === "reply.finished" || event.type === "call.started" ? { ...event, model: long } : event,
  );
  const telemetry = opened(database.server.dsn);
  for (const event of events) telemetry.take(event, { queryId: long });
  await telemetry.close(30_000);
  expect(telemetry.state).toMatchObject({ dropped: 0, spooledBytes: 0 });
  expect(await countRows(database.client)).toEqual(expectedRows(events));
  const { rows } = await database.client.query("SELECT DISTINCT model FROM rlm.calls");
  expect(rows).toEqual([{ model: "other" }]);
});

database.it("leaves out a row that is too large for an index, and stores the others", async () => {
  const telemetry = opened(database.server.dsn);
  const incompressible = Array.from({ length: 9_000 }, (_, i) =>
    String.fromCharCode(0x4e00 + ((i * 7919) % 20_000)),
  ).join("");
  const [started] = sampleRun();
  if (!started) throw new Error("The sample is empty.");
  telemetry.take({ ...started, runId: incompressible });
  for (const event of sampleRun()) telemetry.take(event);
  await telemetry.close(30_000);
  expect(telemetry.state).toMatchObject({ dropped: 2, spooledBytes: 0 });
  expect(await countRows(database.client)).toEqual(expectedRows(sampleRun()));
});

it("reads any text for secrets before this test has to give up", () => {
  // Each of these took minutes where a repetition had no bound.
  for (const text of ["a-", "a.", "eyJabcdefgh-", "a+", "_-"]) {
    const long = text.repeat(50_000).slice(0, 100_000);
    expect(redact(long)).toBe(long);
  }
});

database.it(
  "adds up a day whose calls have a price only in part, in whatever order, of a model that is called NULL",
  async () => {
    const usage = { input: 10, cachedInput: 4, output: 1, reasoning: 0, estimated: false };
    const turn = {
      type: "reply.finished" as const,
      depth: 0,
      turn: 1,
      model: "NULL",
      text: "",
      usage,
      finishReason: "stop" as const,
    };
    const at = Date.now();
    for (const [i, costUsd] of [null, 0.25, null, 0.5].entries()) {
      const own = { at, runId: `run-${i}` };
      const events: RunEvent[] = [
        ...asRun(sampleRun().slice(0, 1), own.runId, at),
        { ...turn, ...own, seq: 1, costUsd, ms: 5 },
      ];
      await log(database.server.dsn, events);
    }
    const { rows } = await database.client.query(
      "SELECT model, calls, cost_usd, unpriced_calls, cache_savings_usd, unknown_savings, p50_ms FROM rlm.usage_by_day",
    );
    const saved = 2 * ((4 * (somePrice.input - somePrice.cachedInput)) / 1e6);
    expect(rows).toEqual([
      {
        ...{ model: "NULL", calls: 4, cost_usd: 0.75, unpriced_calls: 2, p50_ms: 5 },
        ...{ cache_savings_usd: expect.closeTo(saved, 12), unknown_savings: 2 },
      },
    ]);
  },
);

database.it("tells at once that the connection broke, also while there is nothing to send", async () => {
  const telemetry = opened(database.server.dsn);
  await when(telemetry, ({ state }) => state === "ok");
  const states: string[] = [];
  telemetry.onState(({ state }) => states.push(state));
  await database.client.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rlm' AND pid <> pg_backend_pid()",
  );
  await expect.poll(() => states).toEqual(["away", "ok"]);
});

database.it("goes on where whoever looks on fails", async () => {
  const telemetry = opened(database.server.dsn);
  telemetry.onState(() => {
    throw new Error("a listener's own");
  });
  for (const event of sampleRun()) telemetry.take(event);
  await telemetry.close(30_000);
  expect(await countRows(database.client)).toEqual(expectedRows(sampleRun()));
});

database.it("tells what it knows: nothing before the database has answered, all stored only when it is", async () => {
  const telemetry = opened(database.server.dsn);
  const told: unknown[] = [];
  telemetry.onState(({ state, queued, storedAt }) => told.push([state, queued > 0, storedAt !== null]));
  expect(telemetry.state).toMatchObject({ state: "opening", queued: 0, storedAt: null });
  for (const event of sampleRun()) telemetry.take(event);
  await when(telemetry, ({ queued, storedAt }) => queued === 0 && storedAt !== null);
  await telemetry.close(30_000);
  expect(told.map((each) => JSON.stringify(each)).filter((each, i, all) => each !== all[i - 1])).toEqual([
    '["ok",true,false]',
    '["ok",false,true]',
    '["off",false,true]',
  ]);
});

database.it("keeps what is half written of a segment apart from what is whole", async () => {
  const folder = tempFolder();
  await writeFile(
    path.join(folder, "000000003-999999999.jsonl"),
    '["events",{"time":1}]\n[1]\n{}\n"x"\n["calls"]\n\n\0\n',
  );
  await appendFile(path.join(folder, "nothing-of-ours.txt"), "left alone");
  const telemetry = opened(database.server.dsn, { spoolFolder: folder });
  for (const event of sampleRun()) telemetry.take(event);
  await telemetry.close(30_000);
  expect(await countRows(database.client)).toEqual(expectedRows(sampleRun()));
  expect((await readdir(folder)).sort()).toEqual(["nothing-of-ours.txt", "query-id.secret"]);
});
