import { realpath } from "node:fs/promises";
import path from "node:path";
import * as vscode from "vscode";
import { uriOfShown } from "../chat/attachments.ts";
import { AgentError } from "./told-answer.ts";

/**
 * Files and folders that an agent names by their paths in the workspace.
 * @param paths with `/`; with several folders open each begins with its folder's name
 * @throws AgentError `not-found` where one is not there, or lies outside of the workspace behind a link
 */
export async function urisNamed(paths: readonly string[]): Promise<vscode.Uri[]> {
  return Promise.all(paths.map(uriNamed));
}

async function uriNamed(named: string): Promise<vscode.Uri> {
  const uri = await uriOfShown(named.replace(/^\.\//, "").replace(/\/$/, ""));
  const missing = new AgentError(
    "not-found",
    vscode.l10n.t('There is no "{0}" in the workspace.', named.slice(0, 200)),
  );
  if (!uri) throw missing;
  try {
    await vscode.workspace.fs.stat(uri);
    if (uri.scheme === "file" && !(await isInside(uri))) throw missing;
  } catch {
    throw missing;
  }
  return uri;
}

async function isInside(uri: vscode.Uri): Promise<boolean> {
  const real = await realpath(uri.fsPath);
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    if (folder.uri.scheme !== "file") continue;
    const root = await realpath(folder.uri.fsPath).catch(() => null);
    if (root !== null && (real === root || real.startsWith(root.endsWith(path.sep) ? root : root + path.sep)))
      return true;
  }
  return false;
}
