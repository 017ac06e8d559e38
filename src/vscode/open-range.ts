import * as vscode from "vscode";

/** Opens a file beside the trace, whose column is given, with the lines selected; both lines count from 1. */
export async function openRange(
  file: string | null,
  range: { path: string; from: number; to: number },
  trace: vscode.ViewColumn | undefined,
): Promise<void> {
  if (file === null) {
    void vscode.window.showWarningMessage(`RLM: There is no file "${range.path}" in what was asked about.`);
    return;
  }
  try {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
    const from = document.validatePosition(new vscode.Position(Math.max(range.from - 1, 0), 0));
    const to = document.validatePosition(new vscode.Position(Math.max(range.to - 1, 0), Number.MAX_SAFE_INTEGER));
    await vscode.window.showTextDocument(document, {
      viewColumn: columnBeside(trace),
      selection: new vscode.Range(from, to),
      preview: true,
    });
  } catch {
    void vscode.window.showWarningMessage(
      `RLM: ${range.path} can't be opened. It may have been moved since the question was asked.`,
    );
  }
}

/** A column that is open already, so that the trace stays in sight and no third one opens. */
function columnBeside(trace: vscode.ViewColumn | undefined): vscode.ViewColumn {
  const other = vscode.window.tabGroups.all.find(({ viewColumn }) => viewColumn !== trace);
  return other?.viewColumn ?? vscode.ViewColumn.Beside;
}
