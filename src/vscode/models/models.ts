import * as vscode from "vscode";
import type { AskParts } from "../../ask.ts";
import { offlineModel } from "../../models/offline-model.ts";
import { type OpenAiModelOptions, openAiModel } from "../../models/openai-model.ts";
import { type Model, ModelFailure, type Price, statedPrice } from "../../rlm/model.ts";
import { readSettings } from "../settings.ts";
import type { ApiKeys } from "./api-keys.ts";
import { chooseModel } from "./choose-model.ts";
import { configuredEndpoint, type Endpoint, endpointUrl, fetchModels } from "./endpoint.ts";
import { editorModel, isEditorModel } from "./lm-model.ts";
import { editorModels, handedModels, isForeign, nameOfModel } from "./lm-models.ts";

/** How long an endpoint is waited for, and how often it is tried again. */
export type Patience = Pick<OpenAiModelOptions, "maxRetries" | "firstTokenTimeoutMs">;

/**
 * Who answers, by the settings and the stored key; the user is asked where a model must be chosen.
 * @returns null where the user gave up
 */
export async function chosenModels(keys: ApiKeys, patience: Patience = {}): Promise<AskParts | null> {
  const { model, subModel, childModel, prices } = readSettings();
  const endpoint = await configuredEndpoint(keys);
  if (!vscode.workspace.isTrusted || model === "offline") return offlineParts();
  if (!endpoint && !isEditorModel(model)) return offlineParts();
  const rootId = model || (endpoint && (await modelOf(endpoint, keys)));
  if (!rootId) return null;
  if (rootId === "offline") return offlineParts();
  // One object a model: it learns what its endpoint refuses.
  const known = new Map<string, Model>([["offline", offlineModel()]]);
  const named = (id: string): Model => {
    const model = known.get(id) ?? modelNamed(id, endpoint, statedPrice(prices, id), patience);
    known.set(id, model);
    return model;
  };
  const sub = named(subModel || rootId);
  return { root: named(rootId), sub, named, children: { root: childModel ? named(childModel) : sub, sub } };
}

/**
 * The model that the user has picked in VS Code's chat answers, as root and as sub-model.
 * @returns null where it is one of our own or may not be asked here, so that the settings say who answers
 */
export function pickedModels(picked: vscode.LanguageModelChat): AskParts | null {
  if (!isForeign(picked) || !vscode.workspace.isTrusted) return null;
  const { prices } = readSettings();
  const id = nameOfModel(picked);
  const model = editorModel(id, handedModels(picked), statedPrice(prices, id));
  const offline = offlineModel();
  const named = (other: string): Model => {
    if (other === "offline") return offline;
    return other === id ? model : modelNamed(other, null, statedPrice(prices, other), {});
  };
  return { root: model, sub: model, named };
}

function modelNamed(id: string, endpoint: Endpoint | null, price: Price | null, patience: Patience): Model {
  if (isEditorModel(id)) return editorModel(id, editorModels, price);
  if (!endpoint) return unreachable(id);
  return openAiModel({ id, ...endpoint, ...patience, ...(price ? { price } : {}) });
}

/** A model of an endpoint where none is set, as beside one of VS Code's own. */
function unreachable(id: string): Model {
  const failure = vscode.l10n.t("There is no endpoint for “{0}”: choose one, or name a model of VS Code.", id);
  const reply = () => Promise.reject(new ModelFailure("unknown-model", failure));
  return { id, offline: false, price: null, reply };
}

function offlineParts(): AskParts {
  const offline = offlineModel();
  return { root: offline, sub: offline, named: () => offline };
}

/** The endpoint's only model, else the one that the user chooses. */
async function modelOf(endpoint: Endpoint, keys: ApiKeys): Promise<string | undefined> {
  const [only, ...others] = await fetchModels(endpoint).catch((error: unknown) => {
    // An endpoint that lists no models, as Azure does, is asked by a name that the user knows.
    if (error instanceof ModelFailure && error.code === "unknown-model") return [];
    throw error;
  });
  return only !== undefined && others.length === 0 ? only : chooseModel(keys);
}

/** One line for the question box: who will answer. */
export async function whoAnswers(keys: ApiKeys): Promise<string> {
  if (!vscode.workspace.isTrusted) {
    return vscode.l10n.t("Answered offline, by search, because this workspace is not trusted.");
  }
  const { model, subModel } = readSettings();
  const endpoint = await configuredEndpoint(keys);
  if (model === "offline") return vscode.l10n.t("Answered offline, by search.");
  if (!endpoint && !isEditorModel(model)) {
    return vscode.l10n.t("Answered offline, by search. “RLM: Choose Model…” lets a language model answer.");
  }
  const place = placeOf(model);
  if (!model) return vscode.l10n.t("Answered by {0}.", place);
  const both = subModel && subModel !== model ? vscode.l10n.t("{0} with {1}", model, subModel) : model;
  return isEditorModel(model)
    ? vscode.l10n.t("Answered by {0}.", both)
    : vscode.l10n.t("Answered by {0} at {1}.", both, place);
}

/** Where a model is asked, such as `api.openai.com`. */
export function placeOf(id: string): string {
  if (id === "offline") return "this machine";
  return isEditorModel(id) ? "VS Code" : new URL(endpointUrl()).host;
}
