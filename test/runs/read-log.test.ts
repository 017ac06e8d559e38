import { execFileSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { headerLine, lineOf } from "../../src/runs/log-format.ts";
import { readLog } from "../../src/runs/read-log.ts";
import { sampleRun, sampleTree } from "../support/sample-run.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { logged, logText } from "./support.ts";

const run = logged(sampleRun());
const [firstLine = ""] = run.map(lineOf);
const lastLine = run.map(lineOf).at(-1) ?? "";

/** Reads a log of this text. */
function reading(text: string | Buffer, maxBytes?: number) {
  const file = path.join(tempFolder(), "a.jsonl");
  writeFileSync(file, text);
  return readLog(file, maxBytes);
}

test("a log gives back its events", async () => {
  const events = logged(sampleTree());
  expect(await reading(logText(events))).toEqual({ events, skipped: 0, torn: false, finished: true });
});

test("a trace file, which has no first line of its own, is read too", async () => {
  expect(await reading(run.map(lineOf).join(""))).toEqual({ events: run, skipped: 0, torn: false, finished: true });
});

test("a log without an end is not finished", async () => {
  const events = logged(sampleRun("running"));
  expect(await reading(logText(events))).toMatchObject({ finished: false, torn: false });
});

test("the end of a child run is not that of the run", async () => {
  const events = logged(sampleTree("running"));
  const ended = events.findLastIndex((event) => event.type === "run.finished");
  expect(await reading(logText(events.slice(0, ended + 1)))).toMatchObject({ finished: false });
});

describe("a log that is torn", () => {
  const whole = logText(run);

  test.each([1, 2, 20, lastLine.length - 1])("%i bytes before its end", async (bytes) => {
    const text = whole.slice(0, -bytes);
    const isWhole = bytes === 1;
    expect(await reading(text)).toEqual({
      events: isWhole ? run : run.slice(0, -1),
      skipped: 0,
      torn: !isWhole,
      finished: isWhole,
    });
  });

  test("in the middle of a character", async () => {
    const bytes = Buffer.from(`${headerLine}${firstLine}{"type":"warning","message":"é`);
    expect(await reading(bytes.subarray(0, -1))).toMatchObject({ torn: true, skipped: 0, events: [run[0]] });
  });
});

describe("a log of a later minor version", () => {
  test("has events that are skipped and counted", async () => {
    const later = '{"type":"dream.dreamt","seq":3,"at":1,"runId":"r1","depth":0}\n';
    const text = headerLine + firstLine + later + later + run.slice(1).map(lineOf).join("");
    expect(await reading(text)).toEqual({ events: run, skipped: 2, torn: false, finished: true });
  });

  test("is whole where it ends with one of them", async () => {
    expect(await reading(`${logText(run)}{"type":"dream.dreamt"}\n`)).toMatchObject({ skipped: 1, torn: false });
  });

  test("has fields that are left out", async () => {
    const text = logText(run.map((event) => ({ ...event, mood: "good" })));
    expect(await reading(text)).toMatchObject({ events: run, skipped: 0 });
  });

  test("has a header with more in it", async () => {
    expect(await reading(`{"format":"rlm-run","version":1,"by":"x"}\n${run.map(lineOf).join("")}`)).toMatchObject({
      skipped: 0,
    });
  });
});

describe("refused with a code", () => {
  test("a newer format", async () => {
    const text = `{"format":"rlm-run","version":2}\n${run.map(lineOf).join("")}`;
    await expect(reading(text)).rejects.toMatchObject({ code: "newer-version", message: /update RLM/ });
  });

  test.each([
    ["an empty file", ""],
    ["a text", "# Readme\n"],
    ["another JSON", '{"format":"har","version":1}\n'],
    ["only the first line", headerLine],
    ["a version that is none", `{"format":"rlm-run","version":"1"}\n${firstLine}`],
    ["bytes", Buffer.from([0, 255, 254, 10, 0, 10])],
    ["deep JSON", `${"[".repeat(200_000)}\n`],
    ["a log without its beginning", headerLine + run.slice(1).map(lineOf).join("")],
  ])("%s", async (_name, text) => {
    await expect(reading(text)).rejects.toMatchObject({ code: "not-a-log" });
  });

  test("a log above the size that is read", async () => {
    const text = logText(run);
    await expect(reading(text, Buffer.byteLength(text) - 1)).rejects.toMatchObject({ code: "too-large" });
    await expect(reading(text, Buffer.byteLength(text))).resolves.toMatchObject({ finished: true });
  });

  test("what is not there, or no file", async () => {
    const folder = tempFolder();
    await expect(readLog(path.join(folder, "none"))).rejects.toMatchObject({ code: "not-found" });
    await expect(readLog(folder)).rejects.toMatchObject({ code: "unreadable" });
    execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", path.join(folder, "pipe")]);
    await expect(readLog(path.join(folder, "pipe"))).rejects.toMatchObject({ code: "unreadable" });
    symlinkSync("/dev/zero", path.join(folder, "zero"));
    await expect(readLog(path.join(folder, "zero"))).rejects.toMatchObject({ code: "unreadable" });
  });
});

test("hostile lines in the middle cost only themselves", async () => {
  const hostile = [
    '{"type":"run.finished","seq":-1}',
    '{"__proto__":{"polluted":true},"type":"warning"}',
    "null",
    "\0\0\0",
    `{"type":"warning","message":"${"x".repeat(2_000_000)}"}`,
    "[".repeat(100_000),
  ];
  const text = headerLine + run.flatMap((event, i) => [lineOf(event), i < 6 ? `${hostile[i]}\n\n` : ""]).join("");
  expect(await reading(text)).toEqual({ events: run, skipped: 6, torn: false, finished: true });
  expect({}).not.toHaveProperty("polluted");
});
