import path from "node:path";
import * as vscode from "vscode";
import { type AskParts, ask, type RunResult } from "../ask.ts";
import type { ContextSource } from "../context/collector-protocol.ts";
import { howToSetKey } from "../models/endpoint.ts";
import { failureOf } from "../rlm/failure.ts";
import type { ActiveRuns } from "./active-runs.ts";
import type { ApiKeys } from "./api-keys.ts";
import { FanOutQuestions } from "./fan-out-questions.ts";
import { commands } from "./ids.ts";
import { chosenModels, whoAnswers } from "./models.ts";
import { excludePatterns, readSettings } from "./settings.ts";
import { Trace } from "./trace-panel.ts";

export interface Doors {
  readonly keys: ApiKeys;
  readonly runs: ActiveRuns;
  readonly extensionUri: vscode.Uri;
}

/** `RLM: Ask About Workspace…` */
export async function askWorkspace(doors: Doors): Promise<void> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
  const [first] = folders;
  if (!first) {
    const open = "Open Folder…";
    const picked = await vscode.window.showErrorMessage("RLM: There is no folder to ask about. Open one first.", open);
    if (picked === open) await vscode.commands.executeCommand("workbench.action.files.openFolder");
    return;
  }
  const name = vscode.workspace.name ?? first.name;
  await askAbout(doors, name, pathsSource(folders.map((folder) => folder.uri)));
}

/** `RLM: Ask About Selected Files…`: what is selected in the explorer; from the palette, files that the user picks. */
export async function askSelected(doors: Doors, clicked?: vscode.Uri, selected?: readonly vscode.Uri[]): Promise<void> {
  const chosen = selected?.length ? selected : clicked ? [clicked] : await pickFiles();
  const uris = chosen.filter((uri) => uri.scheme === "file");
  const [first] = uris;
  if (!first) {
    if (chosen.length) void vscode.window.showErrorMessage("RLM: Only files on disk can be asked about.");
    return;
  }
  const name = uris.length === 1 ? path.basename(first.fsPath) : `${uris.length} selected files and folders`;
  await askAbout(doors, name, pathsSource(uris, commonFolder(uris)));
}

async function pickFiles(): Promise<readonly vscode.Uri[]> {
  const defaultUri = vscode.workspace.workspaceFolders?.[0]?.uri;
  const picked = await vscode.window.showOpenDialog({
    title: "RLM: Ask About Files",
    openLabel: "Ask About",
    canSelectFiles: true,
    canSelectFolders: true,
    canSelectMany: true,
    ...(defaultUri ? { defaultUri } : {}),
  });
  return picked ?? [];
}

/** The workspace folder that holds all of them, so that their paths read as in the explorer. */
function commonFolder(uris: readonly vscode.Uri[]): string | undefined {
  const folders = new Set(uris.map((uri) => vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath));
  const [only] = folders;
  return folders.size === 1 ? only : undefined;
}

function pathsSource(uris: readonly vscode.Uri[], base?: string): ContextSource {
  const paths = uris.map((uri) => uri.fsPath);
  return {
    kind: "paths",
    paths,
    cwd: paths[0] ?? "",
    exclude: excludePatterns(uris),
    overlays: unsavedTexts(),
    ...(base === undefined ? {} : { base }),
  };
}

function unsavedTexts(): { file: string; text: string }[] {
  return vscode.workspace.textDocuments
    .filter((document) => document.isDirty && document.uri.scheme === "file")
    .map((document) => ({ file: document.uri.fsPath, text: document.getText() }));
}

/** Asks for the question, then runs it with its trace in view. */
async function askAbout(doors: Doors, name: string, context: ContextSource): Promise<void> {
  const question = await vscode.window.showInputBox({
    title: `RLM: Ask About ${name}`,
    placeHolder: "Where are failed requests retried, and how long is the wait?",
    prompt: await whoAnswers(doors.keys),
    ignoreFocusOut: true,
  });
  if (!question?.trim()) return;
  const models = await chosenModels(doors.keys);
  if (models) await runWithTrace(doors, question.trim(), context, models);
}

async function runWithTrace(doors: Doors, question: string, context: ContextSource, models: AskParts): Promise<void> {
  const { limits, fanOut, directBelowTokens } = readSettings();
  const fanOuts = new FanOutQuestions();
  const run = ask({ question, context, limits, fanOut, directBelowTokens }, { ...models, approve: fanOuts.approve });
  const trace = new Trace(doors.extensionUri, { run, question, fanOuts });
  trace.show();
  doors.runs.add(run, { question, show: () => trace.show() });
  await reportFailure(await run.result);
}

/** What went wrong, with the one button that mends it. The trace shows the same line. */
async function reportFailure({ error }: RunResult): Promise<void> {
  if (error) await showFailure(error);
}

/** Shows a failure as one line with the command that may mend it; nothing where the user has cancelled. */
export async function showFailure(error: unknown): Promise<void> {
  const { code, message } = isFailure(error) ? error : failureOf(error);
  if (code === "cancelled") return;
  const mend = mends.get(code);
  // The button says it.
  const line = message.replace(`: ${howToSetKey}`, "");
  const picked = await vscode.window.showErrorMessage(`RLM: ${line}`, ...(mend ? [mend.label] : []));
  if (mend && picked === mend.label) await vscode.commands.executeCommand(mend.command);
}

const mends: ReadonlyMap<string, { readonly label: string; readonly command: string }> = new Map([
  ["auth", { label: "Set API Key…", command: commands.setApiKey }],
  ["unknown-model", { label: "Choose Model…", command: commands.chooseModel }],
]);

function isFailure(error: unknown): error is { code: string; message: string } {
  return (
    typeof error === "object" && error !== null && !(error instanceof Error) && "code" in error && "message" in error
  );
}
