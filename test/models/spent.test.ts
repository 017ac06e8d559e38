import { expect, it } from "vitest";
import type { EventOf, RunEvent } from "../../src/rlm/events.ts";
import { foldEvents } from "../../src/rlm/run-tree.ts";
import { answer, asked, cell, eventsOf, replies, startAsking } from "../support/asking.ts";
import type { ScriptedReply } from "../support/scripted-server.ts";

/** Ends too early, each time. */
const cut: ScriptedReply = { text: "y".repeat(80), finishReason: null };
const usage = { prompt_tokens: 100, completion_tokens: 10, cost: 0.5 };

/** The calls are dear, and there are few of them to learn the price from. */
const dear = { limits: { usd: 1_000 } };

it("what a failed sub-call has written is counted, in its event and in the totals", async () => {
  const { result, events } = await asked(({ model, messages }) => {
    if (model === "scripted-sub") return cut;
    const turn = messages.filter(({ role }) => role === "assistant").length;
    const code = `list(); try { await llm_query("${"q".repeat(40)}") } catch (e) { print(e.message) }`;
    return { text: turn === 0 ? cell(code) : answer("Done."), usage };
  }, dear);
  const call = events.find((event): event is EventOf<"call.finished"> => event.type === "call.finished");
  // Two tries of 40 characters in and 80 out each.
  expect(call).toMatchObject({ error: { code: "broken-stream" }, usage: { input: 20, output: 40 }, costUsd: null });
  expect(result).toMatchObject({ answer: "Done.", totals: { usage: { input: 220, output: 60 }, costUsd: null } });
});

it("what a failed root call has written is counted", async () => {
  const { result, events } = await asked(() => ({ text: "", finishReason: "content_filter", usage }));
  expect(eventsOf(events, "reply.failed")).toMatchObject([
    { turn: 1, usage: { input: 100, output: 10 }, costUsd: 0.5 },
  ]);
  expect(foldEvents(events).turns[0]?.spent).toMatchObject({ costUsd: 0.5 });
  expect(foldEvents(events).gap).toBeNull();
  expect(result).toMatchObject({
    stopReason: "failed",
    error: { code: "empty-reply" },
    totals: { usage: { input: 100, output: 10 }, costUsd: 0.5 },
  });
});

it("a failure that cost nothing leaves the cost known", async () => {
  const { result } = await asked(() => ({ raw: (_req, res) => void res.writeHead(401).end() }));
  expect(result).toMatchObject({ stopReason: "failed", error: { code: "auth" }, totals: { costUsd: 0 } });
});

it("what a try has written is counted where the wait for the next one is cancelled", async () => {
  const { run } = await startAsking((request) => {
    return request.model === "scripted-sub" ? cut : replies([cell('list(); await llm_query("qqqq")')])(request);
  });
  const events: RunEvent[] = [];
  for await (const event of run.events()) {
    events.push(event);
    if (event.type === "call.retrying") run.cancel();
  }
  expect(eventsOf(events, "call.finished")).toMatchObject([{ error: { code: "cancelled" }, usage: { output: 20 } }]);
  const replied = eventsOf(events, "reply.finished")[0]?.usage.output ?? 0;
  expect((await run.result).totals.usage.output).toBe(replied + 20);
});

it("a try is not repeated where the cap leaves no room for both", async () => {
  const price = { input: 1, cachedInput: 1, output: 100 };
  const { result, server } = await asked(
    (request) => {
      if (request.model === "scripted-sub") return { deltas: Array(60).fill("y".repeat(200)), finishReason: null };
      return replies([cell('list(); await llm_query("q").catch(() => 0);'), answer("Done.")])(request);
    },
    { price, limits: { usd: 0.5 } },
  );
  expect(result.totals.costUsd).toBeLessThanOrEqual(0.5);
  expect(result.totals.costUsd).toBeGreaterThan(0.3);
  expect(server.requests.filter(({ model }) => model === "scripted-sub")).toHaveLength(1);
});
