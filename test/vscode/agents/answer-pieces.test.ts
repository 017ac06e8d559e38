import { expect, it } from "vitest";
import type { Citation } from "../../../src/rlm/events.ts";
import { answerPieces } from "../../../src/vscode/agents/answer-pieces.ts";

const citation = (path: string, from: number, to: number, status: Citation["status"] = "seen"): Citation => ({
  path,
  from,
  to,
  status,
});
const retry = citation("src/retry.ts", 2, 4);
const main = citation("app/[id]/main.ts", 7, 7, "exists");

it("cuts an answer at what it cites, and keeps the rest as it is", () => {
  expect(answerPieces("Waits [src/retry.ts:2-4].\n", [retry])).toEqual([
    { kind: "markdown", text: "Waits " },
    { kind: "citation", citation: retry },
    { kind: "markdown", text: ".\n" },
  ]);
});

it("parts several places of one bracket", () => {
  expect(answerPieces("[src/retry.ts:2-4; app/[id]/main.ts:7]", [retry, main])).toEqual([
    { kind: "citation", citation: retry },
    { kind: "markdown", text: ", " },
    { kind: "citation", citation: main },
  ]);
});

it("leaves links, code blocks and places that nobody has checked alone", () => {
  const text = "[a](b)\r\n```\n[src/retry.ts:2-4]\n```\n[other.ts:1] [x]";
  expect(answerPieces(text, [retry])).toEqual([{ kind: "markdown", text }]);
});

it("finds its way in an answer of lines with either ending", () => {
  const pieces = answerPieces("one\r\ntwo [src/retry.ts:2-4]\n\n```js\nx\n```\nthree [src/retry.ts:2-4]", [retry]);
  expect(pieces.map((piece) => (piece.kind === "markdown" ? piece.text : "@"))).toEqual([
    "one\r\ntwo ",
    "@",
    "\n\n```js\nx\n```\nthree ",
    "@",
  ]);
});
