import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { Run } from "../ask.ts";
import type { EventOf, RunEvent } from "../rlm/events.ts";
import { describeForecast } from "../rlm/run-words.ts";
import {
  describeFanOut,
  type FromTraceView,
  fanOutChoices,
  fromTraceView,
  type ToTraceView,
} from "../webview/trace/protocol.ts";
import type { FanOutQuestions } from "./fan-out-questions.ts";
import { traceView } from "./ids.ts";
import { openRange } from "./open-range.ts";

/** Events are sent together, at most this often (milliseconds). */
const sendEvery = 50;
const titleChars = 40;

/** What a run is watched by, and where it gets its answers from. */
export interface TracedRun {
  readonly run: Run;
  readonly question: string;
  /** What the run asks its user. */
  readonly fanOuts: FanOutQuestions;
}

/** Shows a run as its trace: in one panel, which is opened again when it was closed. Closing it does not stop the run. */
export class Trace {
  readonly #extensionUri: vscode.Uri;
  readonly #traced: TracedRun;
  readonly #events: RunEvent[] = [];
  /** Questions that a notification has put to the user. */
  readonly #notified = new Set<number>();
  #open: { readonly panel: vscode.WebviewPanel; readonly follower: Follower } | null = null;

  constructor(extensionUri: vscode.Uri, traced: TracedRun) {
    this.#extensionUri = extensionUri;
    this.#traced = traced;
    void this.#read();
  }

  /** Brings the panel into sight. */
  show(): void {
    if (this.#open) this.#open.panel.reveal();
    else this.#openPanel();
  }

  #openPanel(): void {
    const panel = vscode.window.createWebviewPanel(traceView, titleOf(this.#traced.question), columnForTraces(), {
      enableFindWidget: true,
    });
    const follower = new Follower(panel, this.#events);
    this.#open = { panel, follower };
    onMessage(panel, (message) => serve(message, panel, follower, this.#traced));
    panel.onDidChangeViewState(() => {
      follower.visibilityChanged();
      this.#notify();
    });
    panel.onDidDispose(() => {
      follower.dispose();
      this.#open = null;
      this.#notify();
    });
    load(panel, this.#extensionUri);
  }

  async #read(): Promise<void> {
    const { run, fanOuts } = this.#traced;
    for await (const event of run.events()) {
      this.#events.push(event);
      fanOuts.take(event);
      this.#open?.follower.sendSoon();
      if (event.type === "fanout.asked") this.#notify();
    }
  }

  /** Where the panel is out of sight, a notification asks what it would. */
  #notify(): void {
    if (this.#open?.panel.visible) return;
    for (const event of this.#events) {
      if (event.type !== "fanout.asked" || this.#notified.has(event.seq)) continue;
      this.#notified.add(event.seq);
      if (this.#traced.fanOuts.isOpen(event.seq)) void this.#askInNotification(event);
    }
  }

  async #askInNotification(event: EventOf<"fanout.asked">): Promise<void> {
    const choices = fanOutChoices(event);
    const picked = await vscode.window.showInformationMessage(
      `RLM: ${describeFanOut(event)}: ${describeForecast(event)}. The question is “${titleOf(this.#traced.question)}”.`,
      ...choices.map(({ label }) => label),
      showTrace,
    );
    if (picked === showTrace) this.show();
    const choice = choices.find(({ label }) => label === picked)?.choice;
    if (choice) this.#traced.fanOuts.decide(event.seq, choice);
  }
}

const showTrace = "Show Trace";

/** Fills a panel that VS Code opens again after the window was loaded anew: its run ended with the window. */
export function restoreTracePanel(extensionUri: vscode.Uri, panel: vscode.WebviewPanel): void {
  const notice = "This trace ended with its window. Ask the question again to get a new one.";
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
  const assets = vscode.Uri.joinPath(extensionUri, "dist", "webview");
  panel.iconPath = {
    light: vscode.Uri.joinPath(extensionUri, "media", "trace-light.svg"),
    dark: vscode.Uri.joinPath(extensionUri, "media", "trace-dark.svg"),
  };
  panel.webview.options = { enableScripts: true, localResourceRoots: [assets] };
  panel.webview.html = pageOf(panel.webview, assets);
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
  { run, fanOuts }: TracedRun,
): Promise<void> {
  switch (message.type) {
    case "ready":
    case "resync":
      return follower.sendSnapshot();
    case "open":
      return openRange(run.fileOf(message.path), message, panel.viewColumn);
    case "openLink":
      return openLink(message.url);
    case "stop":
      return run.cancel();
    case "decide":
      return fanOuts.decide(message.asked, message.choice);
    case "copy":
      return vscode.env.clipboard.writeText(message.text);
  }
}

async function openLink(url: string): Promise<void> {
  if (!/^https?:\/\//i.test(url)) return;
  const open = "Open Link";
  const picked = await vscode.window.showWarningMessage(
    "Open a link from a model's answer?",
    { modal: true, detail: url },
    open,
  );
  if (picked === open) await vscode.env.openExternal(vscode.Uri.parse(url, true));
}

/** Sends the events of a growing list to a panel: a whole snapshot when it asks, then what is new, a few times a second. */
class Follower {
  readonly #panel: vscode.WebviewPanel;
  readonly #events: readonly RunEvent[];
  #sent: number | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(panel: vscode.WebviewPanel, events: readonly RunEvent[]) {
    this.#panel = panel;
    this.#events = events;
  }

  sendSnapshot(): void {
    this.#sent = this.#events.length;
    this.#post({ type: "snapshot", events: [...this.#events] });
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
    if (this.#sent === null || this.#sent === this.#events.length) return;
    this.#post({ type: "events", events: this.#events.slice(this.#sent) });
    this.#sent = this.#events.length;
  }

  #post(message: ToTraceView): void {
    void this.#panel.webview.postMessage(message);
  }
}

function titleOf(question: string): string {
  const line = question.replace(/\s+/g, " ");
  return line.length <= titleChars ? line : `${line.slice(0, titleChars - 1)}…`;
}

function pageOf(webview: vscode.Webview, assets: vscode.Uri): string {
  const nonce = randomBytes(16).toString("base64");
  const asset = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(assets, name)).toString();
  const policy = [
    "default-src 'none'",
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    `img-src ${webview.cspSource} data:`,
    `script-src 'nonce-${nonce}'`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${asset("trace.css")}">
<title>RLM Trace</title>
</head>
<body>
<div id="app"></div>
<script nonce="${nonce}" src="${asset("trace.js")}"></script>
</body>
</html>`;
}
