/**
 * `telemetry.ts DSN`: sends a million events to an empty database, tells whether each is there once, and how long each
 * query of the query API takes on them. Prints one JSON line.
 */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent } from "../../src/rlm/events.ts";
import { defaultLimits } from "../../src/rlm/limits.ts";
import { connect } from "../../src/telemetry/connect.ts";
import { migrate } from "../../src/telemetry/migrate.ts";
import { openRecords, type Records } from "../../src/telemetry/records.ts";
import { openTelemetry } from "../../src/telemetry/telemetry.ts";
import { randomFrom } from "./tree.ts";

export interface MeasuredTelemetry {
  readonly events: number;
  readonly rows: number;
  readonly seconds: number;
  /** Resident memory in MB after a fifth of the events, and at its peak after that. */
  readonly earlyMb: number;
  readonly peakMb: number;
  /** Each event is stored once, after a part of them was sent again too. */
  readonly right: boolean;
  /** Milliseconds of each query, the median of five. */
  readonly queries: Readonly<Record<string, number>>;
}

const runs = 1_000;
const turns = 20;
const callsOfTurn = 22;
/** Logged events of a turn beside its calls, and of a run beside its turns. */
const eventsOfTurn = 6 + 2 * callsOfTurn;
const eventsOfRun = 3 + turns * eventsOfTurn;
const day = 86_400_000;
const days = 30;

type Unnumbered<E> = E extends RunEvent ? Omit<E, "seq" | "at" | "runId" | "depth"> : never;

/** The events of a run: turns with a cell each, that asks sub-models. */
function* eventsOf(index: number, startedAt: number): Generator<RunEvent> {
  const random = randomFrom(index + 1);
  const runId = `run-${String(index).padStart(5, "0")}`;
  const model = ["gpt-5", "gpt-5-mini", "gpt-4.1"][index % 3] ?? "gpt-5";
  let seq = 0;
  let at = startedAt;
  const emit = (event: Unnumbered<RunEvent>): RunEvent => {
    at += Math.floor(random() * 200);
    seq += 1;
    return { ...event, seq, at, runId, depth: 0 } as RunEvent;
  };
  const spent = () => {
    const input = 1_000 + Math.floor(random() * 20_000);
    const usage = { input, cachedInput: Math.floor(input * random()), output: 200, reasoning: 0, estimated: false };
    return { usage, costUsd: input / 1e6, ms: random() * 5_000 };
  };
  const models = { root: model, sub: model, offline: false };
  yield emit({ type: "run.started", question: `Question ${index % 100}?`, limits: defaultLimits, models });
  const manifest = { kind: "files" as const, name: "x", files: 10, chars: 10, bytes: 10, lines: 10, leftOut: {} };
  yield emit({ type: "context.ready", manifest, ms: 20 });
  for (let turn = 1; turn <= turns; turn += 1) {
    yield emit({ type: "turn.started", turn, of: turns });
    yield emit({ type: "message.added", turn, role: "user", text: "more" });
    yield emit({ type: "reply.finished", turn, model, text: "cell", finishReason: "stop", ...spent() });
    yield emit({ type: "cell.started", turn, cell: 1, code: "await llm_query_batched(parts)" });
    for (let call = 1; call <= callsOfTurn; call += 1) {
      const callId = `c${turn}-${call}`;
      yield emit({ type: "call.started", turn, cell: 1, callId, kind: "llm", model, prompt: "part" });
      yield emit({ type: "call.finished", turn, cell: 1, callId, reply: "seen", ...spent() });
    }
    yield emit({ type: "cell.output", turn, cell: 1, text: "22 seen" });
    yield emit({ type: "cell.finished", turn, cell: 1, cpuMs: 3, ms: random() * 9_000, memory: "kept" });
  }
  const usage = { input: 1, cachedInput: 0, output: 1, reasoning: 0, estimated: false };
  const totals = { turns, calls: turns * callsOfTurn, usage, costUsd: 1 };
  const end = { answer: "Done.", stopReason: "answered" as const, citations: [], coverage: null };
  yield emit({ type: "run.finished", ...end, totals, ms: at - startedAt });
}

async function send(dsn: string, folder: string, count: number, startOf: (index: number) => number) {
  const telemetry = openTelemetry({
    ...{ dsn, spoolFolder: folder, content: false },
  });
  const priceOf = () => ({ input: 1.25, cachedInput: 0.125, output: 10 });
  const startedAt = performance.now();
  let earlyMb = 0;
  let peakMb = 0;
  for (let index = 0; index < count; index += 1) {
    for (const event of eventsOf(index, startOf(index))) telemetry.take(event, { priceOf });
    while (telemetry.state.queued > 20_000) await sleep(1);
    const mb = process.memoryUsage.rss() / 2 ** 20;
    if (index < count / 5) earlyMb = Math.max(earlyMb, mb);
    else peakMb = Math.max(peakMb, mb);
  }
  await telemetry.close(60_000);
  return { seconds: (performance.now() - startedAt) / 1_000, earlyMb, peakMb, dropped: telemetry.state.dropped };
}

async function countRows(dsn: string): Promise<readonly number[]> {
  const { client } = await connect(dsn);
  const { rows } = await client.query(
    "SELECT (SELECT count(*) FROM rlm.runs) AS runs, (SELECT count(*) FROM rlm.calls) AS calls, (SELECT count(*) FROM rlm.cells) AS cells, (SELECT count(*) FROM rlm.events) AS events",
  );
  await client.end();
  return Object.values(rows[0] as Record<string, number>);
}

async function analyze(dsn: string): Promise<void> {
  const { client } = await connect(dsn, { statementMs: 600_000 });
  await client.query("VACUUM ANALYZE");
  await client.end();
}

function queriesOf(records: Records, queryId: string): Readonly<Record<string, () => Promise<unknown>>> {
  const run = { runId: "run-00500" };
  const now = Date.now();
  const since = (span: number) => ({ from: new Date(now - span), to: new Date(now) });
  return {
    runs: () => records.runs({}),
    runsOfQuery: () => records.runs({ queryId }),
    runSummary: () => records.runSummary(run),
    querySummary: () => records.runSummary({ queryId }),
    latencyEvents: () => records.latencyEvents(run, "call.finished"),
    calls: () => records.calls(run),
    cells: () => records.cells(run),
    latencyMetrics: () => records.latencyMetrics(run),
    slowestCallsOfRun: () => records.slowestCalls(run, { limit: 10 }),
    slowestCalls: () => records.slowestCalls({}, { limit: 10 }),
    slowestCells: () => records.slowestCells({}, { limit: 10 }),
    cacheSummary: () => records.cacheSummary(run),
    cacheSteps: () => records.cacheSteps(run),
    topCacheSavings7: () => records.topCacheSavings(7, { limit: 10 }),
    cacheByModel7: () => records.cacheByModel(7),
    usageByMinute: () => records.usage("minute", since(3_600_000)),
    usageByHour: () => records.usage("hour", since(day)),
    usageByHour7: () => records.usage("hour", since(7 * day)),
    usageByDay7: () => records.usage("day", since(7 * day)),
    usageByDay30: () => records.usage("day", since(30 * day)),
  };
}

async function timeQueries(dsn: string): Promise<Readonly<Record<string, number>>> {
  const records = await openRecords(dsn);
  const [run] = (await records.runs({})).rows;
  const times: Record<string, number> = {};
  for (const [name, query] of Object.entries(queriesOf(records, run?.queryId ?? ""))) {
    const seen: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const startedAt = performance.now();
      await query();
      seen.push(performance.now() - startedAt);
    }
    times[name] = Math.round((seen.sort((a, b) => a - b)[2] ?? Number.NaN) * 10) / 10;
  }
  await records.close();
  return times;
}

const [dsn = ""] = process.argv.slice(2);
const folder = mkdtempSync(path.join(os.tmpdir(), "rlm-telemetry-"));
try {
  const begin = Date.now() - days * day;
  const startOf = (index: number) => begin + (index * days * day) / runs;
  await migrate(dsn);
  const sent = await send(dsn, folder, runs, startOf);
  const again = await send(dsn, folder, 20, startOf);
  const counts = await countRows(dsn);
  const expected = [runs, runs * turns * (callsOfTurn + 1), runs * turns, runs * eventsOfRun];
  const right = sent.dropped + again.dropped === 0 && JSON.stringify(counts) === JSON.stringify(expected);
  await analyze(dsn);
  const measured: MeasuredTelemetry = {
    ...{ events: runs * eventsOfRun, rows: expected.reduce((a, b) => a + b, 0), seconds: sent.seconds },
    ...{ earlyMb: sent.earlyMb, peakMb: sent.peakMb, right, queries: await timeQueries(dsn) },
  };
  process.stdout.write(`${JSON.stringify(measured)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
