import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/rlm/events.ts";
import { foldEvents, RunTree, sumSpent } from "../../src/rlm/run-tree.ts";
import { describeActivity } from "../../src/rlm/run-words.ts";
import { longRun, sampleAnswer, sampleQuestion, sampleRun } from "../support/sample-run.ts";

/** What a run says it does after each of its events, each line once. */
function activities(events: readonly RunEvent[]): string[] {
  const tree = new RunTree();
  const lines: string[] = [];
  for (const event of events) {
    tree.add(event);
    const line = describeActivity(tree, event.at);
    if (line !== lines.at(-1)) lines.push(line);
  }
  return lines;
}

/** As a trace file holds them. */
function withoutDeltas(events: readonly RunEvent[]): RunEvent[] {
  return events.filter((event) => event.type !== "reply.delta");
}

describe("the tree of a run", () => {
  it("holds question, context, answer, citations and totals", () => {
    const tree = foldEvents(sampleRun("answered"));
    expect(tree.started?.question).toBe(sampleQuestion);
    expect(tree.context?.manifest.files).toBe(1_204);
    expect(tree.state).toBe("done");
    expect(tree.stopReason).toBe("answered");
    expect(tree.answer).toBe(sampleAnswer);
    expect(tree.citations.map((citation) => citation.status)).toEqual(["quoted", "seen", "exists", "missing"]);
    expect(tree.totals).toMatchObject({ turns: 4, calls: 12 });
    expect(tree.warnings.map((warning) => warning.code)).toEqual(["cell"]);
  });

  it("has turns, their cells and the cells' sub-calls below each other", () => {
    const tree = foldEvents(sampleRun("answered"));
    expect(tree.turns.map((turn) => turn.cells.map((cell) => cell.calls.length))).toEqual([[0], [0], [12], []]);
    expect(tree.turns[1]?.cells[0]).toMatchObject({
      state: "failed",
      error: { name: "ReferenceError", line: 3 },
      output: ["export async function retry(call, { base = 500, cap = 8_000 }) {\n"],
    });
    expect(tree.turns[0]?.cells[0]).toMatchObject({ state: "done", value: "200 hits in 39 files", cpuMs: 24 });
    const calls = tree.turns[2]?.cells[0]?.calls ?? [];
    expect(calls.map((call) => call.state === "failed")).toEqual(calls.map((_, index) => index === 4));
    expect(sumSpent(calls)?.usage.input).toBe(11 * 1_520);
  });

  it("adds up to the totals that the run reports", () => {
    const tree = foldEvents(sampleRun("answered"));
    const requests = tree.turns.flatMap((turn) => [turn, ...turn.cells.flatMap((cell) => cell.calls)]);
    const spent = sumSpent(requests);
    expect(spent?.usage).toEqual(tree.totals.usage);
    expect(spent?.costUsd).toBeCloseTo(tree.totals.costUsd ?? Number.NaN, 10);
  });

  it("does not know a sum with a price that is not known", () => {
    const usage = { input: 1, cachedInput: 0, output: 1, reasoning: 0, estimated: false };
    const sum = sumSpent([{ spent: { usage, costUsd: 0.1 } }, { spent: null }, { spent: { usage, costUsd: null } }]);
    expect(sum).toEqual({ usage: { ...usage, input: 2, output: 2 }, costUsd: null });
    expect(sumSpent([{ spent: null }])).toBeNull();
  });

  it("shows a text that travelled as a blob", () => {
    const call = foldEvents(sampleRun("answered")).turns[2]?.cells[0]?.calls[0];
    expect(call?.prompt).toMatch(/^List every place/);
    expect(call?.prompt.length).toBeGreaterThan(4_096);
  });

  it("says so where a blob is not there", () => {
    const events = sampleRun("answered").filter((event) => event.type !== "blob.added");
    expect(foldEvents(events).turns[2]?.cells[0]?.calls[0]?.prompt).toMatch(/^\[[\d,]+ characters that/);
  });

  it("grows a reply by its pieces, and takes the whole one at its end", () => {
    expect(foldEvents(sampleRun("writing")).turns.at(-1)).toMatchObject({ state: "running", endedAt: null });
    expect(foldEvents(sampleRun("writing")).turns.at(-1)?.reply).toMatch(/const parts = chunks\(\{$/);
    expect(foldEvents(sampleRun("answered")).turns[1]?.reply).toMatch(/^Now the function itself[\s\S]+```\n$/);
  });

  it("is the same from a trace file, which holds no pieces of replies", () => {
    const live = foldEvents(sampleRun("answered"));
    const logged = foldEvents(withoutDeltas(sampleRun("answered")));
    expect(logged.gap).toBeNull();
    expect(logged.turns).toEqual(live.turns);
    expect(logged.totals).toEqual(live.totals);
  });

  it.each(["run.started", "context.ready", "turn.started", "reply.finished", "cell.output", "call.started"] as const)(
    "reports that an event is missing: %s",
    (type) => {
      const events = sampleRun("answered");
      const index = events.findIndex((event) => event.type === type);
      const left = events.toSpliced(index, 1);
      expect(foldEvents(left).gap).toEqual({ from: index, to: index });
      expect(foldEvents(withoutDeltas(left)).gap).not.toBeNull();
    },
  );

  it("takes no event twice and none of another run", () => {
    const tree = foldEvents(sampleRun("writing"));
    const { version } = tree;
    for (const event of sampleRun("writing")) tree.add(event);
    for (const event of sampleRun("answered")) tree.add({ ...event, runId: "other" });
    expect(tree.version).toBe(version);
  });

  it("ends what was still going on when the run ends", () => {
    const cell = foldEvents(sampleRun("cancelled")).turns[2]?.cells[0];
    expect(cell?.state).toBe("stopped");
    expect(new Set(cell?.calls.map((call) => call.state))).toEqual(new Set(["done", "failed", "stopped"]));
    expect(cell?.calls.every((call) => call.endedAt !== null)).toBe(true);
    expect(foldEvents(sampleRun("failed")).turns.at(-1)?.state).toBe("failed");
  });

  it("keeps a retry where it happened", () => {
    const tree = foldEvents(sampleRun("answered"));
    expect(tree.turns.map((turn) => turn.retries.length)).toEqual([0, 1, 0, 0]);
    expect(tree.turns[1]?.retries[0]).toMatchObject({ code: "rate-limit", waitMs: 4_000 });
  });

  it("counts every node of a long run", () => {
    const events = longRun(10_000);
    const tree = foldEvents(events);
    expect(events).toHaveLength(10_000);
    expect(tree.gap).toBeNull();
    expect(tree.size).toBe(tree.turns.reduce((sum, turn) => sum + 1 + 2 * turn.cells.length, 0));
  });
});

describe("what a run does, in words", () => {
  it("tells the story of a run", () => {
    expect(activities(sampleRun("running"))).toEqual([
      "Collecting files",
      "Collecting files: 640",
      "Starting the first turn",
      "Turn 1: waiting for the model",
      "Turn 1: the model is writing",
      "Turn 1: reading the reply",
      "Running cell 1",
      "Turn 1: cell 1 is done",
      "Turn 2: waiting for the model",
      "Rate limited; again in 4 s",
      "Turn 2: the model is writing",
      "Turn 2: reading the reply",
      "Running cell 1",
      "Turn 2: cell 1 is done",
      "Turn 3: waiting for the model",
      "Turn 3: the model is writing",
      "Turn 3: reading the reply",
      "Running cell 1",
      "Asking 1 sub-model",
      ...Array.from({ length: 11 }, (_, index) => `Asking ${index + 2} sub-models: 0 done`),
      ...Array.from({ length: 7 }, (_, index) => `Asking 12 sub-models: ${index + 1} done`),
    ]);
  });

  it.each([
    ["answered", "Answered"],
    ["turns", "Stopped at your limit of 20 turns: partial answer"],
    ["cancelled", "Cancelled"],
    ["failed", "Failed: api.example.com refused the key (401). Set another with “RLM: Set API Key…”."],
  ] as const)("says how it ended: %s", (end, words) => {
    expect(activities(sampleRun(end)).at(-1)).toBe(words);
  });

  it("says when it asks for the answer that a limit forces", () => {
    expect(activities(sampleRun("turns"))).toContain("Asking for the best answer from what is known");
  });
});
