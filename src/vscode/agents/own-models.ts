import * as vscode from "vscode";
import { estimateTokens } from "../../rlm/limits.ts";
import type { Doors } from "../doors.ts";
import { modelVendor } from "../ids.ts";

/** What VS Code shows of a model; it lists those alone in its picker that may be selected. */
interface OwnModel extends vscode.LanguageModelChatInformation {
  readonly isUserSelectable: boolean;
}

/**
 * What the chat may send of itself, in tokens. The codebase is not in it, so that this is no limit of the model that
 * answers; of long conversations the run is told the end.
 */
const conversationTokens = 128_000;
const answerTokens = 32_000;
/** What is asked where no other endpoint is set. */
const openAi = "https://api.openai.com/v1";

/**
 * Offers an RLM run over the workspace as a model of VS Code. Nothing is read before VS Code asks which models there are,
 * and what answers is loaded with the first question.
 */
export function registerOwnModels(doors: Doors): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const tell = () => changed.fire();
  // VS Code lists a model once it has asked for it, and asks when it is told of a change.
  setImmediate(tell);
  return vscode.Disposable.from(
    changed,
    doors.keys.onDidChange(tell),
    vscode.workspace.onDidGrantWorkspaceTrust(tell),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (["baseUrl", "model", "subModel"].some((name) => change.affectsConfiguration(`rlm.${name}`))) tell();
    }),
    vscode.lm.registerLanguageModelChatProvider(modelVendor, {
      onDidChangeLanguageModelChatInformation: changed.event,
      provideLanguageModelChatInformation: async () => [await ownModel(doors)],
      provideLanguageModelChatResponse: async (_model, messages, _options, progress, token) => {
        const { answerAsModel } = await import("./model-answer.ts");
        return answerAsModel(doors, messages, (text) => progress.report(new vscode.LanguageModelTextPart(text)), token);
      },
      provideTokenCount: async (_model, text) => estimateTokens(charsOf(text)),
    }),
  );
}

async function ownModel(doors: Doors): Promise<OwnModel> {
  const { root, sub } = await namedModels(doors);
  const who = sub === "" || sub === root ? root : vscode.l10n.t("{0} with {1}", root, sub);
  return {
    // The same whichever model the settings name, so that it stays picked when they change.
    id: "rlm",
    name: `RLM (${root})`,
    family: root,
    version: "1",
    detail: vscode.l10n.t("Whole codebase"),
    tooltip:
      root === "offline"
        ? vscode.l10n.t("Answers from the whole codebase by search, without a language model: no key, no network.")
        : vscode.l10n.t("Answers from the whole codebase with a recursive language model: {0}.", who),
    maxInputTokens: conversationTokens,
    maxOutputTokens: answerTokens,
    // Agent mode lists no others. Tools are not called: the run looks at the files by itself.
    capabilities: { toolCalling: true, imageInput: false },
    isUserSelectable: true,
  };
}

/** Who answers a question by the settings, found without loading what asks them. */
async function namedModels({ keys }: Doors): Promise<{ readonly root: string; readonly sub: string }> {
  const settings = vscode.workspace.getConfiguration("rlm");
  const text = (name: string) => String(settings.get(name) ?? "").trim();
  const [baseUrl, root, sub] = [text("baseUrl"), text("model"), text("subModel")];
  const offline = { root: "offline", sub: "" };
  if (!vscode.workspace.isTrusted || root === "offline") return offline;
  const isOfEditor = root.startsWith("vscode:");
  if (!isOfEditor && baseUrl === "" && (await keys.get(openAi)) === null) return offline;
  const named = root || (URL.parse(baseUrl || openAi)?.host ?? "");
  return { root: withoutPrefix(named), sub: withoutPrefix(sub) };
}

function withoutPrefix(id: string): string {
  return id.replace(/^vscode:/, "");
}

function charsOf(text: string | vscode.LanguageModelChatRequestMessage): number {
  if (typeof text === "string") return text.length;
  const parts = text.content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value.length : 0));
  return parts.reduce((sum, chars) => sum + chars, 0);
}
