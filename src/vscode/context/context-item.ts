import * as vscode from "vscode";
import type { LeftOut } from "../../context/corpus.ts";
import { formatCount, formatShort } from "../../rlm/format.ts";
import { estimateTokens } from "../../rlm/limits.ts";
import type { Amount } from "./context-choice.ts";
import type { ContextNode, ContextTree, FileNode, FolderNode, OmittedNode, ReasonNode } from "./context-tree.ts";

type UriOf = (shown: string) => vscode.Uri | null;

/** A part of what would be asked about as an item of the native tree. */
export function contextItem(node: ContextNode, tree: ContextTree | null, uriOf: UriOf): vscode.TreeItem {
  switch (node.kind) {
    case "folder":
      return folderItem(node, tree, uriOf(node.path));
    case "file":
      return fileItem(node, tree, uriOf(node.path));
    case "more":
      return plainItem(vscode.l10n.t("{0} more", formatCount(node.count)), "ellipsis");
    case "left-out":
      return leftOutItem(node.count);
    case "reason":
      return reasonItem(node);
    case "omitted":
      return omittedItem(node, uriOf(node.entry.path.replace(/\/$/, "")));
  }
}

/** `1,204 files · ≈2.1M tokens` */
export function describeAmount({ files, chars }: Amount): string {
  const tokens = vscode.l10n.t("≈{0} tokens", formatShort(estimateTokens(chars)));
  return `${describeFiles(files)} · ${tokens}`;
}

function describeFiles(files: number): string {
  return files === 1 ? vscode.l10n.t("1 file") : vscode.l10n.t("{0} files", formatCount(files));
}

function tokensOf(chars: number): string {
  return `≈${formatShort(estimateTokens(chars))} tok`;
}

function folderItem(node: FolderNode, tree: ContextTree | null, uri: vscode.Uri | null): vscode.TreeItem {
  const item = new vscode.TreeItem(node.name, vscode.TreeItemCollapsibleState.Collapsed);
  const { files, chars } = tree?.amount(node) ?? { files: 0, chars: 0 };
  const all = node.to - node.from;
  const some = vscode.l10n.t("{0} of {1} files", formatCount(files), formatCount(all));
  item.id = `${node.path}/`;
  item.iconPath = vscode.ThemeIcon.Folder;
  item.description = [files === all ? describeFiles(all) : some, ...(files > 0 ? [tokensOf(chars)] : [])].join(" · ");
  item.tooltip = node.path;
  item.contextValue = "folder";
  item.checkboxState = checkbox(files > 0, node.name);
  if (uri) item.resourceUri = uri;
  return item;
}

function fileItem(node: FileNode, tree: ContextTree | null, uri: vscode.Uri | null): vscode.TreeItem {
  const item = new vscode.TreeItem(node.name, vscode.TreeItemCollapsibleState.None);
  item.id = node.path;
  item.iconPath = vscode.ThemeIcon.File;
  item.description = tokensOf(tree?.charsOf(node) ?? 0);
  item.tooltip = node.path;
  item.contextValue = "file";
  item.checkboxState = checkbox(tree?.isIn(node) ?? true, node.name);
  if (uri) {
    item.resourceUri = uri;
    item.command = openCommand(uri);
  }
  return item;
}

function checkbox(isIn: boolean, name: string): NonNullable<vscode.TreeItem["checkboxState"]> {
  const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
  const tooltip = isIn
    ? vscode.l10n.t("Leave out of the next questions")
    : vscode.l10n.t("Ask about it in the next questions");
  return {
    state: isIn ? Checked : Unchecked,
    tooltip,
    accessibilityInformation: { label: `${name}: ${tooltip}`, role: "checkbox" },
  };
}

function leftOutItem(count: number): vscode.TreeItem {
  const item = groupItem("left-out", vscode.l10n.t("Left out"), count);
  item.iconPath = new vscode.ThemeIcon("circle-slash");
  item.tooltip = vscode.l10n.t("What no question is about");
  return item;
}

function reasonItem({ reason, count }: ReasonNode): vscode.TreeItem {
  const item = groupItem(`reason:${reason}`, reasonLabel(reason), count);
  item.tooltip = reasonTip(reason);
  return item;
}

function groupItem(id: string, label: string, count: number): vscode.TreeItem {
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `:${id}`;
  item.description = formatCount(count);
  item.contextValue = "group";
  return item;
}

function omittedItem({ entry }: OmittedNode, uri: vscode.Uri | null): vscode.TreeItem {
  const item = new vscode.TreeItem(entry.path, vscode.TreeItemCollapsibleState.None);
  const isFolder = entry.path.endsWith("/");
  item.id = `:${entry.reason}:${entry.path}`;
  item.iconPath = isFolder ? vscode.ThemeIcon.Folder : vscode.ThemeIcon.File;
  item.description = isFolder || entry.bytes === 0 ? "" : describeBytes(entry.bytes);
  item.tooltip = `${entry.path}\n${reasonTip(entry.reason)}`;
  item.contextValue = "omitted";
  if (uri && !isFolder) item.command = openCommand(uri);
  return item;
}

function plainItem(label: string, icon: string): vscode.TreeItem {
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.None);
  item.iconPath = new vscode.ThemeIcon(icon);
  return item;
}

function openCommand(uri: vscode.Uri): vscode.Command {
  return { command: "vscode.open", title: vscode.l10n.t("Open"), arguments: [uri] };
}

function describeBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 100_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function reasonLabel(reason: LeftOut["reason"]): string {
  switch (reason) {
    case "secret":
      return vscode.l10n.t("Secret");
    case "ignored":
      return vscode.l10n.t("Ignored");
    case "binary":
      return vscode.l10n.t("Binary");
    case "too-large":
      return vscode.l10n.t("Too large");
    case "minified":
      return vscode.l10n.t("Minified");
    case "generated":
      return vscode.l10n.t("Generated");
    case "symlink":
      return vscode.l10n.t("Links");
    case "unreadable":
      return vscode.l10n.t("Can't be read");
  }
}

function reasonTip(reason: LeftOut["reason"]): string {
  switch (reason) {
    case "secret":
      return vscode.l10n.t("On the list of secrets: no model sees content or path. Only you see it here.");
    case "ignored":
      return vscode.l10n.t("Named by an ignore file, or by files.exclude, search.exclude or rlm.exclude.");
    case "binary":
      return vscode.l10n.t("Holds no text.");
    case "too-large":
      return vscode.l10n.t("Larger than 1.5 MB.");
    case "minified":
      return vscode.l10n.t("Made by a tool, in very long lines.");
    case "generated":
      return vscode.l10n.t("Says that a tool has written it.");
    case "symlink":
      return vscode.l10n.t("Links are not followed.");
    case "unreadable":
      return vscode.l10n.t("May not be read, or is no plain file.");
  }
}
