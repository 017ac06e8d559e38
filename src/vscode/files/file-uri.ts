import * as vscode from "vscode";

/** The address of a file as a run's roots name it: an absolute path or a URI. A drive's letter is no scheme. */
export function uriOfFile(file: string): vscode.Uri {
  return /^[a-z][a-z0-9+.-]+:/i.test(file) ? vscode.Uri.parse(file, true) : vscode.Uri.file(file);
}
