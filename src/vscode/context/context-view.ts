import * as vscode from "vscode";
import { CancelSource } from "../../rlm/cancel.ts";
import { failureOf } from "../../rlm/failure.ts";
import { formatCount } from "../../rlm/format.ts";
import type { Doors } from "../doors.ts";
import { views } from "../ids.ts";
import { contextItem, describeAmount } from "./context-item.ts";
import { type ContextNode, ContextTree, type Listing } from "./context-tree.ts";

/** Changed files are counted anew so long after the last change, in milliseconds. */
const settleMs = 1_000;
/** Under steady changes, a pause between two collections is so many times as long as the last one took. */
const pausePerCollection = 10;
/** What a build or a tool writes all the time, and no question is about. */
const noise = /\/(?:\.git|\.hg|\.svn|node_modules)(?:\/|$)/;

/** The native view of what would be asked about: collected when it is first looked at, in a worker. */
export class ContextView implements vscode.TreeDataProvider<ContextNode>, vscode.Disposable {
  readonly #doors: Doors;
  readonly #view: vscode.TreeView<ContextNode>;
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #watching: vscode.Disposable[] = [];
  /** Only while the view is visible. */
  #whileVisible: vscode.Disposable | null = null;
  #listing: Listing | null = null;
  #tree: ContextTree | null = null;
  /** Where the files are, by their shown paths. */
  #uriOf: (shown: string) => vscode.Uri | null = () => null;
  #collecting: CancelSource | null = null;
  #isStale = true;
  #timer: NodeJS.Timeout | null = null;
  /** The time before which changes alone don't lead to another collection. */
  #restUntil = 0;

  constructor(doors: Doors) {
    this.#doors = doors;
    this.#view = vscode.window.createTreeView(views.context, {
      treeDataProvider: this,
      showCollapseAll: true,
      manageCheckboxStateManually: true,
    });
    this.#watching.push(
      this.#view,
      this.#view.onDidChangeVisibility(() => this.#visibilityChanged()),
      this.#view.onDidChangeCheckboxState(({ items }) => void this.#check(items)),
      doors.choice.onDidChange(() => this.#choiceChanged()),
      vscode.workspace.onDidChangeWorkspaceFolders(() => this.refresh()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (exclusions.some((name) => change.affectsConfiguration(name))) this.#soon();
      }),
    );
  }

  /** Collects anew, now or when the view is looked at next. */
  refresh(): void {
    this.#isStale = true;
    if (this.#view.visible) void this.#collect();
  }

  getChildren(node?: ContextNode): ContextNode[] {
    if (!this.#tree) {
      // The list is asked for when the view comes into sight.
      if (!node) this.#visibilityChanged();
      return [];
    }
    if (!node) return this.#tree.children("");
    if (node.kind === "folder") return this.#tree.children(node.path);
    if (node.kind === "left-out") return this.#tree.reasons();
    return node.kind === "reason" ? this.#tree.omitted(node.reason) : [];
  }

  getTreeItem(node: ContextNode): vscode.TreeItem {
    return contextItem(node, this.#tree, this.#uriOf);
  }

  dispose(): void {
    this.#collecting?.abort();
    this.#whileVisible?.dispose();
    for (const each of this.#watching) each.dispose();
    if (this.#timer) clearTimeout(this.#timer);
    this.#changed.dispose();
  }

  #visibilityChanged(): void {
    if (this.#view.visible && !this.#whileVisible) {
      this.#whileVisible = this.#watch();
      if (this.#isStale) void this.#collect();
    } else if (!this.#view.visible && this.#whileVisible) {
      this.#whileVisible.dispose();
      this.#whileVisible = null;
      // What happens meanwhile is not seen.
      this.#isStale = true;
    }
  }

  #watch(): vscode.Disposable {
    const files = vscode.workspace.createFileSystemWatcher("**/*");
    const onFile = ({ path }: vscode.Uri) => {
      if (!noise.test(path)) this.#soon();
    };
    return vscode.Disposable.from(
      files,
      files.onDidCreate(onFile),
      files.onDidChange(onFile),
      files.onDidDelete(onFile),
    );
  }

  #soon(): void {
    this.#isStale = true;
    if (this.#timer) clearTimeout(this.#timer);
    const wait = Math.max(settleMs, this.#restUntil - performance.now());
    this.#timer = setTimeout(() => this.refresh(), wait);
  }

  async #collect(): Promise<void> {
    this.#collecting?.abort();
    const signal = new CancelSource();
    this.#collecting = signal;
    this.#isStale = false;
    const start = performance.now();
    try {
      await vscode.window.withProgress({ location: { viewId: views.context } }, () => this.#collectUnder(signal));
    } catch (error) {
      if (signal.aborted) return;
      const { message } = failureOf(error);
      this.#doors.log.warn(message);
      this.#show(null);
      this.#view.message = message;
    } finally {
      if (this.#collecting === signal) this.#collecting = null;
      const end = performance.now();
      this.#restUntil = end + pausePerCollection * (end - start);
    }
  }

  async #collectUnder(signal: CancelSource): Promise<void> {
    if (!this.#tree) this.#view.message = vscode.l10n.t("Collecting files…");
    const { collectListing } = await import("./context-listing.ts");
    const found = await collectListing(signal, (files) => {
      if (!this.#tree) this.#view.message = vscode.l10n.t("Collecting files: {0}", formatCount(files));
    });
    if (signal.aborted) return;
    this.#uriOf = found?.uriOf ?? (() => null);
    this.#show(found?.listing ?? null);
  }

  #show(listing: Listing | null): void {
    this.#listing = listing;
    this.#choiceChanged();
  }

  #choiceChanged(): void {
    this.#tree = this.#listing && new ContextTree(this.#listing, this.#doors.choice.without);
    this.#view.message = this.#tree ? describeAmount(this.#tree.total) : "";
    if (this.#tree) void this.#doors.choice.count(this.#tree.total);
    this.#changed.fire(undefined);
  }

  async #check(items: readonly (readonly [ContextNode, vscode.TreeItemCheckboxState])[]): Promise<void> {
    if (!this.#listing) return;
    let { without } = this.#doors.choice;
    for (const [node, state] of items) {
      if (node.kind !== "folder" && node.kind !== "file") continue;
      const tree = new ContextTree(this.#listing, without);
      const isIn = state === vscode.TreeItemCheckboxState.Checked;
      without = isIn ? tree.withoutAllBut(node.path) : tree.withoutAlso(node.path);
    }
    await this.#doors.choice.takeOut(without);
  }
}

const exclusions = ["files.exclude", "search.exclude", "rlm.exclude"];
