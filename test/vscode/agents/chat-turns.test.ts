import { expect, it } from "vitest";
import { answeredIn, type ChatTurn, lastRunIn, readTurn } from "../../../src/vscode/agents/chat-turns.ts";

const turn = (change: Partial<ChatTurn>): ChatTurn => ({
  ...{ question: "Why?", answer: "Because.", runId: "a", partial: false },
  ...change,
});

it("reads back what was kept, and nothing that others have kept", () => {
  expect(readTurn(JSON.parse(JSON.stringify(turn({}))))).toEqual(turn({}));
  expect([undefined, null, {}, { question: 1 }].map(readTurn)).toEqual([null, null, null, null]);
});

it("tells the next question only of answers, and the trace of the newest run", () => {
  const turns = [turn({}), turn({ question: "How?", answer: null, runId: "b" }), turn({ runId: null })];
  expect(answeredIn(turns).map(({ question }) => question)).toEqual(["Why?", "Why?"]);
  expect(lastRunIn(turns)).toBe("b");
  expect(lastRunIn([])).toBeNull();
});
