import { realpath } from "node:fs/promises";
import path from "node:path";
import * as vscode from "vscode";
import { isUnderSecret } from "../../context/secret-names.ts";
import { formatNumberOf } from "../../rlm/format.ts";

/**
 * True for what no model may see though a chat or an agent names it: what lies outside of the workspace, behind a link too,
 * and what is on the list of secrets.
 */
export async function isHeldBack(uri: vscode.Uri): Promise<boolean> {
  if (uri.scheme === "untitled") return false;
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  if (!folder || isSecretIn(folder, uri)) return true;
  return uri.scheme === "file" && folder.uri.scheme === "file" && (await leadsAway(folder.uri.fsPath, uri.fsPath));
}

function isSecretIn(folder: vscode.WorkspaceFolder, uri: vscode.Uri): boolean {
  return isUnderSecret(path.posix.relative(folder.uri.path, uri.path));
}

/** What is not there leads nowhere. */
async function leadsAway(folder: string, file: string): Promise<boolean> {
  const real = await realpath(file).catch(() => null);
  if (real === null) return false;
  for (const root of vscode.workspace.workspaceFolders ?? []) {
    if (root.uri.scheme !== "file") continue;
    const below = path.relative(await realpath(root.uri.fsPath).catch(() => folder), real);
    const isInside = below !== ".." && !below.startsWith(`..${path.sep}`) && !path.isAbsolute(below);
    if (isInside) return isUnderSecret(below.replaceAll(path.sep, "/"));
  }
  return true;
}

/** A text of the user without what its chat has written there for references: `#file:.env` becomes `#file`. */
export function withoutNames(text: string, names: readonly string[]): string {
  const longest = names.filter((name) => name !== "").toSorted((a, b) => b.length - a.length);
  return longest.reduce((rest, name) => rest.replaceAll(new RegExp(`(#\\w+):${literally(name)}`, "g"), "$1"), text);
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** What the user is told of it; never a path. */
export function describeHeldBack(count: number): string {
  return vscode.l10n.t(
    "Not read: {0} that may hold secrets or lie outside of the workspace",
    formatNumberOf(count, "file"),
  );
}
