import { describe, expect, it, vi } from "vitest";
import type { RunEvent } from "../../../src/rlm/events.ts";
import { RunTree } from "../../../src/rlm/run-tree.ts";
import { AnswerText, answerIn } from "../../../src/vscode/agents/answer-text.ts";
import { answer, asked, cell, replies } from "../../support/asking.ts";
import type { Script } from "../../support/scripted-server.ts";

vi.mock("vscode", () => ({}));

const files = { "src/my file (1).ts": "// Retries\nexport const longestRetryWait = 71;\n", "README.md": "# Readme\n" };

/** The pieces of the text, one for each event that brought some. */
function piecesOf(events: readonly RunEvent[]): string[] {
  const tree = new RunTree();
  const text = new AnswerText();
  const pieces = events.map((event) => {
    tree.add(event);
    return tree.finished ? "" : text.next(tree, event.at);
  });
  return [...pieces, text.end(tree, tree.lastAt)].filter((piece) => piece !== "");
}

/** Looks for the wait first; the replies after that come in pieces. */
function inPieces(...later: readonly (readonly string[])[]): Script {
  return (request) => {
    const turn = request.messages.filter(({ role }) => role === "assistant").length;
    return turn === 0
      ? cell('search("longestRetryWait")')
      : { deltas: later[turn - 1]?.flatMap((text) => [text, 5]) ?? [] };
  };
}

const whole = "It is 71 [src/my file (1).ts:2].\n\n```js\nx\n```\n\n---\n\nSee [gone.ts:1].";

describe("the reply of one of our models", () => {
  it("says what is done, then the answer, then what checking its citations gave and what it took", async () => {
    const { events } = await asked(replies([cell('search("longestRetryWait")'), answer(whole)]), { files });
    const text = piecesOf(events).join("");
    expect(text).toMatch(/^> \*Collecting files\* {2}\n> \*Looking at 2 files\* {2}\n> \*Search\S+ “longestRetryWait”/);
    expect(text).toContain(`\n\n${whole}\n\n---\n\n*RLM: 2 turns, 0 calls, `);
    expect(text).toContain("- [src/my file (1).ts](src/my%20file%20%281%29.ts#L2), 2");
    expect(text).toContain("- gone.ts, 1 (not found)");
    expect(answerIn(text)).toBe(whole);
  });

  it("streams the answer while it is written, but for what may not belong to it", async () => {
    const pieces = ["````", "answer\nIt ", "is 71.", "\n```js\n", "x\n```", "\nYes. ", "\n``", "``\n"];
    const { events } = await asked(inPieces(pieces), { files });
    const told = piecesOf(events);
    expect(told.length).toBeGreaterThan(5);
    expect(told.join("")).toContain("\n\nIt is 71.\n```js\nx\n```\nYes.\n\n---\n\n*RLM: ");
    expect(told.at(-1)).not.toContain("It");
  });

  it("holds back what a failed cell may undo", async () => {
    const undone = [cell("throw new Error('no')"), `\n\n${answer("Wrong.")}`];
    const { events } = await asked(inPieces(undone, [answer("Right.")]), { files });
    const text = piecesOf(events).join("");
    expect(text).not.toContain("Wrong.");
    expect(answerIn(text)).toBe("Right.");
  });

  it("holds back a guess, which is refused before anything was looked at", async () => {
    const guess: Script = (request) => {
      const turn = request.messages.filter(({ role }) => role === "assistant").length;
      if (turn === 0) return { deltas: ["````answer\nA guess", 5, " it is.\n", 5, "````"] };
      return turn === 1 ? cell('search("longestRetryWait")') : answer("Right.");
    };
    const { events } = await asked(guess, { files });
    const text = piecesOf(events).join("");
    expect(text).not.toContain("guess");
    expect(answerIn(text)).toBe("Right.");
  });

  it("gives the answer once more where what it had begun with was none", async () => {
    // An answer that is cut off is asked for again.
    const script: Script = (request) => {
      const turn = request.messages.filter(({ role }) => role === "assistant").length;
      if (turn === 0) return cell('search("longestRetryWait")');
      return turn === 1
        ? { deltas: ["````answer\nFirst ", 5, "words"], finishReason: "length" }
        : answer("Other words.");
    };
    const { events, result } = await asked(script, { files });
    expect(result.answer).toContain("Other words.");
    const text = piecesOf(events).join("");
    expect(text).toContain("First");
    expect(answerIn(text)).toBe(result.answer?.trim());
  });

  it("says that an answer is partial", async () => {
    const looking = replies([cell("print(1)"), (last) => (last.includes("no more") ? "x" : answer("Perhaps."))]);
    const { events } = await asked(looking, { files, limits: { turns: 1 } });
    expect(piecesOf(events).join("")).toContain("*RLM: Stopped at your limit of 1 turn: partial answer · 2 turns");
  });

  it("can't be written into by what a run looks for", async () => {
    const { events } = await asked(replies([cell('search("a*b](x)\\n---")'), answer("No.")]), { files });
    expect(piecesOf(events).join("")).toContain("a\\*b\\](x)");
  });
});

it("takes a text that is none of ours as it is", () => {
  expect(answerIn(" > *quoted*\n\nYes.\n\n---\n\nEnd ")).toBe("> *quoted*\n\nYes.\n\n---\n\nEnd");
});
