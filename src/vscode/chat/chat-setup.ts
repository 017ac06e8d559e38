import * as vscode from "vscode";
import { formatUsdLimit } from "../../rlm/format.ts";
import type { Setup } from "../../webview/chat/protocol.ts";
import { describeAmount } from "../context/context-item.ts";
import type { Doors } from "../doors.ts";
import { configuredEndpoint } from "../models/endpoint.ts";
import { isEditorModel } from "../models/lm-model.ts";
import { whoAnswers } from "../models/models.ts";
import { readSettings } from "../settings.ts";
import { chipsOf } from "./attachments.ts";
import { exampleQuestions, type ListedPath } from "./chat-examples.ts";
import type { About } from "./conversations.ts";

/** What stands round the conversation. @param limitUsd the conversation's own limit; null: that of the settings */
export async function setupOf(doors: Doors, about: About, limitUsd: number | null): Promise<Setup> {
  const folder = (vscode.workspace.workspaceFolders?.length ?? 0) > 0;
  const { model, notice, free } = await answerer(doors);
  return {
    folder,
    model,
    who: await whoAnswers(doors.keys).catch((error: unknown) => String(error)),
    limit: free ? null : vscode.l10n.t("up to {0}", formatUsdLimit(limitUsd ?? readSettings().limits.usd ?? 0)),
    chips: chipsOf(about),
    canAddWorkspace: folder && !about.workspace,
    size: about.workspace && doors.choice.known ? `≈${describeAmount(doors.choice.known)}` : null,
    notice,
    examples: exampleQuestions(await someEntries()),
  };
}

interface Answerer extends Pick<Setup, "model" | "notice"> {
  /** Its answers cost nothing. */
  readonly free: boolean;
}

async function answerer(doors: Doors): Promise<Answerer> {
  const offline = vscode.l10n.t("offline");
  if (!vscode.workspace.isTrusted) {
    const text = vscode.l10n.t("This workspace is not trusted: questions are answered offline, by search.");
    const button = { label: vscode.l10n.t("Manage Trust"), command: "manageTrust" as const };
    return { model: offline, notice: { text, button }, free: true };
  }
  const { model } = readSettings();
  if (model === "offline") return { model: offline, notice: null, free: true };
  // One of VS Code's own models needs no key of ours.
  if (isEditorModel(model)) return { model: model.slice(model.indexOf(":") + 1), notice: null, free: false };
  try {
    if (await configuredEndpoint(doors.keys)) {
      return { model: model || vscode.l10n.t("choose a model"), notice: null, free: false };
    }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { model: model || offline, notice: { text, button: null }, free: false };
  }
  const text = vscode.l10n.t("No API key is set: questions are answered offline, by search.");
  const button = { label: vscode.l10n.t("Set API Key"), command: "setApiKey" as const };
  return { model: offline, notice: { text, button }, free: true };
}

/** Folders whose entries are looked at too. */
const lookedInto = ["src", "lib", "app", "packages"];
const mostEntries = 500;

/** The entries of the first folder's root and of a few folders in it. */
async function someEntries(): Promise<ListedPath[]> {
  const root = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (!root) return [];
  const top = await entriesOf(root, "");
  const below = lookedInto.filter((name) => top.includes(`${name}/`));
  const inside = await Promise.all(below.map((name) => entriesOf(vscode.Uri.joinPath(root, name), `${name}/`)));
  return [...top, ...inside.flat()];
}

async function entriesOf(folder: vscode.Uri, prefix: string): Promise<ListedPath[]> {
  try {
    const entries = await vscode.workspace.fs.readDirectory(folder);
    return entries
      .slice(0, mostEntries)
      .map(([name, type]) => `${prefix}${name}${(type & vscode.FileType.Directory) !== 0 ? "/" : ""}`);
  } catch {
    return [];
  }
}
