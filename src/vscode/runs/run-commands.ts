import { homedir } from "node:os";
import * as vscode from "vscode";
import { oneLine } from "../../rlm/cut.ts";
import type { RunEvent } from "../../rlm/events.ts";
import type { TracePage } from "../../runs/export-html.ts";
import type { Doors } from "../doors.ts";
import { stateWords } from "./run-item.ts";

/** A run that the user picks from all of the workspace. @returns its id, or undefined where there is none */
export async function pickRun(doors: Doors): Promise<string | undefined> {
  const { runs } = await doors.store.list();
  if (runs.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t("RLM: There are no runs of this workspace yet."));
    return undefined;
  }
  const items = runs.map(({ runId, question, state, startedAt }) => ({
    label: question,
    description: stateWords(state),
    detail: new Date(startedAt).toLocaleString(vscode.env.language),
    runId,
  }));
  const placeHolder = vscode.l10n.t("Which question?");
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDetail: true }))?.runId;
}

/** Opens a run's trace: live where it goes on in this window, else from its log. @throws RunLogError */
export async function openRun(doors: Doors, runId: string): Promise<void> {
  const active = doors.runs.find(runId);
  if (active) active.show();
  else await (await import("../trace/traces.ts")).openTrace(doors, runId);
}

/** Deletes a run once the user has said so. @throws RunLogError */
export async function deleteRun({ store }: Doors, runId: string): Promise<void> {
  const { question } = await store.summary(runId);
  const remove = vscode.l10n.t("Delete");
  const sure = vscode.l10n.t("Delete the run “{0}”?", oneLine(question, 60));
  const detail = vscode.l10n.t("Its log is removed from this machine. Answers in the chat stay.");
  if ((await vscode.window.showWarningMessage(sure, { modal: true, detail }, remove)) === remove) {
    await store.delete(runId);
  }
}

/** Deletes all runs that do not go on, once the user has said so. @throws RunLogError */
export async function deleteAllRuns({ store }: Doors): Promise<void> {
  const remove = vscode.l10n.t("Delete All");
  const sure = vscode.l10n.t("Delete all runs of this workspace?");
  const detail = vscode.l10n.t("Their logs are removed from this machine. Runs that go on stay.");
  if ((await vscode.window.showWarningMessage(sure, { modal: true, detail }, remove)) === remove) {
    await store.deleteAll();
  }
}

const formats = {
  md: { label: "Markdown", detail: () => vscode.l10n.t("To read and to paste: the answer, then every step") },
  html: { label: "HTML", detail: () => vscode.l10n.t("One page with the whole trace, which opens anywhere") },
  json: { label: "JSON", detail: () => vscode.l10n.t("All events, for programs") },
} as const;
type Format = keyof typeof formats;

/** Writes a run to a file that the user names, as Markdown, HTML or JSON. @throws RunLogError */
export async function exportRun(doors: Doors, runId: string): Promise<void> {
  const format = await pickFormat();
  if (!format) return;
  const { question } = await doors.store.summary(runId);
  const target = await vscode.window.showSaveDialog({
    title: vscode.l10n.t("RLM: Export Run"),
    defaultUri: defaultTarget(question, format),
    filters: { [formats[format].label]: [format] },
  });
  if (!target) return;
  const { events } = await doors.store.readRun(runId);
  await vscode.workspace.fs.writeFile(target, Buffer.from(await exported(events, format, doors.extensionUri)));
  const open = vscode.l10n.t("Open");
  const done = vscode.l10n.t("RLM: The run was exported to {0}.", vscode.workspace.asRelativePath(target));
  if ((await vscode.window.showInformationMessage(done, open)) === open) await openExport(target, format);
}

async function pickFormat(): Promise<Format | undefined> {
  const names: readonly Format[] = ["md", "html", "json"];
  const items = names.map((format) => ({ label: formats[format].label, detail: formats[format].detail(), format }));
  const placeHolder = vscode.l10n.t("As what? Parts of your code are in it; home folders are written as ~");
  return (await vscode.window.showQuickPick(items, { title: vscode.l10n.t("RLM: Export Run"), placeHolder }))?.format;
}

function defaultTarget(question: string, format: Format): vscode.Uri {
  const words = question
    .normalize("NFKD")
    .toLowerCase()
    .match(/[a-z0-9]+/g) ?? ["run"];
  const name = `rlm-${words.join("-").slice(0, 50).replace(/-+$/, "")}.${format}`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir());
  return vscode.Uri.joinPath(folder, name);
}

async function exported(events: readonly RunEvent[], format: Format, extensionUri: vscode.Uri): Promise<string> {
  const homes = [homedir()];
  switch (format) {
    case "md":
      return (await import("../../runs/export-markdown.ts")).exportMarkdown(events, homes);
    case "json":
      return (await import("../../runs/export-json.ts")).exportJson(events, homes);
    case "html":
      return (await import("../../runs/export-html.ts")).exportHtml(events, await tracePage(extensionUri), homes);
  }
}

/** The trace view as it was built, its font inside its style. */
async function tracePage(extensionUri: vscode.Uri): Promise<TracePage> {
  const read = async (name: string) => {
    return Buffer.from(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(extensionUri, "dist", "webview", name)));
  };
  const [script, style, font] = await Promise.all([read("trace.js"), read("trace.css"), read("codicon.ttf")]);
  const url = `url(data:font/ttf;base64,${font.toString("base64")})`;
  return {
    script: script.toString("utf8"),
    style: style.toString("utf8").replace(/url\([^)]*codicon\.ttf[^)]*\)/g, () => url),
  };
}

async function openExport(target: vscode.Uri, format: Format): Promise<void> {
  if (format === "html") await vscode.env.openExternal(target);
  else await vscode.commands.executeCommand("vscode.open", target);
}
