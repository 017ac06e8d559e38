import type * as vscode from "vscode";
import type { Run } from "../../ask.ts";
import { RunTree } from "../../rlm/run-tree.ts";

/**
 * Follows a run to its end; the token cancels it.
 * @param onChange told after each event
 * @returns all that the run has told
 */
export async function followRun(
  run: Run,
  token: vscode.CancellationToken,
  onChange: (tree: RunTree) => void = () => {},
): Promise<RunTree> {
  const listening = token.onCancellationRequested(() => run.cancel());
  if (token.isCancellationRequested) run.cancel();
  const tree = new RunTree();
  try {
    for await (const event of run.events()) {
      tree.add(event);
      onChange(tree);
    }
    return tree;
  } finally {
    listening.dispose();
  }
}
