import { describe, expect, it, vi } from "vitest";
import { foldEvents } from "../../../src/rlm/run-tree.ts";
import { type ExchangeNow, shownExchange, shownProgress, titleOf } from "../../../src/vscode/chat/chat-shown.ts";
import { failedResult, resultOf, stoppedResult } from "../../../src/vscode/chat/chat-words.ts";
import type { Exchange, ExchangeResult } from "../../../src/vscode/chat/conversations.ts";
import { sampleRun } from "../../support/sample-run.ts";

vi.mock("vscode", () => import("../../support/fake-vscode.ts"));

const now: ExchangeNow = { goesOn: false, elsewhere: false, watched: null, stale: [], raise: null };

function exchange(change: Partial<Exchange> = {}): Exchange {
  return {
    id: "x1",
    askedAt: 0,
    question: "Where?",
    about: { workspace: true, attachments: [] },
    limits: {},
    state: "done",
    runId: "r1",
    result: null,
    ...change,
  };
}

function ended(end: "answered" | "cancelled" | "turns"): ExchangeResult {
  const result = resultOf(foldEvents(sampleRun(end)));
  if (!result) throw new Error("The sample has not ended.");
  return result;
}

describe("an exchange as it is shown", () => {
  it("was interrupted where its run goes on nowhere, and is left alone where it goes on in another window", () => {
    const running = exchange({ state: "running" });
    expect(shownExchange(running, { ...now, goesOn: true }).state).toBe("running");
    const lost = shownExchange(running, now);
    expect([lost.state, lost.end?.tone, lost.help?.how]).toEqual(["interrupted", "warning", "same"]);
    const elsewhere = shownExchange(running, { ...now, elsewhere: true });
    expect([elsewhere.state, elsewhere.end?.tone, elsewhere.help]).toEqual(["interrupted", "plain", null]);
  });

  it("says how it ended with the one button that helps, and nothing of an answer", () => {
    expect(shownExchange(exchange({ result: ended("answered") }), now)).toMatchObject({ end: null, help: null });
    const limited = shownExchange(exchange({ result: ended("turns") }), { ...now, raise: "Ask again with 40 turns" });
    expect(limited).toMatchObject({
      end: { tone: "warning" },
      help: { label: "Ask again with 40 turns", how: "raised" },
    });
    const failed = shownExchange(exchange({ result: failedResult({ code: "auth", message: "No key." }) }), now);
    expect(failed).toMatchObject({ end: { text: "No key.", tone: "error" }, help: { how: "mend" } });
    const stopped = shownExchange(exchange({ result: stoppedResult() }), now);
    expect(stopped).toMatchObject({ end: { text: "Cancelled", tone: "plain" }, help: { how: "same" } });
  });

  it("tells what it was asked about, in few words", () => {
    const file = (name: string) => ({ kind: "file" as const, uri: `file:///w/src/${name}.ts` });
    const lines = { kind: "selection" as const, uri: "file:///w/a.ts", lines: { from: 3, to: 3 } };
    const about = (workspace: boolean, ...attachments: Exchange["about"]["attachments"]) =>
      shownExchange(exchange({ about: { workspace, attachments } }), now).about;
    expect(about(true)).toBe("workspace");
    expect(about(true, lines)).toBe("workspace · pointing at a.ts:3");
    expect(about(false, file("a"), { ...lines, lines: { from: 3, to: 9 } })).toBe("src/a.ts, a.ts:3-9");
    expect(about(false, file("a"), file("b"), file("c"), file("d"))).toBe("src/a.ts, src/b.ts, 2 more");
    expect(shownExchange(exchange({ result: ended("answered") }), now).about).toMatch(/^workspace · 1,204 files · ≈/);
  });

  it("is named by its first question, in one line", () => {
    expect(titleOf([exchange({ question: "Where\nis it?" }), exchange()])).toBe("Where is it?");
  });
});

describe("the answer that is being written", () => {
  const begun = sampleRun("writing");
  const first = begun.findLastIndex(({ type }) => type === "turn.started");
  const delta = begun[first + 1];
  const written = "````answer\nIt waits at most 8 s.";
  const tree = foldEvents([
    ...begun.slice(0, first + 1),
    ...(delta?.type === "reply.delta" ? [{ ...delta, text: written }] : []),
  ]);
  const watched = { tree } as never;

  it("is sent from where the page has it, and anew where it begins otherwise", () => {
    const whole = shownProgress("x1", watched, "", 0).draft;
    expect([whole.from, whole.text.length > 10]).toEqual([0, true]);
    const rest = shownProgress("x1", watched, whole.text.slice(0, 10), 0).draft;
    expect(rest).toEqual({ from: 10, text: whole.text.slice(10) });
    expect(shownProgress("x1", watched, "Something else", 0).draft).toEqual(whole);
  });
});
