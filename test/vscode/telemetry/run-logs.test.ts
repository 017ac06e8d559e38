import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../../src/rlm/events.ts";
import type { PricedBy } from "../../../src/rlm/model.ts";
import { RunIndex } from "../../../src/runs/run-index.ts";
import { countedCalls } from "../../../src/vscode/telemetry/counted-calls.ts";
import { LogUsage } from "../../../src/vscode/telemetry/log-usage.ts";
import { logged, logText, moved, plantLog } from "../../runs/support.ts";
import { sampleRun, sampleTree } from "../../support/sample-run.ts";
import { tempFolder } from "../../support/temp-folder.ts";

describe("the calls of a run log", () => {
  it("are its turns, sub-calls and questions to child runs, with what they have used", () => {
    const events = sampleTree();
    const calls = countedCalls(events, {});
    const ends = events.filter(({ type }) => type === "reply.finished" || type === "call.finished");
    expect(calls).toHaveLength(ends.length);
    expect(new Set(calls.map(({ rootRunId }) => rootRunId))).toEqual(new Set(["r1"]));
    const own = ends.filter(
      (event) => event.type === "reply.finished" || (event.type === "call.finished" && !isQuestion(event, events)),
    );
    const input = own.reduce((sum, event) => sum + ("usage" in event ? event.usage.input : 0), 0);
    expect(calls.reduce((sum, { inputTokens }) => sum + inputTokens, 0)).toBe(input);
    expect(calls.filter(({ kind }) => kind === "rlm").every(({ costUsd }) => costUsd === 0)).toBe(true);
  });

  /** A turn of 1,000,000 input tokens, half of them cached. */
  function savings(model: string, costUsd: number | null, pricedBy?: PricedBy): number | null | undefined {
    const usage = { input: 1_000_000, cachedInput: 500_000, output: 0, reasoning: 0, estimated: false };
    const at = { seq: 0, at: 0, runId: "r1", depth: 0, ...(pricedBy ? { pricedBy } : {}) };
    const event: RunEvent = {
      ...{ type: "reply.finished", ...at, turn: 1, model, text: "", usage, costUsd, ms: 1, finishReason: "stop" },
    };
    return countedCalls([event], { mine: { input: 2, cachedInput: 1, output: 4 } })[0]?.cacheSavingsUsd;
  }

  it("have saved what their price says, where that is the price they were paid by", () => {
    expect(savings("mine", 1.5, "setting")).toBeCloseTo(0.5, 9);
    expect(savings("gpt-4o-mini", 0.1125, "table")).toBeCloseTo(0.0375, 9);
    expect(savings("mine", 1.6, "endpoint")).toBeCloseTo(0.4, 9);
  });

  it("have saved nobody knows what, where no price leads to what was paid", () => {
    // The setting was another one then, nobody has priced it, or the endpoint alone knows.
    expect(savings("mine", 1.2, "setting")).toBeNull();
    expect(savings("gpt-4o-mini", null)).toBeNull();
    expect(savings("gpt-4o-mini", 0.1, "endpoint")).toBeNull();
  });
});

describe("the run logs of a folder", () => {
  async function read(folder: string, since: number, usage = new LogUsage()) {
    const { calls, leftOut } = await usage.read(await new RunIndex(folder).list(), since, {});
    return { runs: new Set(calls.map(({ rootRunId }) => rootRunId)), count: calls.length, leftOut };
  }

  it("are counted from a moment on, and those that can't be read are told", async () => {
    const folder = path.join(tempFolder(), "runs");
    mkdirSync(folder);
    const day = 86_400_000;
    const events = logged(sampleRun());
    plantLog(folder, events);
    plantLog(folder, moved(events, "later", day));
    plantLog(folder, moved(events, "broken", day), "no log");
    const began = events[0]?.at ?? 0;
    expect(await read(folder, began + day)).toMatchObject({ runs: new Set(["later"]), leftOut: 1 });
    expect((await read(folder, began)).runs).toEqual(new Set(["r1", "later"]));
    expect(await read(folder, began + 5 * day)).toMatchObject({ count: 0 });
    const ends = events.flatMap(({ type, at }) => (type === "reply.finished" || type === "call.finished" ? [at] : []));
    const middle = ends[2] ?? 0;
    const whole = (await read(folder, began)).count / 2;
    expect((await read(folder, middle)).count).toBe(whole + ends.filter((at) => at >= middle).length);
  });

  it("are told where they are gone before they are read", async () => {
    const folder = tempFolder();
    const file = plantLog(folder, logged(sampleRun()));
    const list = await new RunIndex(folder).list();
    rmSync(file);
    expect(await new LogUsage().read(list, 0, {})).toEqual({ calls: [], leftOut: 1 });
  });

  it("are read again where they have grown", async () => {
    const folder = tempFolder();
    const events = logged(sampleRun());
    const usage = new LogUsage();
    const half = events.slice(0, events.findIndex(({ type }) => type === "reply.finished") + 1);
    plantLog(folder, half);
    const since = events[0]?.at ?? 0;
    const before = await read(folder, since, usage);
    plantLog(folder, events, logText(events));
    const after = await read(folder, since, usage);
    expect(before.count).toBe(1);
    expect(after.count).toBeGreaterThan(1);
  });
});

function isQuestion({ runId, callId }: { runId: string; callId: string }, events: readonly RunEvent[]): boolean {
  return events.some(
    (event) =>
      event.type === "call.started" && event.runId === runId && event.callId === callId && event.kind === "rlm",
  );
}
