import { describe, expect, it } from "vitest";
import { RunTree } from "../../../src/rlm/run-tree.ts";
import { ProgressLines } from "../../../src/vscode/agents/progress-lines.ts";
import { noAnswer, toldAnswer } from "../../../src/vscode/agents/told-answer.ts";
import { answer, asked, cell, replies } from "../../support/asking.ts";

const files = { "src/retry.ts": "// Retries\nexport const longestRetryWait = 71;\n", "README.md": "# Readme\n" };
const script = replies([cell('search("longestRetryWait")'), answer("It is 71 [src/retry.ts:2] [gone.ts:1].")]);

async function treeOf(...args: Parameters<typeof asked>): Promise<RunTree> {
  const tree = new RunTree();
  for (const event of (await asked(...args)).events) tree.add(event);
  return tree;
}

describe("the answer for another agent", () => {
  it("holds the answer, what checking its citations gave, and what it took", async () => {
    const text = toldAnswer(await treeOf(script, { files }));
    expect(text).toContain("It is 71 [src/retry.ts:2]");
    expect(text).toContain("- src/retry.ts:2-2 (read");
    expect(text).toContain("- gone.ts:1-1 (not there)");
    expect(text).toMatch(/\(2 turns, 0 calls, .*tok, cost unknown\)$/);
    expect(text).not.toContain("partial");
  });

  it("says that it is partial, and why", async () => {
    const looking = replies([cell("print(1)"), (last) => (last.includes("no more") ? "x" : answer("Perhaps 71."))]);
    const text = toldAnswer(await treeOf(looking, { files, limits: { turns: 1 } }));
    expect(text).toContain("Perhaps 71.");
    expect(text).toContain("[Stopped at your limit of 1 turn: partial answer]");
  });

  it("is a failure with a code where there is none", async () => {
    const tree = await treeOf(script, { files, server: { apiKey: "other" } });
    expect(() => toldAnswer(tree)).toThrow(noAnswer(tree).message);
    expect(noAnswer(tree).code).toBe("auth");
  });
});

describe("the lines of progress", () => {
  it("are each told once, in the order of what was done", async () => {
    const { events } = await asked(script, { files });
    const tree = new RunTree();
    const lines = new ProgressLines();
    const told = events.flatMap((event) => {
      tree.add(event);
      return lines.next(tree, event.at);
    });
    expect(told).toEqual(["Collecting files", "Looking at 2 files", "Searching “longestRetryWait”"]);
  });

  it("say what came of steps that are over when they are told first", async () => {
    const tree = await treeOf(script, { files });
    expect(new ProgressLines().next(tree, 0)).toEqual([
      "Looking at 2 files",
      "Searched “longestRetryWait”: 1 hit, 1 file",
    ]);
  });
});
