import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/rlm/events.ts";
import { foldEvents } from "../../src/rlm/run-tree.ts";
import { describeActivity } from "../../src/rlm/run-words.ts";
import { sampleRun } from "../support/sample-run.ts";

/** A run whose first request has failed and is tried again after `waitMs`. */
function waitingRun(code: string, waitMs: number): { tree: ReturnType<typeof foldEvents>; at: number } {
  const events = sampleRun("running");
  const before = events.slice(0, events.findIndex(({ type }) => type === "turn.started") + 1);
  const last = before.at(-1);
  if (!last) throw new Error("The sample has no turn.");
  const { at, runId, depth } = last;
  const retrying: RunEvent = { type: "call.retrying", seq: last.seq + 1, at, runId, depth, code, message: "m", waitMs };
  return { tree: foldEvents([...before, retrying]), at };
}

describe("a wait", () => {
  it.each([
    [0, "Rate limited; again in 12 s"],
    [1, "Rate limited; again in 12 s"],
    [1_000, "Rate limited; again in 11 s"],
    [11_001, "Rate limited; again in 1 s"],
    [12_000, "Rate limited; trying again"],
    [60_000, "Rate limited; trying again"],
  ])("of 12 s is described after %i ms as %j", (passed, words) => {
    const { tree, at } = waitingRun("rate-limit", 12_000);
    expect(describeActivity(tree, at + passed)).toBe(words);
  });

  it("counts minutes where it is long", () => {
    const { tree, at } = waitingRun("rate-limit", 75_000);
    expect(describeActivity(tree, at)).toBe("Rate limited; again in 1 min 15 s");
    expect(describeActivity(tree, at + 15_500)).toBe("Rate limited; again in 1 min");
    expect(describeActivity(tree, at + 16_000)).toBe("Rate limited; again in 59 s");
  });

  it.each([
    ["network", "Network error; again in 3 s"],
    ["timeout", "No reply in time; again in 3 s"],
    ["server", "Server error; again in 3 s"],
    ["broken-stream", "The reply broke off; again in 3 s"],
    ["empty-reply", "Empty reply; again in 3 s"],
  ])("says why: %s", (code, words) => {
    const { tree, at } = waitingRun(code, 3_000);
    expect(describeActivity(tree, at)).toBe(words);
  });
});
