import * as vscode from "vscode";

/** The address of a file as a run's roots name it: an absolute path or a URI. */
export function uriOfFile(file: string): vscode.Uri {
  return isAddress(file) ? vscode.Uri.parse(file, true) : vscode.Uri.file(file);
}

/** True for a URI; a drive's letter is no scheme. */
export function isAddress(file: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(file);
}
