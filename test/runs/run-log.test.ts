import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { EventStream, RunEvents } from "../../src/rlm/event-stream.ts";
import type { RunEvent } from "../../src/rlm/events.ts";
import { defaultLimits } from "../../src/rlm/limits.ts";
import { noUsage } from "../../src/rlm/model.ts";
import { readLog } from "../../src/runs/read-log.ts";
import { type CreateLog, RunLog } from "../../src/runs/run-log.ts";
import { answer, cell, replies, startAsking } from "../support/asking.ts";
import { sampleRun, sampleTree } from "../support/sample-run.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { logged, logText, streamOf } from "./support.ts";

const begin = {
  type: "run.started",
  question: "Why?",
  limits: defaultLimits,
  models: { root: "m", sub: "m", offline: false },
} as const;
const finish = {
  type: "run.finished",
  answer: null,
  stopReason: "cancelled",
  totals: { turns: 0, calls: 0, usage: noUsage, costUsd: 0 },
  coverage: null,
  ms: 1,
} as const;
const warning = { type: "warning", code: "cell", message: "Careful." } as const;

/** A stream that the test emits into, and its log. */
function logOf(folder: string, create?: CreateLog) {
  const stream = new EventStream(
    () => Date.UTC(2026, 10, 21, 16, 40, 5, 123),
    (text) => createHash("sha256").update(text).digest("hex"),
  );
  const events = new RunEvents(stream, { runId: "a-run", depth: 0 });
  const log = new RunLog(folder, stream.events(), create);
  onTestFinished(async () => {
    events.emit({ ...finish, citations: [] });
    await log.ended;
  });
  return { events, log };
}

function linesIn(file: string | null): string[] {
  return readFileSync(file ?? "", "utf8")
    .trimEnd()
    .split("\n");
}

describe("the file of a run", () => {
  test("begins with its format, then has all events but the pieces of replies", async () => {
    const folder = tempFolder();
    const log = new RunLog(folder, streamOf(sampleTree()));
    expect(await log.ended).toBeNull();
    expect(readFileSync(log.path ?? "", "utf8")).toBe(logText(logged(sampleTree())));
  });

  test("is named by time and run, and only its owner may read it", async () => {
    const folder = path.join(tempFolder(), "new", "runs");
    const { events, log } = logOf(folder);
    events.emit(begin);
    await log.flushed();
    expect(readdirSync(folder)).toEqual(["2026-11-21T16-40-05-123Z-a-run.jsonl"]);
    expect(statSync(log.path ?? "").mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test("stays in its folder whatever the run's id is", async () => {
    const folder = tempFolder();
    const hostile = sampleRun().map((event) => ({ ...event, runId: "../../x/y" }));
    const log = new RunLog(path.join(folder, "runs"), streamOf(hostile));
    expect(await log.ended).toBeNull();
    expect(readdirSync(folder)).toEqual(["runs"]);
    expect(path.dirname(log.path ?? "")).toBe(path.join(folder, "runs"));
  });

  test("has each event of a real run, and what a call replied before the guest goes on", async () => {
    const folder = tempFolder();
    const { run } = await startAsking(replies([cell('print(await llm_query("ping"))'), answer("It is pong.")]), {
      apiKey: "sk-very-secret-key-123456",
    });
    const log = new RunLog(folder, run.events());
    const before: string[] = [];
    const all: RunEvent[] = [];
    for await (const event of run.events()) {
      all.push(event);
      if (event.type !== "call.finished") continue;
      await log.flushed();
      before.push(...linesIn(log.path).filter((line) => line.includes(`"seq":${event.seq},`)));
    }
    expect(await log.ended).toBeNull();
    expect(before).toHaveLength(1);
    expect((await readLog(log.path ?? "")).events).toEqual(logged(all));
    expect(readFileSync(log.path ?? "", "utf8")).not.toContain("very-secret");
  });
});

describe("flushed", () => {
  test("waits for what was emitted just before, each time", async () => {
    const { events, log } = logOf(tempFolder());
    events.emit(begin);
    for (let count = 1; count <= 20; count += 1) {
      events.emit(warning);
      await log.flushed();
      expect(linesIn(log.path)).toHaveLength(count + 2);
    }
  });

  test("waits for all of many large events", async () => {
    const { events, log } = logOf(tempFolder());
    events.emit(begin);
    for (let i = 0; i < 40; i += 1) events.text(`${i} ${"x".repeat(200_000)}`);
    await log.flushed();
    expect(linesIn(log.path)).toHaveLength(42);
  });

  test("resolves where nothing was emitted, and after the end", async () => {
    const { log } = logOf(tempFolder());
    await log.flushed();
    expect(log.path).toBeNull();
    const done = new RunLog(tempFolder(), streamOf(sampleRun()));
    await done.ended;
    await done.flushed();
  });
});

/** A log's file, with the lengths of what is written to it. */
function measured(): { lengths: number[]; create: CreateLog } {
  const lengths: number[] = [];
  const create: CreateLog = async (file) => {
    const handle = await open(file, "ax");
    const append = handle.appendFile.bind(handle);
    handle.appendFile = (data, ...rest) => {
      lengths.push(String(data).length);
      return append(data, ...rest);
    };
    return handle;
  };
  return { lengths, create };
}

test("events that are emitted together are written together", async () => {
  const { lengths, create } = measured();
  const { events, log } = logOf(tempFolder(), create);
  events.emit(begin);
  await log.flushed();
  expect(lengths).toHaveLength(1);
  for (let i = 0; i < 5_000; i += 1) events.emit(warning);
  await log.flushed();
  expect(linesIn(log.path)).toHaveLength(5_002);
  expect(lengths).toHaveLength(2);
});

test("a great many events are written in pieces", async () => {
  const { lengths, create } = measured();
  const { events, log } = logOf(tempFolder(), create);
  events.emit(begin);
  for (let i = 0; i < 40; i += 1) events.text(`${i} ${"x".repeat(200_000)}`);
  await log.flushed();
  expect(Math.max(...lengths)).toBeLessThan(1_500_000);
});

describe("what goes wrong ends the log and not the run", () => {
  test("a full disk", async () => {
    const { events, log } = logOf(tempFolder(), () => open("/dev/full", "a"));
    events.emit(begin);
    expect(await log.ended).toMatchObject({ code: "disk-full", message: expect.stringMatching(/no space left/) });
    events.emit(warning);
    await log.flushed();
  });

  test("a disk that fills up later: what was written before can be read", async () => {
    const { events, log } = logOf(tempFolder(), async (file) => {
      const handle = await open(file, "ax");
      const append = handle.appendFile.bind(handle);
      handle.appendFile = async (data, ...rest) => {
        if (!String(data).includes("Careful")) return append(data, ...rest);
        await append(String(data).slice(0, 30));
        throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC", errno: -28 });
      };
      return handle;
    });
    events.emit(begin);
    await log.flushed();
    events.emit(warning);
    await log.flushed();
    expect(await log.ended).toMatchObject({ code: "disk-full" });
    expect(await readLog(log.path ?? "")).toMatchObject({ torn: true, skipped: 0, finished: false });
  });

  test("a folder that can't be made", async () => {
    const folder = path.join(tempFolder({ taken: "a file" }), "taken", "runs");
    const { events, log } = logOf(folder);
    events.emit(begin);
    expect(await log.ended).toMatchObject({ code: "not-writable", message: expect.stringContaining(folder) });
  });

  test("a file of that name that is there already, which stays as it is", async () => {
    const folder = tempFolder();
    const file = path.join(folder, "2026-11-21T16-40-05-123Z-a-run.jsonl");
    writeFileSync(file, "mine");
    const { events, log } = logOf(folder);
    events.emit(begin);
    expect(await log.ended).toMatchObject({ code: "not-writable" });
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  test("a file that is removed meanwhile", async () => {
    const folder = tempFolder();
    const { events, log } = logOf(folder);
    events.emit(begin);
    await log.flushed();
    unlinkSync(log.path ?? "");
    events.emit(warning);
    expect(await log.ended).toMatchObject({ code: "removed", message: expect.stringMatching(/^The run goes on/) });
    expect(readdirSync(folder)).toEqual([]);
  });

  test("a stream that breaks", async () => {
    async function* breaking(): AsyncIterable<RunEvent> {
      yield* sampleRun().slice(0, 3);
      throw new Error("broken");
    }
    const log = new RunLog(tempFolder(), breaking());
    expect(await log.ended).toMatchObject({ code: "failed", message: expect.stringMatching(/broken/) });
    expect((await readLog(log.path ?? "")).events).toEqual(sampleRun().slice(0, 3));
  });

  test("a folder in the file's place", async () => {
    const folder = tempFolder();
    mkdirSync(path.join(folder, "2026-11-21T16-40-05-123Z-a-run.jsonl"));
    const { events, log } = logOf(folder);
    events.emit(begin);
    expect(await log.ended).not.toBeNull();
  });
});
