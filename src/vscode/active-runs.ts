import * as vscode from "vscode";
import type { Run } from "../ask.ts";
import { runningContext } from "./ids.ts";

/** The runs that are going on in this window. */
export class ActiveRuns {
  readonly #runs = new Map<Run, string>();

  /** Keeps a run until it has finished. */
  add(run: Run, question: string): void {
    this.#runs.set(run, question);
    this.#changed();
    void run.result.then(() => {
      this.#runs.delete(run);
      this.#changed();
    });
  }

  /** `RLM: Stop`: stops the run, or asks which one where several go on. */
  async stop(): Promise<void> {
    const runs = [...this.#runs.keys()];
    if (runs.length <= 1) runs[0]?.cancel();
    else {
      const items = runs.map((run) => ({ label: this.#runs.get(run) ?? run.id, run }));
      const picked = await vscode.window.showQuickPick(items, {
        title: "RLM: Stop",
        placeHolder: "Which question?",
        ignoreFocusOut: true,
      });
      picked?.run.cancel();
    }
  }

  /** Stops all, when the window goes away. */
  dispose(): void {
    for (const run of this.#runs.keys()) run.cancel();
  }

  #changed(): void {
    void vscode.commands.executeCommand("setContext", runningContext, this.#runs.size > 0);
  }
}
