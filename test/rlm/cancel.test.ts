import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/rlm/events.ts";
import { answer, byQuestion, cell, eventsOf, replies, startAsking } from "../support/asking.ts";

/** Cancels once `when` has come, and waits for the end. @returns the events, and what came after the cancel */
async function cancelAt(asking: ReturnType<typeof startAsking>, when: (event: RunEvent) => boolean) {
  const { run, server } = await asking;
  const events: RunEvent[] = [];
  for await (const event of run.events()) {
    events.push(event);
    if (when(event)) run.cancel();
  }
  return { result: await run.result, server, events };
}

const started =
  (type: RunEvent["type"], depth = 0) =>
  (event: RunEvent) =>
    event.type === type && event.depth === depth;

describe("a cancel ends the run whatever it does", () => {
  it.each([
    ["computes", "for (;;) {}"],
    ["is stuck in one operation of the engine", '"a".repeat(2e7).replace(/(a*)*b/, "")'],
    ["is stuck in a search of the host", 'search("(a+)+$", { glob: "long.txt" })'],
    ["waits for a promise that never settles", "await new Promise(() => {})"],
    ["makes jobs without end", "const again = () => Promise.resolve().then(again); await again()"],
    ["prints without end", "for (;;) print('x'.repeat(1000))"],
    ["fills the memory", "const all = []; for (;;) all.push(new Array(1000).fill('x'))"],
  ])("a cell that %s", async (_name, code) => {
    const { result, events } = await cancelAt(
      startAsking(replies([cell(`list();\n${code}`)]), { files: { "long.txt": `${"a".repeat(5_000)}b\n` } }),
      started("cell.started"),
    );
    expect(result).toMatchObject({ stopReason: "cancelled", answer: null });
    expect(events.at(-1)?.type).toBe("run.finished");
  });

  it("requests, child runs and theirs: no request is left, and the totals are those of the finished calls", async () => {
    const slow = byQuestion(
      {
        "What is it?": [
          cell('list(); await rlm_query_batched(["a", "b", "c"].map((t) => ({ question: "child?", sub: t })))'),
        ],
        "child?": [cell('await llm_query("first " + read()); await llm_query("slow " + read())')],
      },
      (prompt) => `seen ${prompt}`,
    );
    let waiting = 0;
    const { result, server, events } = await cancelAt(
      startAsking(
        async (request) => {
          if (request.messages[0]?.content.startsWith("slow")) await sleep(10_000);
          return slow(request);
        },
        { limits: { depth: 2 } },
      ),
      (event) =>
        event.type === "call.started" &&
        event.depth === 1 &&
        String(event.prompt).startsWith("slow") &&
        ++waiting === 3,
    );
    expect(result.stopReason).toBe("cancelled");
    await expect.poll(() => server.inFlight).toBe(0);
    expect(server.abandoned).toBeGreaterThan(0);
    const replied = events.filter(
      (event) =>
        event.type === "reply.finished" ||
        (event.type === "call.finished" && event.reply !== undefined && !event.parent),
    );
    expect(replied.length).toBeGreaterThan(0);
    const spent = [
      ...eventsOf(events, "reply.finished"),
      ...eventsOf(events, "call.finished").filter(({ depth }) => depth === 1),
    ];
    expect(result.totals.usage.output).toBe(spent.reduce((sum, { usage }) => sum + usage.output, 0));
  });

  it("keeps what the model meant as its answer and what was not taken", async () => {
    const { result } = await cancelAt(
      startAsking(
        replies([`${cell("list(); oops()")}\n${answer("A first answer [src/main.ts:1]")}`, cell("for (;;) {}")]),
      ),
      (event) => event.type === "cell.started" && event.turn === 2,
    );
    expect(result).toMatchObject({ stopReason: "cancelled", answer: "A first answer [src/main.ts:1]" });
  });

  it("while files are collected, and before the first reply", async () => {
    for (const type of ["run.started", "turn.started"] as const) {
      const { result } = await cancelAt(
        startAsking(() => sleep(5_000, "late")),
        started(type),
      );
      expect(result.stopReason).toBe("cancelled");
    }
  });
});

it.runIf(process.platform === "linux")(
  "runs leave no thread behind, whether they end or are cancelled",
  { timeout: 120_000 },
  async () => {
    const threads = () => readdirSync("/proc/self/task").length;
    const one = async (cancelled: boolean) => {
      const scripted = byQuestion({
        "What is it?": [
          cell(
            'list(); FINAL(await rlm_query_batched([{ question: "child?", sub: "a" }, { question: "child?", sub: "b" }]))',
          ),
        ],
        "child?": [cell(cancelled ? "for (;;) {}" : "FINAL(read())")],
      });
      const isChildCell = (event: RunEvent) => cancelled && event.type === "cell.started" && event.depth === 1;
      await cancelAt(startAsking(scripted), isChildCell);
    };
    await one(false);
    await expect.poll(threads, { timeout: 5_000 }).toBeLessThan(40);
    await new Promise((settled) => setTimeout(settled, 200));
    const before = threads();
    for (let i = 0; i < 6; i += 1) await one(i % 2 === 0);
    await expect.poll(threads, { timeout: 5_000 }).toBeLessThanOrEqual(before);
  },
);

it("a limit of cost that can't be held is said", async () => {
  const { run } = await startAsking(replies([answer("x")]), { limits: { usd: 0.2 } });
  const warnings: string[] = [];
  for await (const event of run.events()) if (event.type === "warning") warnings.push(event.message);
  expect(warnings).toEqual([expect.stringMatching(/price of “scripted” is not known: the limit of \$0\.200? /)]);
});

it("a reply that was cut off by a cancel counts for what it had written", async () => {
  const { result } = await cancelAt(
    startAsking(() => ({ deltas: ["word ".repeat(100), 30, "more ".repeat(100), 10_000] })),
    (event) => event.type === "reply.delta" && event.text.startsWith("more"),
  );
  expect(result.totals.usage).toMatchObject({ output: 250, estimated: true });
});
