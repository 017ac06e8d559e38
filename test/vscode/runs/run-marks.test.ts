import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { RunMarks } from "../../../src/vscode/runs/run-marks.ts";
import { tempFolder } from "../../support/temp-folder.ts";

it("tells runs of processes that are alive, until their marks are removed", async () => {
  const folder = join(tempFolder(), "runs");
  const marks = new RunMarks(folder);
  expect(await marks.alive()).toEqual(new Set());
  await marks.set("one");
  await marks.set("two");
  await marks.remove("two");
  await marks.remove("never");
  expect(await new RunMarks(folder).alive()).toEqual(new Set(["one"]));
});

it("never takes a run that is being marked for one that was interrupted", async () => {
  const folder = tempFolder();
  const [marks, other] = [new RunMarks(folder), new RunMarks(folder)];
  const ids = Array.from({ length: 300 }, (_, i) => `run${i}`);
  let isMarking = true;
  const looking = (async () => {
    while (isMarking) await other.alive();
  })();
  for (const id of ids) await marks.set(id);
  isMarking = false;
  await looking;
  expect((await marks.alive()).size).toBe(ids.length);
});

it("takes a run whose process is gone for interrupted, and clears its mark away", async () => {
  const folder = tempFolder();
  const { pid } = spawnSync(process.execPath, ["--version"]);
  writeFileSync(join(folder, "gone.running"), String(pid));
  writeFileSync(join(folder, "broken.running"), "what?");
  writeFileSync(join(folder, "other.jsonl"), "");
  expect(await new RunMarks(folder).alive()).toEqual(new Set());
  expect(readdirSync(folder)).toEqual(["other.jsonl"]);
});

it("writes nothing outside its folder, whatever a run is called", async () => {
  const folder = tempFolder();
  await new RunMarks(join(folder, "runs")).set("../../escape");
  expect(existsSync(join(folder, "runs/escape.running"))).toBe(true);
});
