import { setTimeout as sleep } from "node:timers/promises";
import * as vscode from "vscode";
import { isNotebookName, notebookCells } from "../../context/notebook.ts";
import { placeOfLine } from "../../context/notebook-text.ts";
import { uriOfFile } from "./file-uri.ts";

/** Lines of a file of the context: 1-based, inclusive. */
interface FileRange {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Opens a file beside the trace, whose column is given, with the lines selected; of a notebook the cell that they stand for.
 * @param file a path on disk or a URI; null where it has none
 */
export async function openRange(
  file: string | null,
  range: FileRange,
  trace: vscode.ViewColumn | undefined,
): Promise<void> {
  if (file === null) {
    const missing = vscode.l10n.t('RLM: There is no file "{0}" in what was asked about.', range.path);
    void vscode.window.showWarningMessage(missing);
    return;
  }
  const uri = uriOfFile(file);
  const viewColumn = columnBeside(trace);
  try {
    if (isNotebookName(uri.path) && (await openCell(uri, range, viewColumn))) return;
    await openLines(uri, range, viewColumn);
  } catch {
    const gone = vscode.l10n.t(
      "RLM: {0} can't be opened. It may have been moved since the question was asked.",
      range.path,
    );
    void vscode.window.showWarningMessage(gone);
  }
}

async function openLines(uri: vscode.Uri, range: FileRange, viewColumn: vscode.ViewColumn): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  const selection = linesIn(document, range.from, range.to);
  await vscode.window.showTextDocument(document, { viewColumn, selection, preview: true });
}

/** @returns false where the file is no notebook, so that its text is shown */
async function openCell(uri: vscode.Uri, range: FileRange, viewColumn: vscode.ViewColumn): Promise<boolean> {
  const cells = notebookCells(await vscode.workspace.fs.readFile(uri));
  const from = cells && placeOfLine(cells, range.from);
  const to = cells && placeOfLine(cells, range.to);
  if (!from) return false;
  const notebook = await vscode.workspace.openNotebookDocument(uri);
  if (from.cell >= notebook.cellCount) return false;
  const selections = [new vscode.NotebookRange(from.cell, from.cell + 1)];
  await vscode.window.showNotebookDocument(notebook, { viewColumn, selections, preview: true });
  const { document, kind } = notebook.cellAt(from.cell);
  if (kind !== vscode.NotebookCellKind.Code) return true;
  await vscode.commands.executeCommand("notebook.cell.edit");
  const last = to?.cell === from.cell ? to.line : document.lineCount;
  await selectIn(document, linesIn(document, from.line, last));
  return true;
}

/** Selects lines in the editor of a cell, which is there a moment after its notebook. */
async function selectIn(document: vscode.TextDocument, selection: vscode.Range): Promise<void> {
  for (let tries = 0; tries < 20; tries += 1) {
    const editor = vscode.window.visibleTextEditors.find((one) => one.document === document);
    if (editor) {
      editor.selection = new vscode.Selection(selection.start, selection.end);
      editor.revealRange(selection);
      return;
    }
    await sleep(50);
  }
}

function linesIn(document: vscode.TextDocument, from: number, to: number): vscode.Range {
  const start = document.validatePosition(new vscode.Position(Math.max(from - 1, 0), 0));
  const end = document.validatePosition(new vscode.Position(Math.max(to - 1, 0), Number.MAX_SAFE_INTEGER));
  return new vscode.Range(start, end);
}

/** A column that is open already, so that the trace stays in sight and no third one opens. */
function columnBeside(trace: vscode.ViewColumn | undefined): vscode.ViewColumn {
  const other = vscode.window.tabGroups.all.find(({ viewColumn }) => viewColumn !== trace);
  return other?.viewColumn ?? vscode.ViewColumn.Beside;
}
