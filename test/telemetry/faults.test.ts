import { once } from "node:events";
import { appendFile, readdir } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from "vitest";
import { type Connection, connect } from "../../src/telemetry/connect.ts";
import { migrate } from "../../src/telemetry/migrate.ts";
import { openRecords } from "../../src/telemetry/records.ts";
import { RowMapper } from "../../src/telemetry/row-mapper.ts";
import { testConnection } from "../../src/telemetry/test-connection.ts";
import { sampleRun, sampleTree } from "../support/sample-run.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { asRun, countRows, expectedRows, log, opened, textIn, when } from "./support.ts";
import { freePort, postgresPrograms, startPostgres, type TempPostgres } from "./temp-postgres.ts";

if (postgresPrograms() === null && process.env.CI !== "true") {
  process.stderr.write("NOT TESTED: what goes wrong with a database. PostgreSQL is not installed.\n");
}
const itWithPostgres = it.skipIf(postgresPrograms() === null && process.env.CI !== "true");

let server: TempPostgres;
let client: Connection["client"];

beforeAll(async () => {
  if (postgresPrograms() === null && process.env.CI !== "true") return;
  // Users with a password come by it, `tls_only` comes only over TLS, and all others come as they are.
  server = await startPostgres({
    settings: ["ssl=on"],
    hba: [
      "host all with_password 127.0.0.1/32 scram-sha-256",
      "hostssl all tls_only 127.0.0.1/32 trust",
      "hostnossl all tls_only 127.0.0.1/32 reject",
      "host all all 127.0.0.1/32 trust",
    ],
    prepare: (data, run) => {
      const certificate = ["-keyout", path.join(data, "server.key"), "-out", path.join(data, "server.crt")];
      run("openssl", [
        "req",
        "-x509",
        "-nodes",
        "-newkey",
        "rsa:2048",
        "-subj",
        "/CN=elsewhere",
        "-days",
        "2",
        ...certificate,
      ]);
      run("chmod", ["600", path.join(data, "server.key")]);
    },
  });
  await migrate(server.dsn);
  ({ client } = await connect(server.dsn));
  await client.query("CREATE ROLE with_password LOGIN PASSWORD 'right'");
  await client.query("CREATE ROLE tls_only LOGIN IN ROLE pg_write_all_data");
  await client.query(
    "GRANT USAGE ON SCHEMA rlm TO PUBLIC; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA rlm TO tls_only",
  );
});

afterAll(async () => {
  await client?.end();
  await server?.stop();
});

beforeEach(async () => {
  if (server) await client.query("TRUNCATE rlm.runs, rlm.calls, rlm.cells, rlm.events");
});

/** The DSN of the server, changed. */
function dsn(change: { user?: string; password?: string; database?: string; port?: number; sslmode?: string }): string {
  const url = new URL(server.dsn);
  if (change.user) url.username = change.user;
  if (change.password) url.password = change.password;
  if (change.database) url.pathname = `/${change.database}`;
  if (change.port) url.port = String(change.port);
  if (change.sslmode) url.searchParams.set("sslmode", change.sslmode);
  return url.href;
}

/** A server that does this with each connection. */
async function strange(answer: string | null): Promise<number> {
  const other = createServer((socket) => {
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    if (answer !== null) socket.on("data", () => socket.end(answer));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const address = other.address();
  return typeof address === "object" && address ? address.port : 0;
}

itWithPostgres("tells apart what stands in the way of a connection", async () => {
  const closed = await freePort();
  const http = await strange("HTTP/1.1 400 Bad Request\r\n\r\n");
  const cases: readonly (readonly [string, string])[] = [
    ["mysql://host/db", "bad-dsn"],
    ["host=x user=y", "bad-dsn"],
    [dsn({ sslmode: "maybe" }), "bad-dsn"],
    [`${server.dsn}?sslmode=verify-ca&sslrootcert=/nowhere/ca.pem`, "bad-dsn"],
    ["postgres://u@no-such-host.invalid/db", "host-unknown"],
    [dsn({ port: closed }), "refused"],
    [dsn({ port: http }), "not-postgres"],
    [dsn({ user: "with_password", password: "wrong" }), "password"],
    [dsn({ user: "with_password" }), "password"],
    [dsn({ user: "nobody_at_all" }), "password"],
    [dsn({ database: "not_there" }), "database-missing"],
    [dsn({ sslmode: "verify-full" }), "tls-certificate"],
    [dsn({ sslmode: "verify-ca" }), "tls-certificate"],
    [dsn({ user: "tls_only", sslmode: "disable" }), "tls-required"],
    [dsn({ user: "with_password", password: "right" }), "rights"],
  ];
  for (const [given, code] of cases) {
    const test = await testConnection(given);
    expect([given, test.ok ? "ok" : test.code]).toEqual([given, code]);
    if (!test.ok) expect(test.message).not.toMatch(/wrong|\n/);
  }
});

itWithPostgres("encrypts as the DSN says", async () => {
  expect(await testConnection(dsn({ sslmode: "disable" }))).toMatchObject({ ok: true, encrypted: false });
  expect(await testConnection(dsn({ sslmode: "prefer" }))).toMatchObject({ ok: true, encrypted: true });
  expect(await testConnection(dsn({ user: "tls_only", sslmode: "require" }))).toMatchObject({
    ok: true,
    encrypted: true,
  });
  const ca = path.join(tempFolder(), "ca.pem");
  const { rows } = await client.query("SELECT pg_read_file('server.crt') AS pem");
  await appendFile(ca, rows[0].pem);
  const trusted = (mode: string) => `${dsn({ sslmode: mode })}&sslrootcert=${encodeURIComponent(ca)}`;
  expect(await testConnection(trusted("verify-ca"))).toMatchObject({ ok: true, encrypted: true });
  // The certificate is of another host.
  expect(await testConnection(trusted("verify-full"))).toMatchObject({ ok: false, code: "tls-certificate" });
});

itWithPostgres("says that a server takes no TLS, and does without where it may", async () => {
  const plain = await startPostgres();
  onTestFinished(() => plain.stop());
  expect(await testConnection(`${plain.dsn}?sslmode=require`)).toMatchObject({ ok: false, code: "tls-unsupported" });
  expect(await testConnection(`${plain.dsn}?sslmode=prefer`)).toMatchObject({ ok: true, encrypted: false });
});

itWithPostgres("gives up on a host that does not answer", async () => {
  const port = await strange(null);
  await expect(connect(dsn({ port }), { connectMs: 50 })).rejects.toMatchObject({ code: "host-unreachable" });
});

itWithPostgres("needs no superuser: a role that owns the schema is enough", async () => {
  await client.query("CREATE DATABASE owned");
  const admin = await connect(dsn({ database: "owned" }));
  onTestFinished(() => admin.client.end());
  await admin.client.query("CREATE ROLE owner LOGIN");
  await admin.client.query("REVOKE CREATE ON DATABASE owned FROM PUBLIC");
  const own = dsn({ user: "owner", database: "owned" });
  await expect(migrate(own)).rejects.toMatchObject({ code: "rights" });
  expect(await testConnection(own)).toMatchObject({ ok: false, code: "rights" });
  await admin.client.query("CREATE SCHEMA rlm AUTHORIZATION owner");
  await migrate(own);
  await log(own, sampleRun());
  expect(await countRows(admin.client)).toEqual(expectedRows(sampleRun()));
});

itWithPostgres("says what is missing where there are no tables", async () => {
  const empty = dsn({ database: "template1" });
  await expect(openRecords(empty)).rejects.toMatchObject({ code: "schema-missing" });
  const telemetry = opened(empty);
  for (const event of sampleRun()) telemetry.take(event);
  expect((await when(telemetry, ({ state }) => state === "away")).lastError).toMatchObject({ code: "schema-missing" });
});

itWithPostgres(
  "stores everything once where the database is killed again and again in the middle of batches",
  async () => {
    const telemetry = opened(server.dsn, { tuning: { batchEvents: 20 } });
    const runs = Array.from({ length: 30 }, (_, i) => asRun(sampleTree(), `r${i + 100}`, Date.now()));
    for (const [i, events] of runs.entries()) {
      for (const event of events) telemetry.take(event);
      if (i % 10 === 3) {
        await when(telemetry, ({ queued }) => queued < events.length);
        await server.kill();
        await when(telemetry, ({ state }) => state === "away");
      }
      if (i % 10 === 6) await server.start();
    }
    await when(telemetry, ({ state, queued }) => state === "ok" && queued === 0);
    await client.end().catch(() => {});
    ({ client } = await connect(server.dsn));
    expect(await countRows(client)).toEqual(expectedRows(runs.flat()));
    expect(telemetry.state.dropped).toBe(0);
    await telemetry.close(30_000);
    expect(await readdir(telemetry.folder)).toEqual(["query-id.secret"]);
  },
);

itWithPostgres(
  "keeps an hour of events while the database is away, and stores them in order when it is back",
  async () => {
    const down = await freePort();
    const startedAt = Date.now() - 3_600_000;
    const runs = Array.from({ length: 60 }, (_, i) => asRun(sampleTree(), `m${i}`, startedAt + i * 60_000));
    const away = opened(dsn({ port: down }));
    for (const events of runs) for (const event of events) away.take(event);
    await away.close(30_000);
    expect(away.state).toMatchObject({ dropped: 0, queued: 0, lastError: { code: "refused" } });
    expect(await countRows(client)).toMatchObject({ runs: 0, events: 0 });
    const back = opened(server.dsn, { spoolFolder: away.folder });
    const states: string[] = [];
    back.onState(({ state }) => states.at(-1) === state || states.push(state));
    for (const event of asRun(sampleTree(), "after", Date.now())) back.take(event);
    await back.close(30_000);
    expect(states).toEqual(["behind", "ok", "off"]);
    expect(await countRows(client)).toEqual(expectedRows([...runs.flat(), ...sampleTree()]));
  },
);

itWithPostgres("takes over what another process has left behind, a half-written line too", async () => {
  const away = opened(dsn({ port: await freePort() }));
  for (const event of sampleRun()) away.take(event);
  await away.close();
  const [segment = ""] = (await readdir(away.folder)).filter((name) => name.endsWith(".jsonl"));
  await appendFile(path.join(away.folder, segment), '["events",{"time":17');
  // A process with this number has long ended.
  await appendFile(path.join(away.folder, "000000007-999999999.open"), '["nothing",{}]\nnot JSON\n');
  await log(server.dsn, [], { spoolFolder: away.folder });
  expect(await countRows(client)).toEqual(expectedRows(sampleRun()));
  expect(await readdir(away.folder)).toEqual(["query-id.secret"]);
});

itWithPostgres("drops what the spool can't hold, and tells how much", async () => {
  const maxSpoolBytes = 30_000;
  const options = { maxSpoolBytes, tuning: { batchEvents: 20 } };
  const telemetry = opened(dsn({ port: await freePort() }), options);
  await when(telemetry, ({ state }) => state === "away");
  const runs = ["ra", "rb", "rc"].map((id) => asRun(sampleTree(), id, Date.now()));
  for (const events of runs) for (const event of events) telemetry.take(event);
  const { spooledBytes, dropped, lastError } = await when(telemetry, ({ queued }) => queued === 0);
  expect(lastError?.code).toBe("spool");
  expect(spooledBytes).toBeGreaterThan(maxSpoolBytes / 2);
  expect(spooledBytes).toBeLessThanOrEqual(maxSpoolBytes);
  await telemetry.close();
  await log(server.dsn, [], { spoolFolder: telemetry.folder });
  const mapper = new RowMapper({ content: false, factsOf: () => ({ queryId: "q", priceOf: () => null }) });
  const sent = runs.flat().flatMap((event) => mapper.rows(event));
  const { calls = 0, cells = 0, events = 0 } = await countRows(client);
  const runRows = sent.filter(([table]) => table === "runs").length;
  expect(calls + cells + events).toBeLessThan(sent.length - runRows);
  expect(calls + cells + events + dropped).toBeGreaterThanOrEqual(sent.length - runRows);
  expect(calls + cells + events + dropped).toBeLessThanOrEqual(sent.length);
});

itWithPostgres("drops and tells where the disk is full, and keeps again when it is not", async () => {
  let isFull = false;
  const telemetry = opened(dsn({ port: await freePort() }), {
    append: async (file, text) => {
      if (!isFull) return appendFile(file, text);
      await appendFile(file, text.slice(0, 10));
      throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
    },
  });
  const kept = asRun(sampleRun(), "kept", Date.now());
  const half = kept.findIndex(({ type }) => type === "cell.started");
  for (const event of kept.slice(0, half)) telemetry.take(event);
  await when(telemetry, ({ state, queued }) => state === "away" && queued === 0);
  isFull = true;
  for (const event of asRun(sampleRun(), "lost", Date.now())) telemetry.take(event);
  const { lastError, dropped } = await when(telemetry, ({ state, queued }) => state === "full" && queued === 0);
  expect(lastError?.message).toContain("no space left on device");
  expect(dropped).toBeGreaterThan(0);
  isFull = false;
  for (const event of kept.slice(half)) telemetry.take(event);
  await when(telemetry, ({ state, queued }) => state === "away" && queued === 0);
  await telemetry.close();
  await log(server.dsn, [], { spoolFolder: telemetry.folder });
  expect(await countRows(client)).toEqual(expectedRows(kept));
});

itWithPostgres("bounds what it holds in memory", async () => {
  const telemetry = opened(dsn({ port: await strange(null) }), { tuning: { maxQueued: 50 } });
  for (const event of sampleTree()) telemetry.take(event);
  expect(telemetry.state.queued).toBeLessThanOrEqual(50);
  expect(telemetry.state.dropped).toBeGreaterThan(0);
});

itWithPostgres("lets only the owner read what waits on disk", async () => {
  const telemetry = opened(dsn({ port: await freePort() }));
  for (const event of sampleRun()) telemetry.take(event);
  await telemetry.close();
  const { stat } = await import("node:fs/promises");
  expect((await stat(telemetry.folder)).mode & 0o777).toBe(0o700);
  for (const name of await readdir(telemetry.folder)) {
    expect((await stat(path.join(telemetry.folder, name))).mode & 0o777).toBe(0o600);
  }
  expect(textIn(telemetry.folder)).toContain("reply.finished");
});
