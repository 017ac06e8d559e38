import * as vscode from "vscode";
import type { AskParts } from "../ask.ts";
import { offlineModel } from "../models/offline-model.ts";
import { openAiModel } from "../models/openai-model.ts";
import { type Model, ModelFailure, statedPrice } from "../rlm/model.ts";
import type { ApiKeys } from "./api-keys.ts";
import { chooseModel } from "./choose-model.ts";
import { configuredEndpoint, type Endpoint, fetchModels } from "./endpoint.ts";
import { readSettings } from "./settings.ts";

/**
 * Who answers, by the settings and the stored key; the user is asked where a model must be chosen.
 * @returns null where the user gave up
 */
export async function chosenModels(keys: ApiKeys): Promise<AskParts | null> {
  const { model, subModel, childModel, prices } = readSettings();
  const endpoint = await configuredEndpoint(keys);
  if (!vscode.workspace.isTrusted || model === "offline" || !endpoint) return offlineParts();
  const rootId = model || (await modelOf(endpoint, keys));
  if (rootId === undefined) return null;
  if (rootId === "offline") return offlineParts();
  // One object a model: it learns what its endpoint refuses.
  const known = new Map<string, Model>([["offline", offlineModel()]]);
  const named = (id: string): Model => {
    const price = statedPrice(prices, id);
    const model = known.get(id) ?? openAiModel({ id, ...endpoint, ...(price ? { price } : {}) });
    known.set(id, model);
    return model;
  };
  const sub = named(subModel || rootId);
  return { root: named(rootId), sub, named, children: { root: childModel ? named(childModel) : sub, sub } };
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
  if (!vscode.workspace.isTrusted) return "Answered offline, by search, because this workspace is not trusted.";
  const { model, subModel } = readSettings();
  const endpoint = await configuredEndpoint(keys);
  if (!endpoint || model === "offline") {
    return endpoint
      ? "Answered offline, by search."
      : "Answered offline, by search. “RLM: Choose Model…” lets a language model answer.";
  }
  const host = new URL(endpoint.baseUrl).host;
  if (!model) return `Answered by ${host}.`;
  return `Answered by ${model}${subModel && subModel !== model ? ` with ${subModel}` : ""} at ${host}.`;
}
