import * as vscode from "vscode";
import { isNotebookName } from "../../context/notebook.ts";
import { notebookText } from "../../context/notebook-text.ts";
import type { LineRange } from "../../rlm/coverage.ts";
import type { ContextRoot } from "../../rlm/events.ts";
import { uriOfFile } from "./file-uri.ts";
import { fileWithin } from "./file-within.ts";

const mostBytes = 5_000_000;
const mostLines = 40;
const mostLineChars = 400;

/** Lines of a file as they are now, to be looked at; `note` says what can't be shown. */
export interface FileLines {
  /** The number of the first line, from 1. */
  readonly first: number;
  readonly lines: readonly string[];
  readonly note: string;
}

/** Reads lines of a file of what was asked about: at most 40 of them, long ones cut. */
export async function fileLines(range: LineRange, roots: readonly ContextRoot[]): Promise<FileLines> {
  const none = (note: string): FileLines => ({ first: range.from, lines: [], note });
  const file = await fileWithin(roots, range.path);
  if (file === null) return none(vscode.l10n.t("There is no such file in what was asked about."));
  const text = await textOf(uriOfFile(file));
  if (text === null) return none(vscode.l10n.t("The file can't be read any more."));
  const all = text.split(/\r\n|\r|\n/);
  const first = Math.max(1, range.from);
  const lines = all.slice(first - 1, Math.min(range.to, first - 1 + mostLines));
  if (lines.length === 0) return none(vscode.l10n.t("The file has no such lines now."));
  const left = Math.min(range.to, all.length) - (first - 1) - lines.length;
  return {
    first,
    lines: lines.map((line) => (line.length > mostLineChars ? `${line.slice(0, mostLineChars - 1)}…` : line)),
    note: left > 0 ? vscode.l10n.t("{0} more lines", left) : "",
  };
}

/** The text in the editor, else on disk, of a notebook as models see it; null where there is none, or too much. */
async function textOf(uri: vscode.Uri): Promise<string | null> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open) return open.getText();
  try {
    if ((await vscode.workspace.fs.stat(uri)).size > mostBytes) return null;
    const bytes = await vscode.workspace.fs.readFile(uri);
    const cells = isNotebookName(uri.path) ? notebookText(bytes) : null;
    return cells ?? (await vscode.workspace.decode(bytes, { uri }));
  } catch {
    return null;
  }
}
