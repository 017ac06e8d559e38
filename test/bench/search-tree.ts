import type { Corpus } from "../../src/context/corpus.ts";
import { CancelSource } from "../../src/rlm/cancel.ts";
import { SandboxPool } from "../../src/sandbox/pool.ts";
import { treeHits, treePattern } from "./tree.ts";

/** Searches a tree from a cell, which a first cell has made ready. */
export async function searchTree(corpus: Corpus): Promise<{ seconds: number; right: boolean }> {
  const pool = new SandboxPool();
  const sandbox = pool.start(Promise.resolve({ corpus, history: [] }));
  let output = "";
  const run = (cell: number, code: string) =>
    sandbox.run({
      code,
      turn: 1,
      cell,
      now: 0,
      signal: new CancelSource(),
      onOutput: (text) => {
        output += text;
      },
      onCall: () => Promise.reject(new Error("There is no model.")),
      onWarning: () => {},
      budget: () => ({ turns: 1, calls: 0, tokens: 0, usd: null, seconds: 1 }),
    });
  await run(1, "list().length");
  const startedAt = performance.now();
  await run(2, `print(search(/${treePattern}/))`);
  const seconds = (performance.now() - startedAt) / 1_000;
  await pool.close();
  const hits = output.match(/^ {2}\d+: needle_\d+ found here$/gm)?.length;
  return { seconds, right: hits === treeHits };
}
