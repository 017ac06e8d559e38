import path from "node:path";
import * as vscode from "vscode";
import type { ContextSource } from "../../context/collector-protocol.ts";
import { CancelSource } from "../../rlm/cancel.ts";
import { formatCount } from "../../rlm/format.ts";
import { excludePatterns } from "../settings.ts";
import { defaultHandedLimits, type HandedEntry, type HandedFileSystem, walkHanded } from "./handed-walk.ts";

/**
 * Reads files and folders that are not on disk, through the editor, under a progress message that can be cancelled.
 * @throws CancelledError
 */
export async function virtualSource(
  uris: readonly vscode.Uri[],
  { without }: { readonly without: readonly string[] },
): Promise<ContextSource> {
  const roots = await Promise.all(uris.map(rootOf));
  const title = vscode.l10n.t("RLM: Reading files");
  const walked = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    (progress, token) => {
      const signal = new CancelSource();
      token.onCancellationRequested(() => signal.abort());
      const onProgress = (files: number) => progress.report({ message: formatCount(files) });
      return walkHanded(system, roots, { signal, exclude: excludePatterns(uris), without, onProgress });
    },
  );
  if (walked.cut) void vscode.window.showWarningMessage(cutWarning());
  const { files, leftOut } = walked;
  const places = roots.map(({ place, shown }) => ({ shown, file: place.toString() }));
  return { kind: "files", name: nameOf(uris), files, leftOut, roots: places, overlays: virtualUnsaved(), without };
}

const system: HandedFileSystem<vscode.Uri> = {
  list: async (folder) => (await vscode.workspace.fs.readDirectory(folder)).map(entryOf),
  child: (folder, name) => vscode.Uri.joinPath(folder, name),
  size: async (file) => (await vscode.workspace.fs.stat(file)).size,
  read: async (file) => vscode.workspace.fs.readFile(file),
};

function entryOf([name, type]: [string, vscode.FileType]): HandedEntry {
  if (type === vscode.FileType.File) return { name, kind: "file" };
  return { name, kind: type === vscode.FileType.Directory ? "folder" : "other" };
}

async function rootOf(uri: vscode.Uri) {
  const { type } = await vscode.workspace.fs.stat(uri);
  return { place: uri, shown: shownOf(uri), isFolder: (type & vscode.FileType.Directory) !== 0 };
}

function shownOf(uri: vscode.Uri): string {
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  const isMulti = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
  if (!folder) return path.posix.basename(uri.path);
  const below = path.posix.relative(folder.uri.path, uri.path);
  return isMulti ? [folder.name, below].filter(Boolean).join("/") : below;
}

/** Changed documents count over what the file system has. */
function virtualUnsaved(): { file: string; text: string }[] {
  const documents = vscode.workspace.textDocuments.filter(({ isDirty, uri }) => {
    return isDirty && vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  });
  return documents.map((document) => ({ file: shownOf(document.uri), text: document.getText() }));
}

function nameOf(uris: readonly vscode.Uri[]): string {
  const [only] = uris;
  const name = uris.length === 1 && only ? path.posix.basename(only.path) : "";
  return name || (vscode.workspace.name ?? "workspace");
}

function cutWarning(): string {
  const { files, bytes } = defaultHandedLimits;
  return vscode.l10n.t(
    "RLM: This workspace is not on disk, and has more than {0} files or {1} MB: the rest is not asked about. Ask about a folder of it, or clone it.",
    formatCount(files),
    formatCount(bytes / 1_000_000),
  );
}
