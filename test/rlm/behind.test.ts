import { expect, it } from "vitest";
import { behind, describeWitness } from "../../src/rlm/behind.ts";
import { foldEvents } from "../../src/rlm/run-tree.ts";
import { richRun } from "../support/rich-run.ts";

function told(path: string, from: number, to: number): unknown[] {
  const { root } = foldEvents(richRun());
  return behind(root, { path, from, to }).map((witness) => [describeWitness(witness), witness.lines]);
}

it("lines of a file lead to the turns and calls that were shown some of them, in order", () => {
  expect(told("src/net/retry.ts", 41, 52)).toEqual([
    ["Turn 2", [[41, 52]]],
    ["Turn 3", [[41, 52]]],
    ["Turn 4, sub-call 1", [[41, 48]]],
    ["Turn 4, sub-call 2", [[49, 52]]],
  ]);
});

it("those of a child run count by its own turns and calls, which name its question", () => {
  expect(told("src/http/client.ts", 88, 97)).toEqual([
    ["“How does the HTTP client retry?”, turn 2", [[80, 120]].map(() => [88, 97])],
  ]);
});

it("lines that nobody was shown lead nowhere", () => {
  expect(told("src/net/retry.ts", 900, 910)).toEqual([]);
  expect(told("src/other.ts", 1, 500)).toEqual([]);
  expect(behind(null, { path: "a.ts", from: 1, to: 1 })).toEqual([]);
});
