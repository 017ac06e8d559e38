import { createHash } from "node:crypto";
import * as vscode from "vscode";

/**
 * Where files of the open workspace are kept. Not `storageUri` of the context: of that each further window of the same
 * workspace, and one that was loaded anew while the old one still ends, gets another folder.
 */
export function workspaceStorage({ globalStorageUri }: vscode.ExtensionContext): vscode.Uri {
  return vscode.Uri.joinPath(globalStorageUri, "workspaces", workspaceKey());
}

/** The same for all windows of a workspace. */
function workspaceKey(): string {
  const { workspaceFile, workspaceFolders = [] } = vscode.workspace;
  const isSaved = workspaceFile !== undefined && workspaceFile.scheme !== "untitled";
  const places = isSaved ? [workspaceFile] : workspaceFolders.map(({ uri }) => uri);
  if (places.length === 0) return "none";
  const names = places.map((uri) => uri.toString()).sort();
  return createHash("sha256").update(names.join("\n")).digest("hex").slice(0, 32);
}
