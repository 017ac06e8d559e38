import * as vscode from "vscode";
import type { CancelSignal } from "../../rlm/cancel.ts";
import { modelVendor } from "../ids.ts";
import { type EditorMessage, type EditorModel, type EditorModels, editorModelPrefix } from "./lm-model.ts";

/** The editor may never settle, as without a sign-in (milliseconds). */
const listMs = 3_000;

/** A model that can be chosen. */
export interface ChoosableModel {
  /** As the settings name it. */
  readonly id: string;
  readonly name: string;
  readonly vendor: string;
  /** Tokens. */
  readonly window: number;
}

/** The models that VS Code offers, but for our own; none where it does not say within a moment. */
export async function listEditorModels(): Promise<readonly ChoosableModel[]> {
  const late = new Promise<vscode.LanguageModelChat[]>((resolve) => setTimeout(() => resolve([]), listMs));
  const found = Promise.resolve(vscode.lm.selectChatModels()).catch((): vscode.LanguageModelChat[] => []);
  return (await Promise.race([found, late])).filter(isForeign).map((model) => ({
    id: nameOfModel(model),
    name: model.name,
    vendor: model.vendor,
    window: model.maxInputTokens,
  }));
}

/** VS Code's own models, behind the seam of `editorModel`. */
export const editorModels: EditorModels = {
  async find(vendor, name) {
    if (vendor === modelVendor) return null;
    const models = (await vscode.lm.selectChatModels({ vendor })).filter(isForeign);
    const found = models.find(({ id }) => id === name) ?? models.find(({ family }) => family === name);
    return found ? editorModelOf(found) : null;
  },
  codeOf: (error) => (error instanceof vscode.LanguageModelError ? error.code || "Unknown" : null),
};

/** A model that VS Code has handed over, as where the user has picked it in a chat. */
export function handedModels(model: vscode.LanguageModelChat): EditorModels {
  return { ...editorModels, find: async () => editorModelOf(model) };
}

/** How the settings would name a model of VS Code. */
export function nameOfModel({ vendor, id }: Pick<vscode.LanguageModelChat, "vendor" | "id">): string {
  return `${editorModelPrefix}${vendor}/${id}`;
}

/** True for a model that is not our own: these are never asked by a run, as they would start runs. */
export function isForeign({ vendor }: vscode.LanguageModelChat): boolean {
  return vendor !== modelVendor;
}

function editorModelOf(model: vscode.LanguageModelChat): EditorModel {
  return {
    countTokens: async (text) => model.countTokens(text),
    async send(messages, signal) {
      const source = cancellationOf(signal);
      const justification = vscode.l10n.t("RLM answers your questions about the codebase with it.");
      const response = await model.sendRequest(messages.map(messageOf), { justification }, source.token);
      return response.text;
    },
  };
}

function messageOf({ role, content }: EditorMessage): vscode.LanguageModelChatMessage {
  const { User, Assistant } = vscode.LanguageModelChatMessage;
  return role === "user" ? User(content) : Assistant(content);
}

function cancellationOf(signal: CancelSignal): vscode.CancellationTokenSource {
  const source = new vscode.CancellationTokenSource();
  if (signal.aborted) source.cancel();
  else signal.addEventListener("abort", () => source.cancel(), { once: true });
  return source;
}
