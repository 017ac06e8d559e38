import * as vscode from "vscode";
import type { ContextSource, Overlay } from "../../context/collector-protocol.ts";

/**
 * What the editor has not saved yet: changed files and notebooks, new files that have a place, and, where a folder is asked
 * about, texts that have none yet.
 * @param asked what is asked about
 */
export function unsavedTexts(asked: readonly vscode.Uri[]): Overlay[] {
  const folders = new Set(vscode.workspace.workspaceFolders?.map(({ uri }) => uri.toString()));
  const all = asked.some((uri) => folders.has(uri.toString()));
  const documents = vscode.workspace.textDocuments.filter(({ isDirty, uri }) => isDirty && uri.scheme === "file");
  const unplaced = all ? vscode.workspace.textDocuments.filter(isWrittenUntitled) : [];
  return [
    ...documents.map((document) => ({ file: document.uri.fsPath, text: document.getText() })),
    ...unplaced.map(untitledOverlay),
    ...vscode.workspace.notebookDocuments
      .filter(({ isDirty, uri }) => isDirty && uri.scheme === "file" && uri.path.endsWith(".ipynb"))
      .map((notebook) => ({ file: notebook.uri.fsPath, text: notebookJson(notebook) })),
  ];
}

/** Texts that have no file yet, asked about by themselves. */
export function namedTexts(uris: readonly vscode.Uri[]): ContextSource {
  const asked = new Set(uris.map((uri) => uri.toString()));
  const documents = vscode.workspace.textDocuments.filter(({ uri }) => asked.has(uri.toString()));
  const overlays = documents.map(untitledOverlay);
  return { kind: "files", name: vscode.l10n.t("unsaved texts"), files: [], leftOut: [], overlays };
}

function isWrittenUntitled(document: vscode.TextDocument): boolean {
  return document.uri.scheme === "untitled" && document.getText().trim() !== "";
}

/** A new file may have its place already, as one that `code new-file.ts` opens. */
function untitledOverlay(document: vscode.TextDocument): Overlay {
  const { uri } = document;
  const isPlaced = vscode.workspace.getWorkspaceFolder(uri.with({ scheme: "file" })) !== undefined;
  const text = document.getText();
  return isPlaced ? { file: uri.fsPath, text } : { name: document.fileName, text, address: uri.toString() };
}

/** A notebook as its file would be, without outputs. */
function notebookJson(notebook: vscode.NotebookDocument): string {
  const cells = notebook.getCells().map(({ kind, document }) => ({
    cell_type: kind === vscode.NotebookCellKind.Code ? "code" : "markdown",
    metadata: { vscode: { languageId: document.languageId } },
    source: document.getText(),
  }));
  return JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells });
}
