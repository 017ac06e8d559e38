import * as vscode from "vscode";
import { oneLine } from "../../rlm/cut.ts";
import type { RunEvent } from "../../rlm/events.ts";
import type { FanOutChoice } from "../../rlm/fan-out.ts";
import { type FromTraceView, fromTraceView, type ToTraceView } from "../../webview/trace/protocol.ts";
import type { WatchedRun } from "../asking/watched-run.ts";
import { openLink } from "../files/open-link.ts";
import { openRange } from "../files/open-range.ts";
import { commands, traceView } from "../ids.ts";
import { loadPage } from "../webview-page.ts";
import { stalePaths } from "./stale-files.ts";

/** Events are sent together, at most this often (milliseconds). */
const sendEvery = 50;
const titleChars = 40;

/** The panels of this window by the ids of their runs. */
const openPanels = new Map<string, vscode.WebviewPanel>();

/** Shows a run as its trace: in one panel, which is opened again when it was closed. Closing it does not stop the run. */
export class Trace {
  readonly #extensionUri: vscode.Uri;
  readonly #watched: WatchedRun;

  constructor(extensionUri: vscode.Uri, watched: WatchedRun) {
    this.#extensionUri = extensionUri;
    this.#watched = watched;
  }

  /** Brings the panel into sight. */
  show(): void {
    const { run, question } = this.#watched;
    if (!revealTrace(run.id)) fillTrace(newTracePanel(question), this.#extensionUri, liveTrace(this.#watched));
  }
}

/** What a panel shows, and who does what it asks for. */
export interface TracedRun {
  readonly runId: string;
  /** All of it so far. */
  readonly events: readonly RunEvent[];
  /** True once no more will come. */
  readonly over: boolean;
  /** Calls back for each event that follows, once it is in `events`. @returns what ends it */
  onEvent(listener: () => void): vscode.Disposable;
  /** Told where it is shown, and whenever that comes into sight or goes. @returns what takes the view away */
  addView(panel: vscode.WebviewPanel): vscode.Disposable;
  viewsChanged(): void;
  /** Where a path of its context is: a path on disk or a URI; null where it has none. */
  fileOf(path: string): string | null | Promise<string | null>;
  stop(): void;
  decide(asked: number, choice: FanOutChoice): void;
}

function liveTrace(watched: WatchedRun): TracedRun {
  const { run, fanOuts, events } = watched;
  return {
    runId: run.id,
    events,
    over: false,
    onEvent: (listener) => watched.onEvent(listener),
    addView: (panel) => watched.addView(panel),
    viewsChanged: () => watched.viewsChanged(),
    fileOf: (path) => run.fileOf(path),
    stop: () => run.cancel(),
    decide: (asked, choice) => fanOuts.decide(asked, choice),
  };
}

/** Brings the panel of a run into sight. @returns false where there is none in this window */
export function revealTrace(runId: string): boolean {
  const panel = openPanels.get(runId);
  panel?.reveal();
  return panel !== undefined;
}

/** An empty panel where traces are, with its title. */
export function newTracePanel(question: string): vscode.WebviewPanel {
  const options = { enableFindWidget: true };
  return vscode.window.createWebviewPanel(traceView, oneLine(question, titleChars), columnForTraces(), options);
}

/** Fills a panel with the trace of a run. */
export function fillTrace(panel: vscode.WebviewPanel, extensionUri: vscode.Uri, traced: TracedRun): void {
  const follower = new Follower(panel, traced);
  openPanels.set(traced.runId, panel);
  const watching = [
    traced.addView(panel),
    traced.onEvent(() => follower.sendSoon()),
    vscode.workspace.onDidSaveTextDocument(() => follower.sendStale()),
  ];
  onMessage(panel, (message) => serve(message, panel, follower, traced));
  panel.onDidChangeViewState(() => {
    follower.visibilityChanged();
    traced.viewsChanged();
  });
  panel.onDidDispose(() => {
    follower.dispose();
    if (openPanels.get(traced.runId) === panel) openPanels.delete(traced.runId);
    for (const each of watching) each.dispose();
  });
  load(panel, extensionUri);
}

/** Fills a panel with one line, where there is nothing to show. */
export function fillWithNotice(panel: vscode.WebviewPanel, extensionUri: vscode.Uri, notice: string): void {
  const say: ToTraceView = { type: "snapshot", events: [], notice };
  onMessage(panel, async ({ type }) => {
    if (type === "ready") await panel.webview.postMessage(say);
  });
  load(panel, extensionUri);
}

function onMessage(panel: vscode.WebviewPanel, serve: (message: FromTraceView) => Promise<void>): void {
  panel.webview.onDidReceiveMessage((message: unknown) => {
    const parsed = fromTraceView.safeParse(message);
    if (parsed.success) void serve(parsed.data);
  });
}

function load(panel: vscode.WebviewPanel, extensionUri: vscode.Uri): void {
  panel.iconPath = {
    light: vscode.Uri.joinPath(extensionUri, "media", "trace-light.svg"),
    dark: vscode.Uri.joinPath(extensionUri, "media", "trace-dark.svg"),
  };
  loadPage(panel.webview, extensionUri, { name: "trace", title: vscode.l10n.t("RLM Trace") });
}

/** Where traces are already, so that the files they open stay beside them; else the active column. */
function columnForTraces(): vscode.ViewColumn {
  const group = vscode.window.tabGroups.all.find(({ tabs }) => tabs.some(isTrace));
  return group?.viewColumn ?? vscode.ViewColumn.Active;
}

function isTrace({ input }: vscode.Tab): boolean {
  // VS Code puts a prefix of its own before the type.
  return input instanceof vscode.TabInputWebview && input.viewType.endsWith(traceView);
}

async function serve(
  message: FromTraceView,
  panel: vscode.WebviewPanel,
  follower: Follower,
  traced: TracedRun,
): Promise<void> {
  switch (message.type) {
    case "ready":
    case "resync":
      return follower.sendSnapshot();
    case "open":
      return openRange(await traced.fileOf(message.path), message, panel.viewColumn);
    case "openLink":
      return openLink(message.url);
    case "stop":
      return traced.stop();
    case "export":
      return vscode.commands.executeCommand(commands.exportRun, traced.runId);
    case "decide":
      return traced.decide(message.asked, message.choice);
    case "copy":
      return vscode.env.clipboard.writeText(message.text);
  }
}

/** Sends a run to a panel: a whole snapshot when it asks, then what is new, a few times a second. */
class Follower {
  readonly #panel: vscode.WebviewPanel;
  readonly #traced: TracedRun;
  /** How many events the page has; null while it has none. */
  #sent: number | null = null;
  /** What the page was told of it. */
  #over = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(panel: vscode.WebviewPanel, traced: TracedRun) {
    this.#panel = panel;
    this.#traced = traced;
  }

  sendSnapshot(): void {
    const { events, over } = this.#traced;
    this.#sent = events.length;
    this.#over = over;
    this.#post({ type: "snapshot", events: [...events], over });
    this.sendStale();
  }

  /** Tells which of the cited files have changed; nothing while the page is hidden. */
  sendStale(): void {
    if (this.#sent !== null) void this.#sendStale();
  }

  /** A hidden page keeps nothing: it says `ready` again when it is shown, and gets a snapshot then. */
  visibilityChanged(): void {
    if (!this.#panel.visible) this.#sent = null;
  }

  dispose(): void {
    this.#sent = null;
    if (this.#timer) clearTimeout(this.#timer);
  }

  /** The list has grown. */
  sendSoon(): void {
    this.#timer ??= setTimeout(() => this.#sendNew(), sendEvery);
  }

  #sendNew(): void {
    this.#timer = null;
    const { events, over } = this.#traced;
    if (this.#sent === null) return;
    if (over !== this.#over) {
      this.sendSnapshot();
      return;
    }
    if (this.#sent === events.length) return;
    const fresh = events.slice(this.#sent);
    this.#sent = events.length;
    this.#post({ type: "events", events: fresh });
    if (fresh.some(({ type }) => type === "run.finished")) this.sendStale();
  }

  async #sendStale(): Promise<void> {
    const { events } = this.#traced;
    const citations = events.flatMap((event) => (event.type === "run.finished" ? event.citations : []));
    if (citations.length === 0) return;
    const paths = await stalePaths(citations, rootsIn(events));
    if (this.#sent !== null) this.#post({ type: "stale", paths });
  }

  #post(message: ToTraceView): void {
    void this.#panel.webview.postMessage(message);
  }
}

/** Where the files of a run are, as its events tell. */
export function rootsIn(events: readonly RunEvent[]): { shown: string; file: string }[] {
  const ready = events.find((event) => event.type === "context.ready" && event.depth === 0);
  return (ready?.type === "context.ready" && ready.roots) || [];
}
