import path from "node:path";
import * as vscode from "vscode";
import { attachAll } from "../chat/attachments.ts";
import type { About, Attachment } from "../chat/conversations.ts";
import { isHeldBack, withoutNames } from "./held-back.ts";

/** What a question in VS Code's own chat is about. */
export interface Referred {
  readonly about: About;
  /** The question, without the names of what is held back. */
  readonly question: string;
  /** How many of the references no model may see. */
  readonly heldBack: number;
}

/**
 * What a question in VS Code's own chat is about: what it refers to, else the workspace. What the chat adds by itself, as
 * the file in the editor, does not count.
 */
export async function referredTo(prompt: string, references: readonly vscode.ChatPromptReference[]): Promise<Referred> {
  const named = references.filter(({ id }) => !id.startsWith("vscode.implicit"));
  const all = await Promise.all(named.flatMap(({ value }) => referenceTo(value) ?? []));
  const hidden = all.filter((one) => one.isHeldBack);
  const attachments = (await Promise.all(all.filter((one) => !one.isHeldBack).map(attachmentsOf))).flat();
  return {
    about: { workspace: all.length === 0, attachments },
    question: withoutNames(
      prompt.trim(),
      hidden.map(({ uri }) => path.posix.basename(uri.path)),
    ),
    heldBack: hidden.length,
  };
}

interface Reference {
  readonly uri: vscode.Uri;
  readonly range: vscode.Range | null;
  readonly isHeldBack: boolean;
}

/** Null for what is no place of a file. */
function referenceTo(value: unknown): Promise<Reference> | null {
  if (value instanceof vscode.Uri) return judged(value, null);
  return value instanceof vscode.Location ? judged(value.uri, value.range) : null;
}

async function judged(uri: vscode.Uri, range: vscode.Range | null): Promise<Reference> {
  return { uri, range, isHeldBack: await isHeldBack(uri) };
}

async function attachmentsOf({ uri, range }: Reference): Promise<readonly Attachment[]> {
  if (range === null) return attachAll([uri]);
  return [{ kind: "selection", uri: uri.toString(), lines: { from: range.start.line + 1, to: range.end.line + 1 } }];
}
