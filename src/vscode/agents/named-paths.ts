import * as vscode from "vscode";
import { uriOfShown } from "../chat/attachments.ts";
import { isHeldBack } from "./held-back.ts";
import { AgentError } from "./told-answer.ts";

/**
 * Files and folders that an agent names by their paths in the workspace.
 * @param paths with `/`; with several folders open each begins with its folder's name
 * @throws AgentError `not-found` where one is not there, or no model may see it
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
    if (await isHeldBack(uri)) throw missing;
  } catch {
    throw missing;
  }
  return uri;
}
