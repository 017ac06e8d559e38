import * as vscode from "vscode";
import type { Run } from "../../ask.ts";
import type { RunEvent } from "../../rlm/events.ts";
import { RunTree } from "../../rlm/run-tree.ts";
import type { FanOutQuestions } from "./fan-out-questions.ts";

/** Where a run is shown with what it asks. */
export interface RunView {
  readonly visible: boolean;
}

/** A run of this window, for whoever watches it: a trace, the chat, the status bar, the log. */
export class WatchedRun {
  readonly run: Run;
  readonly question: string;
  /** What the run asks its user. */
  readonly fanOuts: FanOutQuestions;
  /** All that it has told so far. */
  readonly events: readonly RunEvent[];
  /** The same, folded. */
  readonly tree = new RunTree();
  readonly #events: RunEvent[] = [];
  readonly #told = new vscode.EventEmitter<RunEvent>();
  /** Fires for each event, once it is in `events`. */
  readonly onEvent = this.#told.event;

  readonly #views = new Set<RunView>();
  readonly #viewsChanged = new vscode.EventEmitter<void>();
  /** Fires when a view comes, goes, or is shown or hidden. */
  readonly onViews = this.#viewsChanged.event;

  constructor(run: Run, question: string, fanOuts: FanOutQuestions) {
    this.run = run;
    this.question = question;
    this.fanOuts = fanOuts;
    this.events = this.#events;
    void this.#read();
  }

  /** True while a view shows the run, so that what it asks can be answered there. */
  get inSight(): boolean {
    return [...this.#views].some((view) => view.visible);
  }

  /** @returns what takes the view away */
  addView(view: RunView): vscode.Disposable {
    this.#views.add(view);
    this.viewsChanged();
    return new vscode.Disposable(() => {
      this.#views.delete(view);
      this.viewsChanged();
    });
  }

  /** To be called when a view was shown or hidden. */
  viewsChanged(): void {
    this.#viewsChanged.fire();
  }

  async #read(): Promise<void> {
    for await (const event of this.run.events()) {
      this.#events.push(event);
      this.tree.add(event);
      this.fanOuts.take(event);
      this.#told.fire(event);
    }
    this.#told.dispose();
    this.#viewsChanged.dispose();
  }
}
