import path from "node:path";
import * as vscode from "vscode";
import type { ContextSource } from "../../context/collector-protocol.ts";
import { excludePatterns } from "../settings.ts";
import type { ContextChoice } from "./context-choice.ts";
import { namedTexts, unsavedTexts } from "./unsaved-texts.ts";

/** All folders of the workspace, with the texts that are not saved yet; null where no folder is open. */
export async function workspaceSource(choice: ContextChoice): Promise<ContextSource | null> {
  return sourceOf(choice.without);
}

/** As `workspaceSource`, with what the user has taken out, and even where nothing is left. */
export async function wholeWorkspaceSource(): Promise<ContextSource | null> {
  const source = await sourceOf([]);
  return source && source.kind !== "text" ? { ...source, mayBeEmpty: true } : source;
}

/**
 * Files and folders, at least one, with their paths as in the explorer. What the user has taken out of the workspace stays
 * out where it lies below them; what is named itself is asked about.
 */
export async function selectionSource(choice: ContextChoice, uris: readonly vscode.Uri[]): Promise<ContextSource> {
  const untitled = uris.filter((uri) => uri.scheme === "untitled");
  const rest = uris.filter((uri) => uri.scheme !== "untitled");
  if (rest.length === 0) return namedTexts(untitled);
  const virtual = rest.filter((uri) => uri.scheme !== "file");
  if (virtual.length > 0) {
    const { virtualSource } = await import("./virtual-files.ts");
    return virtualSource(rest, { without: withoutBelow(choice.without, rest) });
  }
  const base = commonFolder(rest);
  return {
    ...pathsSource(rest),
    without: base ? withoutBelow(choice.without, rest, base) : [],
    ...(base ? { base: base.uri.fsPath } : {}),
  };
}

async function sourceOf(without: readonly string[]): Promise<ContextSource | null> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const uris = folders.map((folder) => folder.uri);
  if (uris.length === 0) return null;
  if (uris.every((uri) => uri.scheme === "file")) return { ...pathsSource(uris), without };
  const { virtualSource } = await import("./virtual-files.ts");
  return virtualSource(uris, { without });
}

/** The workspace folder that holds all of them, so that their paths read as in the explorer. */
function commonFolder(uris: readonly vscode.Uri[]): vscode.WorkspaceFolder | undefined {
  const folders = new Set(uris.map((uri) => vscode.workspace.getWorkspaceFolder(uri)));
  const [only] = folders;
  return folders.size === 1 ? only : undefined;
}

/** The taken-out paths that lie below what was selected; with a base, relative to that folder. */
function withoutBelow(
  without: readonly string[],
  uris: readonly vscode.Uri[],
  base?: vscode.WorkspaceFolder,
): readonly string[] {
  const isMulti = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
  const prefix = base && isMulti ? `${path.posix.basename(base.uri.path)}/` : "";
  const shown = uris.map((uri) => vscode.workspace.asRelativePath(uri, isMulti && !base));
  const own = without.filter((one) => one.startsWith(prefix)).map((one) => one.slice(prefix.length));
  const isRoot = uris.some((uri) => uri.path === base?.uri.path);
  return isRoot ? own : own.filter((one) => shown.some((selected) => one.startsWith(`${selected}/`)));
}

function pathsSource(uris: readonly vscode.Uri[]): Extract<ContextSource, { kind: "paths" }> {
  const paths = uris.map((uri) => uri.fsPath);
  return { kind: "paths", paths, cwd: paths[0] ?? "", exclude: excludePatterns(uris), overlays: unsavedTexts(uris) };
}
