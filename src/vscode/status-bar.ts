import * as vscode from "vscode";
import { oneLine } from "../rlm/cut.ts";
import type { Serving } from "./agents/serving.ts";
import type { ActiveRun, ActiveRuns } from "./asking/active-runs.ts";
import { commands, views } from "./ids.ts";
import { liveDescription } from "./runs/run-item.ts";

/** The item is written anew at most this often (milliseconds). */
const refreshEvery = 500;
const questionChars = 60;

/** The one item in the status bar: what goes on, or that nothing does. */
export class StatusBar {
  readonly #runs: ActiveRuns;
  readonly #serving: Serving;
  readonly #item: vscode.StatusBarItem;
  readonly #watching: vscode.Disposable[];
  #timer: NodeJS.Timeout | null = null;
  /** The last run, where it has failed and nothing was asked since. */
  #failed: { readonly active: ActiveRun; readonly reason: string } | null = null;

  constructor(runs: ActiveRuns, serving: Serving) {
    this.#runs = runs;
    this.#serving = serving;
    this.#item = vscode.window.createStatusBarItem("rlm.status", vscode.StatusBarAlignment.Left, 0);
    this.#item.name = "RLM";
    this.#watching = [
      serving.onDidChange(() => this.#write()),
      runs.onDidChange(() => this.#runsChanged()),
      runs.onDidEnd((ended) => void this.#ended(ended)),
    ];
    this.#write();
    this.#item.show();
  }

  dispose(): void {
    for (const each of this.#watching) each.dispose();
    if (this.#timer) clearInterval(this.#timer);
    this.#item.dispose();
  }

  #runsChanged(): void {
    const isRunning = this.#runs.all.length > 0;
    if (isRunning) {
      this.#failed = null;
      this.#timer ??= setInterval(() => this.#write(), refreshEvery);
    } else if (this.#timer) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
    this.#write();
  }

  async #ended(active: ActiveRun): Promise<void> {
    const { error } = await active.watched.run.result;
    if (!error || error.code === "cancelled" || this.#runs.all.length > 0) return;
    this.#failed = { active, reason: error.message };
    this.#write();
  }

  #write(): void {
    const [first, ...others] = this.#runs.all;
    if (first) this.#showRunning(first, others.length);
    else if (this.#failed) this.#showFailed(this.#failed);
    else this.#showIdle();
  }

  #showIdle(): void {
    const { url } = this.#serving;
    this.#item.text = url === null ? "$(sparkle) RLM" : `$(broadcast) RLM :${new URL(url).port}`;
    this.#item.tooltip =
      url === null
        ? vscode.l10n.t("RLM: Ask about this codebase")
        : vscode.l10n.t("RLM: Ask about this codebase. The server listens at {0}.", url);
    this.#item.command = `${views.chat}.focus`;
  }

  #showRunning({ watched }: ActiveRun, others: number): void {
    const more = others > 0 ? vscode.l10n.t(" and {0} more", others) : "";
    this.#item.text = `$(sync~spin) RLM ${liveDescription(watched)}${more}`;
    this.#item.tooltip = vscode.l10n.t("{0} — show the trace", oneLine(watched.question, questionChars));
    this.#item.command = commands.showTrace;
  }

  #showFailed({ active, reason }: { active: ActiveRun; reason: string }): void {
    this.#item.text = "$(error) RLM";
    this.#item.tooltip = vscode.l10n.t("{0} — show the trace", oneLine(reason, 200));
    const { id } = active.watched.run;
    this.#item.command = { command: commands.openRun, title: vscode.l10n.t("Open Trace"), arguments: [id] };
  }
}
