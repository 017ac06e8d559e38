import * as vscode from "vscode";
import type { ContextSource } from "../../context/collector-protocol.ts";
import { formatCount } from "../../rlm/format.ts";
import type { Chip } from "../../webview/chat/protocol.ts";
import type { Amount, ContextChoice } from "../context/context-choice.ts";
import { describeAmount } from "../context/context-item.ts";
import { selectionSource, workspaceSource } from "../context/context-sources.ts";
import type { About, Attachment } from "./conversations.ts";
import { type Completion, globFor, rankPaths } from "./path-completions.ts";

export const workspaceChip = "workspace";

/** What is attached to the next question, as it is shown. */
export function chipsOf({ workspace, attachments }: About): Chip[] {
  const whole: Chip = {
    id: workspaceChip,
    label: vscode.l10n.t("workspace"),
    title: vscode.l10n.t("All that is open in the explorer, as the Context view shows it"),
    icon: "root-folder",
  };
  return [...(workspace ? [whole] : []), ...attachments.map(chipOf)];
}

function chipOf(attachment: Attachment): Chip {
  const { kind, lines } = attachment;
  const shown = shownPath(attachment);
  const name = shown.slice(shown.replace(/\/$/, "").lastIndexOf("/") + 1);
  return { id: idOf(attachment), label: `${name}${linesIn(lines)}`, title: `${shown}${linesIn(lines)}`, icon: kind };
}

/** The same text for the same thing. */
export function idOf({ uri, lines }: Attachment): string {
  return lines ? `${uri}#${lines.from}-${lines.to}` : uri;
}

function linesIn(lines: Attachment["lines"]): string {
  if (!lines) return "";
  return lines.from === lines.to ? `:${lines.from}` : `:${lines.from}-${lines.to}`;
}

function shownPath({ uri }: Pick<Attachment, "uri">): string {
  return vscode.workspace.asRelativePath(vscode.Uri.parse(uri, true));
}

/** What a question is about, in a line: `workspace · 1,204 files · ≈2.1M tokens`, `src/net, README.md`. */
export function describeAbout({ workspace, attachments }: About, amount: Amount | null): string {
  const named = attachments.map((each) => `${shownPath(each)}${linesIn(each.lines)}`);
  const list = named.length > 3 ? [...named.slice(0, 2), vscode.l10n.t("{0} more", named.length - 2)] : named;
  const size = amount ? ` · ${describeAmount(amount)}` : "";
  if (!workspace) return `${list.join(", ")}${size}`;
  const pointed = list.length > 0 ? ` · ${vscode.l10n.t("pointing at {0}", list.join(", "))}` : "";
  return `${vscode.l10n.t("workspace")}${size}${pointed}`;
}

/** What a question is asked about; null where there is nothing, as no folder is open. */
export async function sourceOf(
  { workspace, attachments }: About,
  choice: ContextChoice,
): Promise<ContextSource | null> {
  if (workspace) return workspaceSource(choice);
  const uris = [...new Set(attachments.map(({ uri }) => uri))].map((uri) => vscode.Uri.parse(uri, true));
  return uris.length === 0 ? null : selectionSource(choice, uris);
}

/**
 * The question as the model is asked it: where the user points at something in what is asked about, a line says so. Whole
 * files that are all there is need no such line.
 */
export function toldQuestion(question: string, { workspace, attachments }: About): string {
  const pointed = workspace ? attachments : attachments.filter(({ lines }) => lines !== undefined);
  if (pointed.length === 0) return question;
  const base = workspace ? undefined : onlyFolder(attachments);
  const multi = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
  const paths = pointed.map(({ uri, lines, kind }) => {
    const shown = vscode.workspace.asRelativePath(vscode.Uri.parse(uri, true), multi && base === undefined);
    return `${shown}${kind === "folder" ? "/" : ""}${linesIn(lines)}`;
  });
  return `${question}\n\n(I point at: ${paths.join(", ")})`;
}

/** The workspace folder that holds all of them: their paths are relative to it. */
function onlyFolder(attachments: readonly Attachment[]): string | undefined {
  const folders = new Set(
    attachments.map(({ uri }) => vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(uri, true))?.uri.toString()),
  );
  const [only] = folders;
  return folders.size === 1 ? only : undefined;
}

/** A file or folder to attach; null where it is not there. */
async function attachmentOf(uri: vscode.Uri): Promise<Attachment | null> {
  if (uri.scheme === "untitled") return { kind: "file", uri: uri.toString() };
  try {
    const { type } = await vscode.workspace.fs.stat(uri);
    return { kind: (type & vscode.FileType.Directory) !== 0 ? "folder" : "file", uri: uri.toString() };
  } catch {
    return null;
  }
}

/** The lines that are selected in an editor; without a selection the file itself. */
export function selectionOf(editor: vscode.TextEditor): Attachment {
  const { selection, document } = editor;
  const notebook = vscode.workspace.notebookDocuments.find((each) =>
    each.getCells().some((cell) => cell.document === document),
  );
  // A cell's lines are not those of its file.
  if (notebook) return { kind: "file", uri: notebook.uri.toString() };
  const uri = document.uri.toString();
  if (selection.isEmpty) return { kind: "file", uri };
  // A selection that ends at the start of a line does not hold that line.
  const last = selection.end.character === 0 ? selection.end.line : selection.end.line + 1;
  return { kind: "selection", uri, lines: { from: selection.start.line + 1, to: last } };
}

/** The path of a completion as an address; null where no folder of the workspace holds it. */
export async function uriOfShown(shown: string): Promise<vscode.Uri | null> {
  if (shown.split("/").includes("..")) return null;
  const folders = vscode.workspace.workspaceFolders ?? [];
  const [first] = folders;
  if (!first) return null;
  if (folders.length === 1) return vscode.Uri.joinPath(first.uri, shown);
  const [name, ...rest] = shown.split("/");
  const folder = folders.find((each) => each.name === name);
  return folder ? vscode.Uri.joinPath(folder.uri, ...rest) : null;
}

const hidden = "**/{.git,node_modules,bower_components,dist,out,build,target,.venv,__pycache__}/**";
const mostFound = 300;

/** Paths of the workspace that hold a typed text, the likeliest first. */
export async function completePaths(typed: string, token: vscode.CancellationToken): Promise<Completion[]> {
  const found = await vscode.workspace.findFiles(globFor(typed), hidden, mostFound, token);
  return rankPaths(
    found.map((uri) => vscode.workspace.asRelativePath(uri)),
    typed,
  );
}

interface AttachItem extends vscode.QuickPickItem {
  readonly attach?: () => Promise<readonly Attachment[]>;
}

/** Lets the user pick what to attach: the selection, open files, or anything on disk. */
export async function pickAttachments(): Promise<readonly Attachment[]> {
  const items = [...selectionItems(), ...openFileItems(), ...diskItems()];
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("RLM: Attach"),
    placeHolder: vscode.l10n.t("What the next question is about"),
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  return (await picked?.attach?.()) ?? [];
}

function selectionItems(): AttachItem[] {
  const editor = vscode.window.activeTextEditor;
  if (!editor || editor.selection.isEmpty) return [];
  const selected = selectionOf(editor);
  const lines = selected.lines ? selected.lines.to - selected.lines.from + 1 : 1;
  return [
    {
      label: `$(selection) ${vscode.l10n.t("Selection")}`,
      description: `${shownPath(selected)}${linesIn(selected.lines)} (${formatCount(lines)})`,
      attach: async () => [selected],
    },
  ];
}

function openFileItems(): AttachItem[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const uris = tabs.flatMap(({ input }) =>
    input instanceof vscode.TabInputText || input instanceof vscode.TabInputNotebook ? [input.uri] : [],
  );
  const unique = [...new Map(uris.map((uri) => [uri.toString(), uri])).values()];
  if (unique.length === 0) return [];
  const separator = { label: vscode.l10n.t("Open files"), kind: vscode.QuickPickItemKind.Separator };
  return [
    separator,
    ...unique.map((uri): AttachItem => {
      const shown = vscode.workspace.asRelativePath(uri);
      const cut = shown.lastIndexOf("/");
      return {
        label: `$(file) ${shown.slice(cut + 1)}`,
        description: cut < 0 ? "" : shown.slice(0, cut),
        attach: () => attachAll([uri]),
      };
    }),
  ];
}

function diskItems(): AttachItem[] {
  const separator = { label: vscode.l10n.t("On disk"), kind: vscode.QuickPickItemKind.Separator };
  return [
    separator,
    { label: `$(new-file) ${vscode.l10n.t("Files…")}`, attach: () => fromDialog("files") },
    { label: `$(new-folder) ${vscode.l10n.t("Folders…")}`, attach: () => fromDialog("folders") },
  ];
}

async function fromDialog(what: "files" | "folders"): Promise<readonly Attachment[]> {
  const defaultUri = vscode.workspace.workspaceFolders?.[0]?.uri;
  const picked = await vscode.window.showOpenDialog({
    title: vscode.l10n.t("RLM: Attach"),
    openLabel: vscode.l10n.t("Attach"),
    canSelectFiles: what === "files",
    canSelectFolders: what === "folders",
    canSelectMany: true,
    ...(defaultUri ? { defaultUri } : {}),
  });
  return attachAll(picked ?? []);
}

/** Those of them that can be attached. */
export async function attachAll(uris: readonly vscode.Uri[]): Promise<readonly Attachment[]> {
  const all = await Promise.all(uris.map(attachmentOf));
  return all.filter((each) => each !== null);
}
