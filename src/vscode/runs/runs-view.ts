import * as vscode from "vscode";
import { failureOf } from "../../rlm/failure.ts";
import type { RunSummary } from "../../runs/run-index.ts";
import type { Doors } from "../doors.ts";
import { views } from "../ids.ts";
import { byDay, type Day } from "./run-days.ts";
import { type ListedRun, runItem, runTooltip } from "./run-item.ts";

type Node = Day<ListedRun> | ListedRun;

/** A run that goes on, and logs that change, are shown anew at most this often (milliseconds). */
const refreshEvery = 500;

/** The native view of all runs of the workspace, by day. */
export class RunsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #doors: Doors;
  readonly #view: vscode.TreeView<Node>;
  readonly #changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #watching: vscode.Disposable[] = [];
  /** Only while the view is visible. */
  #whileVisible: vscode.Disposable | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** The items of runs that go on, as they were handed to the list. */
  #live: ListedRun[] = [];

  constructor(doors: Doors) {
    this.#doors = doors;
    this.#view = vscode.window.createTreeView(views.runs, { treeDataProvider: this, showCollapseAll: true });
    this.#watching.push(
      this.#view,
      this.#view.onDidChangeVisibility(() => this.#visibilityChanged()),
      doors.store.onDidChange(() => this.refreshSoon()),
      doors.runs.onDidChange(() => this.refreshSoon()),
    );
  }

  /** The id of the run that is selected in the list. */
  get selected(): string | undefined {
    const [node] = this.#view.selection;
    return node && "runId" in node ? node.runId : undefined;
  }

  refreshSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#changed.fire(undefined);
    }, refreshEvery);
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (node) return "runs" in node ? [...node.runs] : [];
    if (!this.#whileVisible) this.#visibilityChanged();
    const runs = await this.#list();
    this.#live = runs.filter(({ live }) => live !== null);
    return byDay(runs, Date.now());
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return "runs" in node ? dayItem(node) : runItem(node);
  }

  resolveTreeItem(item: vscode.TreeItem, node: Node): vscode.TreeItem {
    if (!("runs" in node)) item.tooltip = runTooltip(node);
    return item;
  }

  dispose(): void {
    this.#whileVisible?.dispose();
    for (const each of this.#watching) each.dispose();
    if (this.#timer) clearTimeout(this.#timer);
    this.#changed.dispose();
  }

  async #list(): Promise<ListedRun[]> {
    const { store, runs } = this.#doors;
    const logged = await store.list().catch((error: unknown) => {
      this.#doors.log.warn(failureOf(error).message);
      return { runs: [], unreadable: [] };
    });
    this.#view.message = unreadableMessage(logged.unreadable.length);
    const listed = logged.runs.map((facts) => this.#listed(facts));
    const known = new Set(listed.map(({ runId }) => runId));
    const fresh = runs.all.filter(({ watched }) => !known.has(watched.run.id));
    const starting = fresh.map(({ watched }): ListedRun => {
      const startedAt = watched.events[0]?.at ?? Date.now();
      return {
        runId: watched.run.id,
        question: watched.question,
        startedAt,
        state: "running",
        facts: null,
        live: watched,
      };
    });
    return [...starting.reverse(), ...listed];
  }

  #listed(facts: RunSummary): ListedRun {
    const { runId, question, startedAt, state } = facts;
    return { runId, question, startedAt, state, facts, live: this.#doors.runs.find(runId)?.watched ?? null };
  }

  #visibilityChanged(): void {
    const wasWatching = this.#whileVisible !== null;
    if (this.#view.visible && !wasWatching) {
      this.#whileVisible = this.#watch();
      this.refreshSoon();
    } else if (!this.#view.visible && wasWatching) {
      this.#whileVisible?.dispose();
      this.#whileVisible = null;
    }
  }

  /** Follows runs that go on here, and the logs that other windows write. */
  #watch(): vscode.Disposable {
    const ticking = setInterval(() => {
      for (const run of this.#live) this.#changed.fire(run);
    }, refreshEvery);
    const pattern = new vscode.RelativePattern(vscode.Uri.file(this.#doors.store.folder), "*.{jsonl,running}");
    const logs = vscode.workspace.createFileSystemWatcher(pattern, false, true, false);
    return vscode.Disposable.from(
      { dispose: () => clearInterval(ticking) },
      logs,
      logs.onDidCreate(() => this.refreshSoon()),
      logs.onDidDelete(() => this.refreshSoon()),
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) this.refreshSoon();
      }),
    );
  }
}

function dayItem(day: Day<ListedRun>): vscode.TreeItem {
  const item = new vscode.TreeItem(dayLabel(day), vscode.TreeItemCollapsibleState.Expanded);
  item.id = day.name === "date" ? String(day.at) : day.name;
  item.contextValue = "day";
  return item;
}

function dayLabel(day: Day<ListedRun>): string {
  switch (day.name) {
    case "today":
      return vscode.l10n.t("Today");
    case "yesterday":
      return vscode.l10n.t("Yesterday");
    case "date":
      return new Date(day.at).toLocaleDateString(vscode.env.language, { dateStyle: "full" });
  }
}

function unreadableMessage(count: number): string {
  if (count === 0) return "";
  return count === 1 ? vscode.l10n.t("1 run can't be read.") : vscode.l10n.t("{0} runs can't be read.", count);
}
