import { createHash } from "node:crypto";
import * as vscode from "vscode";
import { fileUnder } from "../../context/view.ts";
import type { Citation, ContextRoot } from "../../rlm/events.ts";
import { uriOfFile } from "../files/file-uri.ts";

/** Larger files are not looked at: they are collected only where they were named outright. */
const mostBytes = 20_000_000;

/**
 * The paths of citations whose files are no longer what was collected: changed, or gone. What the editor has not saved
 * counts over the file. A citation without a digest tells nothing.
 */
export async function stalePaths(citations: readonly Citation[], roots: readonly ContextRoot[]): Promise<string[]> {
  const digests = new Map(citations.flatMap(({ path, sha256 }) => (sha256 === undefined ? [] : [[path, sha256]])));
  const checked = await Promise.all(
    [...digests].map(async ([path, sha256]) => {
      const file = fileUnder(roots, path);
      return file !== null && (await isStale(uriOfFile(file), sha256 ?? "")) ? [path] : [];
    }),
  );
  return checked.flat();
}

async function isStale(uri: vscode.Uri, sha256: string): Promise<boolean> {
  const unsaved = vscode.workspace.textDocuments.find(
    ({ isDirty, uri: { fsPath } }) => isDirty && fsPath === uri.fsPath,
  );
  if (unsaved) return digest(unsaved.getText()) !== sha256;
  try {
    if ((await vscode.workspace.fs.stat(uri)).size > mostBytes) return false;
    return digest(await vscode.workspace.fs.readFile(uri)) !== sha256;
  } catch {
    return true;
  }
}

function digest(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
