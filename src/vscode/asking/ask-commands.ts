import path from "node:path";
import * as vscode from "vscode";
import type { ContextSource } from "../../context/collector-protocol.ts";
import { selectionSource, workspaceSource } from "../context/context-sources.ts";
import type { Doors } from "../doors.ts";
import { whoAnswers } from "../models/models.ts";
import { showFailure } from "./show-failure.ts";
import { startRun } from "./start-run.ts";

/** `RLM: Ask About Workspace…` */
export async function askWorkspace(doors: Doors): Promise<void> {
  const context = await workspaceSource(doors.choice);
  if (!context) {
    const open = vscode.l10n.t("Open Folder…");
    const missing = vscode.l10n.t("RLM: There is no folder to ask about. Open one first.");
    const picked = await vscode.window.showErrorMessage(missing, open);
    if (picked === open) await vscode.commands.executeCommand("workbench.action.files.openFolder");
    return;
  }
  await askAbout(doors, vscode.workspace.name ?? vscode.l10n.t("the workspace"), context);
}

/** `RLM: Ask About Selected Files…`: what is selected in the explorer; from the palette, files that the user picks. */
export async function askSelected(doors: Doors, clicked?: vscode.Uri, selected?: readonly vscode.Uri[]): Promise<void> {
  const chosen = selected?.length ? selected : clicked ? [clicked] : await pickFiles();
  const [first] = chosen;
  if (!first) return;
  const name =
    chosen.length === 1
      ? path.posix.basename(first.path)
      : vscode.l10n.t("{0} selected files and folders", chosen.length);
  await askAbout(doors, name, await selectionSource(doors.choice, chosen));
}

async function pickFiles(): Promise<readonly vscode.Uri[]> {
  const defaultUri = vscode.workspace.workspaceFolders?.[0]?.uri;
  const picked = await vscode.window.showOpenDialog({
    title: vscode.l10n.t("RLM: Ask About Files"),
    openLabel: vscode.l10n.t("Ask About"),
    canSelectFiles: true,
    canSelectFolders: true,
    canSelectMany: true,
    ...(defaultUri ? { defaultUri } : {}),
  });
  return picked ?? [];
}

/** Asks for the question, then runs it with its trace in view. */
async function askAbout(doors: Doors, name: string, context: ContextSource): Promise<void> {
  const question = await vscode.window.showInputBox({
    title: vscode.l10n.t("RLM: Ask About {0}", name),
    placeHolder: vscode.l10n.t("Where are failed requests retried, and how long is the wait?"),
    prompt: await whoAnswers(doors.keys),
    ignoreFocusOut: true,
  });
  if (!question?.trim()) return;
  const started = await startRun(doors, { question: question.trim(), context });
  if (!started) return;
  started.trace.show();
  const { error } = await started.watched.run.result;
  // The trace shows the same line.
  if (error) await showFailure(error);
}
