import * as vscode from "vscode";
import type { Run } from "../ask.ts";
import { runningContext } from "./ids.ts";

/** Where a run is watched. */
interface RunningTrace {
  readonly question: string;
  /** Brings it into sight. */
  show(): void;
}

/** The runs that are going on in this window. */
export class ActiveRuns {
  readonly #runs = new Map<Run, RunningTrace>();

  /** Keeps a run until it has finished. */
  add(run: Run, trace: RunningTrace): void {
    this.#runs.set(run, trace);
    this.#changed();
    void run.result.then(() => {
      this.#runs.delete(run);
      this.#changed();
    });
  }

  /** `RLM: Stop` */
  async stop(): Promise<void> {
    (await this.#pick("RLM: Stop"))?.cancel();
  }

  /** `RLM: Show Trace` */
  async showTrace(): Promise<void> {
    const run = await this.#pick("RLM: Show Trace");
    if (run) this.#runs.get(run)?.show();
  }

  /** The only run, or the one that the user picks where several go on. */
  async #pick(title: string): Promise<Run | undefined> {
    const runs = [...this.#runs];
    if (runs.length <= 1) return runs[0]?.[0];
    const items = runs.map(([run, { question }]) => ({ label: question, run }));
    const placeHolder = "Which question?";
    return (await vscode.window.showQuickPick(items, { title, placeHolder, ignoreFocusOut: true }))?.run;
  }

  /** Stops all, when the window goes away. */
  dispose(): void {
    for (const run of this.#runs.keys()) run.cancel();
  }

  #changed(): void {
    void vscode.commands.executeCommand("setContext", runningContext, this.#runs.size > 0);
  }
}
