import * as vscode from "vscode";
import { failureOf } from "../../rlm/failure.ts";
import {
  type FromUsageView,
  fromUsageView,
  type ToUsageView,
  type UsageAction,
  type UsageFailure,
} from "../../webview/usage/protocol.ts";
import type { Doors } from "../doors.ts";
import { commands, usageView } from "../ids.ts";
import { loadPage } from "../webview-page.ts";
import { LogUsage } from "./log-usage.ts";
import { usageOfDatabase, usageOfLogs } from "./read-usage.ts";

/** The database has the last events of a run a moment after its end (milliseconds). */
const settleMs = 1_500;

let opened: vscode.WebviewPanel | null = null;

/** `RLM: Open Usage`: one panel in a window. */
export function openUsage(doors: Doors): void {
  if (opened) opened.reveal();
  else
    fillUsage(doors, vscode.window.createWebviewPanel(usageView, vscode.l10n.t("RLM Usage"), vscode.ViewColumn.Active));
}

/** Fills a panel with the usage view, also one that VS Code opens again. */
export function fillUsage(doors: Doors, panel: vscode.WebviewPanel): void {
  opened = panel;
  const logs = new LogUsage();
  const post = (message: ToUsageView) => void panel.webview.postMessage(message);
  let newest = 0;
  const sendStatus = async () => {
    newest += 1;
    const asked = newest;
    const status = await doors.telemetry.status();
    // Of several that overlap the last one tells.
    if (asked === newest) post({ type: "status", status });
  };
  let timer: NodeJS.Timeout | undefined;
  const watching = [
    doors.telemetry.onDidChange(() => void sendStatus()),
    doors.runs.onDidEnd(() => {
      clearTimeout(timer);
      timer = setTimeout(() => post({ type: "changed" }), settleMs);
    }),
  ];
  panel.webview.onDidReceiveMessage((message: unknown) => {
    const parsed = fromUsageView.safeParse(message);
    if (!parsed.success) return;
    if (parsed.data.type === "ready") void sendStatus();
    else void serve(doors, logs, parsed.data, post);
  });
  panel.onDidDispose(() => {
    clearTimeout(timer);
    for (const each of watching) each.dispose();
    if (opened === panel) opened = null;
  });
  panel.iconPath = {
    light: vscode.Uri.joinPath(doors.extensionUri, "media", "usage-light.svg"),
    dark: vscode.Uri.joinPath(doors.extensionUri, "media", "usage-dark.svg"),
  };
  loadPage(panel.webview, doors.extensionUri, { name: "usage", title: vscode.l10n.t("RLM Usage") });
}

async function serve(
  doors: Doors,
  logs: LogUsage,
  message: Exclude<FromUsageView, { type: "ready" }>,
  post: (message: ToUsageView) => void,
): Promise<void> {
  switch (message.type) {
    case "show":
      return post(await answer(doors, logs, message));
    case "openRun":
      return vscode.commands.executeCommand(commands.openRun, message.runId);
    case "do":
      return act(message.action);
  }
}

/** From the database where telemetry is on, else from the run logs. */
async function answer(
  doors: Doors,
  logs: LogUsage,
  { asked, range, logs: wantsLogs }: Extract<FromUsageView, { type: "show" }>,
): Promise<ToUsageView> {
  const { kind } = await doors.telemetry.status();
  const dsn = kind === "on" && !wantsLogs ? await doors.telemetry.dsn() : null;
  try {
    const read = dsn === null ? usageOfLogs(doors, logs, range) : usageOfDatabase(doors, dsn, range);
    return { ...(await read), asked };
  } catch (error) {
    const { code, message } = failureOf(error);
    doors.log.warn(`Usage: ${code}: ${message}`);
    const source = dsn === null ? "logs" : "database";
    return { type: "failed", asked, source, message, mend: dsn === null ? null : mendOf(code) };
  }
}

function mendOf(code: string): UsageFailure["mend"] {
  if (code === "schema-missing" || code === "schema-older") return "migrate";
  return code === "bad-dsn" || code === "password" ? "configure" : "test";
}

async function act(action: UsageAction): Promise<void> {
  switch (action) {
    case "ask":
      return vscode.commands.executeCommand(commands.askWorkspace);
    case "configure":
      return vscode.commands.executeCommand(commands.configureTelemetry);
    case "test":
      return vscode.commands.executeCommand(commands.testTelemetry);
    case "migrate":
      return vscode.commands.executeCommand(commands.applyTelemetrySchema);
    case "settings":
      return vscode.commands.executeCommand("workbench.action.openSettings", "rlm.telemetry");
    case "log":
      return vscode.commands.executeCommand(commands.showLog);
  }
}
