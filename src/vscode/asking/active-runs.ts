import * as vscode from "vscode";
import { runningContext } from "../ids.ts";
import type { WatchedRun } from "./watched-run.ts";

/** A run that goes on, and the trace it is watched in. */
export interface ActiveRun {
  readonly watched: WatchedRun;
  /** Brings the trace into sight. */
  show(): void;
}

/** The runs that are going on in this window. */
export class ActiveRuns {
  readonly #runs = new Map<string, ActiveRun>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #ended = new vscode.EventEmitter<ActiveRun>();
  /** Fires when a run has begun or is over. */
  readonly onDidChange = this.#changed.event;
  /** Fires with each run that is over. */
  readonly onDidEnd = this.#ended.event;

  /** Keeps a run until it has finished. @param show brings its trace into sight */
  add(watched: WatchedRun, show: () => void): void {
    const active = { watched, show };
    const { id, result } = watched.run;
    this.#runs.set(id, active);
    this.#tell();
    void result.then(() => {
      this.#runs.delete(id);
      this.#tell();
      this.#ended.fire(active);
    });
  }

  /** In the order in which they began. */
  get all(): readonly ActiveRun[] {
    return [...this.#runs.values()];
  }

  get ids(): ReadonlySet<string> {
    return new Set(this.#runs.keys());
  }

  find(runId: string): ActiveRun | undefined {
    return this.#runs.get(runId);
  }

  /** `RLM: Stop` */
  async stop(): Promise<void> {
    (await this.#pick("RLM: Stop"))?.watched.run.cancel();
  }

  /** `RLM: Show Trace` */
  async showTrace(): Promise<void> {
    (await this.#pick("RLM: Show Trace"))?.show();
  }

  /** The only run, or the one that the user picks where several go on. */
  async #pick(title: string): Promise<ActiveRun | undefined> {
    const runs = this.all;
    if (runs.length <= 1) return runs[0];
    const items = runs.map((active) => ({ label: active.watched.question, active }));
    const placeHolder = vscode.l10n.t("Which question?");
    return (await vscode.window.showQuickPick(items, { title, placeHolder, ignoreFocusOut: true }))?.active;
  }

  /** Stops all, and resolves when they are over. */
  async stopAll(): Promise<void> {
    const runs = this.all.map(({ watched }) => watched.run);
    for (const run of runs) run.cancel();
    await Promise.all(runs.map(({ result }) => result));
  }

  dispose(): void {
    this.#changed.dispose();
    this.#ended.dispose();
  }

  #tell(): void {
    void vscode.commands.executeCommand("setContext", runningContext, this.#runs.size > 0);
    this.#changed.fire();
  }
}
