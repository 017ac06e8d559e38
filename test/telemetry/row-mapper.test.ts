import { expect, it } from "vitest";
import type { EventOf, RunEvent } from "../../src/rlm/events.ts";
import { RowMapper } from "../../src/telemetry/row-mapper.ts";
import type { TableName, TableRow } from "../../src/telemetry/rows.ts";
import { eventsOf } from "../support/asking.ts";
import { sampleRun } from "../support/sample-run.ts";

const [started] = eventsOf(sampleRun(), "run.started");
const [finished] = eventsOf(sampleRun(), "run.finished");
const at = { at: 1_000, runId: "r1", depth: 0 };
const usage = { input: 10, cachedInput: 0, output: 1, reasoning: 0, estimated: false };
const cellOf = { turn: 1, cell: 1 };

/** What events make, in the tables that are named. */
function rowsOf(events: readonly (RunEvent | null | undefined)[], table: TableName, queryId = "q"): readonly unknown[] {
  const mapper = new RowMapper({ content: false, factsOf: () => ({ queryId, priceOf: () => null }) });
  const rows = events.flatMap((event): readonly TableRow[] => (event ? mapper.rows(event) : []));
  return rows.filter(([name]) => name === table).map(([, row]) => row);
}

function startedWith(root: string): RunEvent | null {
  return started ? { ...started, ...at, models: { ...started.models, root, sub: root } } : null;
}

function call(model: string, code?: string): RunEvent[] {
  const own = { ...at, ...cellOf, callId: "c1" };
  const error = code === undefined ? {} : { error: { code, message: "no" } };
  return [
    { ...own, type: "call.started", seq: 2, kind: "llm", model, prompt: "p" },
    { ...own, type: "call.finished", seq: 3, reply: "r", usage, costUsd: 0, ms: 4, ...error },
  ];
}

function reply(model: string, ms = 5): EventOf<"reply.finished"> {
  const own = { ...at, seq: 9, turn: 1, model, text: "t", usage, costUsd: 0, ms };
  return { ...own, type: "reply.finished", finishReason: "stop" };
}

it("stores the name of a model that was chosen as it is, and any other only where it can be one", () => {
  const modelOf = (events: readonly (RunEvent | null)[]) => rowsOf(events, "calls")[0];
  const chosen = startedWith("My model (large)");
  expect(modelOf([chosen, reply("My model (large)")])).toMatchObject({ model: "My model (large)" });
  expect(modelOf([chosen, ...call("My model (large)", "unknown-model")])).toMatchObject({ model: "My model (large)" });
  expect(modelOf([chosen, ...call("org/model-2:q4@x")])).toMatchObject({ model: "org/model-2:q4@x" });
  for (const made of ["a piece of the code", "sk-proj-abcdef0123456789", "x".repeat(201), ""]) {
    expect(modelOf([chosen, ...call(made)])).toMatchObject({ model: "other" });
  }
  expect(modelOf([chosen, ...call("hunter2", "unknown-model")])).toMatchObject({ model: "other" });
});

it("names the model of a sub-call in no event before the call has ended", () => {
  const events = rowsOf([startedWith("gpt-5"), ...call("hunter2", "unknown-model")], "events");
  expect(JSON.stringify(events)).not.toContain("hunter2");
});

it("cuts an id that the caller has set after 200 characters, and keeps what can be stored of it", () => {
  expect(rowsOf([startedWith("m")], "runs", `\0${"i".repeat(300)}`)).toMatchObject([{ query_id: "i".repeat(199) }]);
});

it("knows no time that is negative or none", () => {
  for (const ms of [-5, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(rowsOf([startedWith("m"), reply("m", ms)], "calls")).toMatchObject([{ duration_ms: 0 }]);
  }
});

it("makes no row of an event that happened at no time", () => {
  for (const time of [Number.NaN, 9e15, Number.NEGATIVE_INFINITY]) {
    expect(rowsOf([startedWith("m"), { ...reply("m"), at: time }], "calls")).toEqual([]);
  }
});

it("adds up what a cell has printed", () => {
  const printed = ["12345", "678"].map(
    (text, i): RunEvent => ({ ...at, ...cellOf, type: "cell.output", seq: 3 + i, text }),
  );
  const rows = rowsOf(
    [
      startedWith("m"),
      { ...at, ...cellOf, type: "cell.started", seq: 2, code: "print()" },
      ...printed,
      { ...at, ...cellOf, type: "cell.finished", seq: 8, cpuMs: 1, ms: 2, memory: "kept" },
    ],
    "cells",
  );
  expect(rows).toMatchObject([{ code_chars: 7, output_chars: 8 }]);
});

it("counts citations that name what is not there, and those that no model was shown, as flagged", () => {
  const citations = (["missing", "exists", "seen", "quoted"] as const).map((status) => ({
    path: "a",
    from: 1,
    to: 1,
    status,
  }));
  const [row] = rowsOf([finished ? { ...finished, ...at, citations } : null], "runs");
  expect(row).toMatchObject({ citations: 4, citations_flagged: 2 });
});

it("makes a row of a failed reply once the run has said why: its failure, or what ended it", () => {
  const failed: RunEvent = { ...at, type: "reply.failed", seq: 5, turn: 1, model: "m", usage, costUsd: null, ms: 7 };
  expect(rowsOf([startedWith("m"), failed], "calls")).toEqual([]);
  const end = finished ? { ...finished, ...at, seq: 12 } : null;
  const error = { code: "broken-stream", message: "no" };
  const row = { seq: 5, kind: "turn", success: false, duration_ms: 7, input_tokens: 10, cost_usd: null };
  const whole = [startedWith("m"), failed, { ...failed, seq: 6 }];
  expect(rowsOf([...whole, end && { ...end, stopReason: "failed", error }], "calls")).toMatchObject([
    { ...row, error_code: "broken-stream" },
    { ...row, seq: 6, error_code: "broken-stream" },
  ]);
  expect(rowsOf([...whole, end && { ...end, stopReason: "cancelled" }], "calls")[0]).toMatchObject({
    error_code: "cancelled",
  });
});
