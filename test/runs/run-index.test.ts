import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/rlm/events.ts";
import { headerLine, lineOf, logNameOf } from "../../src/runs/log-format.ts";
import { RunIndex } from "../../src/runs/run-index.ts";
import { runWithAnswer, type SampleEnd, sampleQuestion, sampleRun, sampleTree } from "../support/sample-run.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { logged, logText, moved, plantLog } from "./support.ts";

const day = 24 * 60 * 60 * 1000;
const small = logged(runWithAnswer("Yes."));

/** A folder with these small runs, the first the oldest. */
function folderWith(ids: readonly string[]): { folder: string; files: string[] } {
  const folder = tempFolder();
  return { folder, files: ids.map((id, i) => plantLog(folder, moved(small, id, i * 1_000))) };
}

async function idsIn(index: RunIndex): Promise<string[]> {
  return (await index.list()).runs.map(({ runId }) => runId);
}

describe("the list", () => {
  test("tells of a run what a view needs", async () => {
    const folder = tempFolder();
    const events = logged(sampleRun());
    const file = plantLog(folder, events);
    const last = events.at(-1);
    const started = events[0]?.type === "run.started" ? events[0] : null;
    const { runs, unreadable } = await new RunIndex(folder).list();
    expect(unreadable).toEqual([]);
    expect(runs).toEqual([
      {
        runId: "r1",
        file,
        bytes: statSync(file).size,
        question: sampleQuestion,
        startedAt: started?.at,
        endedAt: last?.at,
        state: "answered",
        stopReason: "answered",
        models: started?.models,
        limits: started?.limits,
        totals: last?.type === "run.finished" ? last.totals : null,
        costUsd: last?.type === "run.finished" ? last.totals.costUsd : null,
        contextName: "payments",
      },
    ]);
  });

  test.each<[SampleEnd, string, string | null]>([
    ["answered", "answered", "answered"],
    ["turns", "partial", "turns"],
    ["failed", "failed", "failed"],
    ["cancelled", "cancelled", "cancelled"],
    ["running", "interrupted", null],
  ])("a run that is %s has the state %s", async (end, state, stopReason) => {
    const folder = tempFolder();
    plantLog(folder, logged(sampleRun(end)));
    expect((await new RunIndex(folder).list()).runs).toMatchObject([{ state, stopReason }]);
  });

  test("a limit without an answer is a failure", async () => {
    const folder = tempFolder();
    const events = logged(sampleRun("turns")).map((event) =>
      event.type === "run.finished" ? { ...event, answer: null } : event,
    );
    plantLog(folder, events);
    expect((await new RunIndex(folder).list()).runs).toMatchObject([{ state: "failed", stopReason: "turns" }]);
  });

  test("a run without an end goes on if the caller says so, and tells what is known of it", async () => {
    const folder = tempFolder();
    const events = logged(sampleTree("running"));
    plantLog(folder, events);
    const index = new RunIndex(folder);
    const ledger = events.findLast((event) => event.type === "ledger.changed");
    const known = { totals: ledger?.totals, endedAt: events.at(-1)?.at };
    expect((await index.list(new Set(["r1"]))).runs).toMatchObject([{ state: "running", ...known }]);
    expect((await index.list()).runs).toMatchObject([{ state: "interrupted", ...known }]);
  });

  test("a run that ended before its context was there, or before it used anything", async () => {
    const folder = tempFolder();
    plantLog(folder, moved(small.slice(0, 1), "began", 0));
    plantLog(folder, moved(small.slice(0, 3), "collected", 1));
    const known = { costUsd: 0, state: "interrupted" };
    expect((await new RunIndex(folder).list()).runs).toMatchObject([
      { runId: "collected", contextName: "payments", ...known },
      { runId: "began", contextName: null, ...known },
    ]);
  });

  test("newest first, whatever else lies in the folder", async () => {
    const { folder } = folderWith(["a", "b", "c"]);
    writeFileSync(path.join(folder, "notes.txt"), "x");
    writeFileSync(path.join(folder, "x.jsonl"), logText(small));
    mkdirSync(path.join(folder, logNameOf(0, "folder")));
    symlinkSync(path.join(folder, "x.jsonl"), path.join(folder, logNameOf(0, "link")));
    const { runs, unreadable } = await new RunIndex(folder).list();
    expect(runs.map(({ runId }) => runId)).toEqual(["c", "b", "a"]);
    expect(unreadable).toEqual([]);
  });

  test("of a folder that is not there is empty; what is no folder is an error", async () => {
    const folder = tempFolder({ file: "x" });
    expect(await new RunIndex(path.join(folder, "none")).list()).toEqual({ runs: [], unreadable: [] });
    await expect(new RunIndex(path.join(folder, "file")).list()).rejects.toMatchObject({ code: "unreadable" });
  });

  test("names logs that can't be read beside the others", async () => {
    const { folder } = folderWith(["good"]);
    const planted = {
      empty: "",
      newer: `{"format":"rlm-run","version":9}\n${small.map(lineOf).join("")}`,
      other: "{}\n",
      headless: headerLine + small.slice(1).map(lineOf).join(""),
    };
    for (const [id, text] of Object.entries(planted)) plantLog(folder, moved(small, id, 0), text);
    const { runs, unreadable } = await new RunIndex(folder).list();
    expect(runs.map(({ runId }) => runId)).toEqual(["good"]);
    expect(unreadable.map(({ file, code }) => [path.basename(file).slice(25, -6), code]).sort()).toEqual([
      ["empty", "not-a-log"],
      ["headless", "not-a-log"],
      ["newer", "newer-version"],
      ["other", "not-a-log"],
    ]);
  });
});

test("a log of which nothing is written yet is not named while its run goes on", async () => {
  const folder = tempFolder();
  plantLog(folder, moved(small, "new", 0), "");
  expect(await new RunIndex(folder).list(new Set(["new"]))).toEqual({ runs: [], unreadable: [] });
});

describe("the ends of a log are found", () => {
  const wide = "x".repeat(300_000);
  const widened = (event: RunEvent): RunEvent => {
    if (event.type === "run.started") return { ...event, question: wide };
    if (event.type === "run.finished") return { ...event, answer: wide };
    return event;
  };

  test("where question and answer are long", async () => {
    const folder = tempFolder();
    plantLog(folder, small.map(widened));
    expect((await new RunIndex(folder).list()).runs).toMatchObject([
      {
        question: expect.stringMatching(/^x{2000}\n.*left out.*\nx{2000}$/),
        state: "answered",
        contextName: "payments",
      },
    ]);
  });

  test("where much was collected, and a large text came last", async () => {
    const folder = tempFolder();
    const [started, progress, ...rest] = logged(sampleRun("running"));
    const blob: RunEvent = { type: "blob.added", sha256: "b9", text: wide, seq: 999, at: 5, runId: "r1", depth: 0 };
    if (!started || !progress) throw new Error("the sample has a beginning");
    const events = [started, ...Array<RunEvent>(1_000).fill(progress), ...rest, blob];
    plantLog(folder, events);
    const ledger = rest.findLast((event) => event.type === "ledger.changed");
    expect((await new RunIndex(folder).list()).runs).toMatchObject([
      { contextName: "payments", totals: ledger?.totals, endedAt: 5, state: "interrupted" },
    ]);
  });

  test("where the first line is a long question, as in a trace file", async () => {
    const folder = tempFolder();
    plantLog(folder, small, small.map(widened).map(lineOf).join(""));
    expect((await new RunIndex(folder).list()).runs).toMatchObject([{ state: "answered", contextName: "payments" }]);
  });

  test("where a child run has ended last", async () => {
    const folder = tempFolder();
    const events = logged(sampleTree());
    const cut = events.slice(0, events.findLastIndex(({ type, depth }) => type === "run.finished" && depth > 0) + 1);
    plantLog(folder, cut);
    const ledger = cut.findLast((event) => event.type === "ledger.changed");
    expect((await new RunIndex(folder).list()).runs).toMatchObject([{ state: "interrupted", totals: ledger?.totals }]);
  });

  test("where the last line is torn", async () => {
    const folder = tempFolder();
    plantLog(folder, small, logText(small).slice(0, -10));
    expect((await new RunIndex(folder).list()).runs).toMatchObject([{ state: "interrupted", totals: { turns: 1 } }]);
  });

  test("in a log whose middle is of no use", async () => {
    const folder = tempFolder();
    const text = logText(small.slice(0, 3)) + `${"[".repeat(1_000)}\n`.repeat(5_000) + lineOf(last(small));
    plantLog(folder, small, text);
    expect((await new RunIndex(folder).list()).runs).toMatchObject([{ state: "answered", contextName: "payments" }]);
  });
});

describe("what has changed is seen", () => {
  test("a log that has grown, one that is new, one that has gone", async () => {
    const folder = tempFolder();
    const index = new RunIndex(folder);
    const file = plantLog(folder, small.slice(0, -1));
    expect((await index.list()).runs).toMatchObject([{ state: "interrupted" }]);
    appendFileSync(file, lineOf(last(small)));
    plantLog(folder, moved(small, "new", 1_000));
    expect((await index.list()).runs).toMatchObject([{ runId: "new" }, { state: "answered" }]);
    rmSync(file);
    expect(await idsIn(index)).toEqual(["new"]);
  });

  test("what has not changed is not read again", async () => {
    const { folder, files } = folderWith(["a"]);
    const [file = ""] = files;
    utimesSync(file, 1_000, 1_000);
    const index = new RunIndex(folder);
    const before = await index.list();
    writeFileSync(file, "x".repeat(statSync(file).size));
    utimesSync(file, 1_000, 1_000);
    expect(await index.list()).toEqual(before);
    utimesSync(file, 1_000, 1_001);
    expect((await index.list()).runs).toEqual([]);
    writeFileSync(file, logText(small));
    utimesSync(file, 1_000, 1_001);
    expect((await index.list()).runs).toHaveLength(1);
  });
});

describe("deleting", () => {
  test("takes one run away; twice is no error", async () => {
    const { folder, files } = folderWith(["a", "b"]);
    const index = new RunIndex(folder);
    await index.delete(files[0] ?? "");
    await index.delete(files[0] ?? "");
    expect(await idsIn(index)).toEqual(["b"]);
  });

  test("is refused for a run that goes on and for what is no log here", async () => {
    const { folder, files } = folderWith(["a"]);
    const elsewhere = folderWith(["a"]).files[0] ?? "";
    const notes = path.join(folder, "notes.txt");
    writeFileSync(notes, "x");
    const index = new RunIndex(folder);
    await expect(index.delete(files[0] ?? "", new Set(["a"]))).rejects.toMatchObject({ code: "running" });
    for (const file of [elsewhere, notes, folder, path.join(folder, "..", path.basename(elsewhere))]) {
      await expect(index.delete(file)).rejects.toMatchObject({ code: "not-a-log" });
    }
    expect([files[0], elsewhere, notes].every((file) => existsSync(file ?? ""))).toBe(true);
  });
});

describe("trimming", () => {
  const ids = ["a", "b", "c", "d", "e"];
  const bytes = Buffer.byteLength(logText(moved(small, "a", 0)));
  const plenty = { runs: 100, bytes: 1_000_000_000 };

  test("keeps the newest up to a number of runs", async () => {
    const { folder } = folderWith(ids);
    const index = new RunIndex(folder);
    expect(await index.trim({ ...plenty, runs: 2 })).toBe(3);
    expect(await idsIn(index)).toEqual(["e", "d"]);
  });

  test("keeps the newest up to a number of bytes, and the newest in any case", async () => {
    const { folder } = folderWith(ids);
    const index = new RunIndex(folder);
    expect(await index.trim({ ...plenty, bytes: bytes * 3 })).toBe(2);
    expect(await idsIn(index)).toEqual(["e", "d", "c"]);
    await index.trim({ ...plenty, bytes: 1 });
    expect(await idsIn(index)).toEqual(["e"]);
  });

  test("an older run that is small does not outlive a newer one", async () => {
    const folder = tempFolder();
    const large = logged(sampleRun());
    plantLog(folder, moved(small, "old", 0));
    plantLog(folder, moved(large, "large", 1_000));
    plantLog(folder, moved(small, "new", 2_000));
    const index = new RunIndex(folder);
    await index.trim({ ...plenty, bytes: bytes * 3 });
    expect(await idsIn(index)).toEqual(["new"]);
  });

  test("never touches a run that goes on, nor one that may go on in another window", async () => {
    const folder = tempFolder();
    const now = Date.now();
    const ours = plantLog(folder, moved(small, "ours", 0));
    const theirs = plantLog(folder, moved(small.slice(0, -1), "theirs", 1_000));
    const stale = plantLog(folder, moved(small.slice(0, -1), "stale", 2_000));
    const done = plantLog(folder, moved(small, "done", 3_000));
    utimesSync(stale, (now - 2 * day) / 1000, (now - 2 * day) / 1000);
    const index = new RunIndex(folder, () => now);
    expect(await index.trim({ ...plenty, runs: 0 }, new Set(["ours"]))).toBe(2);
    expect([ours, theirs, stale, done].map((file) => existsSync(file))).toEqual([true, true, false, false]);
  });

  test("leaves all where less is there than may be kept, and what is no log", async () => {
    const { folder } = folderWith(ids);
    writeFileSync(path.join(folder, "notes.txt"), "x");
    expect(await new RunIndex(folder).trim()).toBe(0);
    expect(await new RunIndex(folder).trim({ runs: 0, bytes: 0 })).toBe(5);
    expect(readdirSync(folder)).toEqual(["notes.txt"]);
  });
});

test("2,000 logs of 5 MB are listed: only their ends are read", async () => {
  const folder = tempFolder();
  for (let i = 0; i < 2_000; i += 1) {
    const events = moved(small, `run-${i}`, i);
    const file = plantLog(folder, events, logText(events.slice(0, 3)));
    // A hole, which takes no place on the disk.
    truncateSync(file, 5_000_000);
    appendFileSync(file, `\n${lineOf(last(events))}`);
  }
  const index = new RunIndex(folder);
  const { runs } = await index.list();
  expect(runs).toHaveLength(2_000);
  expect(runs[0]).toMatchObject({ runId: "run-1999", state: "answered" });
  expect((await index.list()).runs).toEqual(runs);
});

function last(events: readonly RunEvent[]): RunEvent {
  const event = events.at(-1);
  if (!event) throw new Error("there are no events");
  return event;
}
