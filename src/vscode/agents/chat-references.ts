import * as vscode from "vscode";
import { attachAll } from "../chat/attachments.ts";
import type { About, Attachment } from "../chat/conversations.ts";

/**
 * What a question in VS Code's own chat is about: what it refers to, else the workspace. What the chat adds by itself, as
 * the file in the editor, does not count.
 */
export async function aboutOf(references: readonly vscode.ChatPromptReference[]): Promise<About> {
  const named = references.filter(({ id }) => !id.startsWith("vscode.implicit"));
  const attachments = (await Promise.all(named.map(({ value }) => attachmentsOf(value)))).flat();
  return { workspace: attachments.length === 0, attachments };
}

async function attachmentsOf(value: unknown): Promise<readonly Attachment[]> {
  if (value instanceof vscode.Uri) return attachAll([value]);
  if (!(value instanceof vscode.Location)) return [];
  const lines = { from: value.range.start.line + 1, to: value.range.end.line + 1 };
  return [{ kind: "selection", uri: value.uri.toString(), lines }];
}
