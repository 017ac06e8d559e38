import * as vscode from "vscode";
import type { AskParts } from "../ask.ts";
import { offlineModel } from "../models/offline-model.ts";
import { openAiModel } from "../models/openai-model.ts";
import type { Model } from "../rlm/model.ts";
import type { ApiKeys } from "./api-keys.ts";
import { chooseModel } from "./choose-model.ts";
import { configuredEndpoint, fetchModels } from "./endpoint.ts";
import { readSettings } from "./settings.ts";

/**
 * Who answers, by the settings and the stored key; the user is asked where a model must be chosen.
 * @returns null where the user gave up
 */
export async function chosenModels(keys: ApiKeys): Promise<AskParts | null> {
  const { model, subModel } = readSettings();
  const endpoint = await configuredEndpoint(keys);
  if (!vscode.workspace.isTrusted || model === "offline" || !endpoint) return offlineParts();
  const rootId = model || (await modelOf(endpoint, keys));
  if (rootId === undefined) return null;
  if (rootId === "offline") return offlineParts();
  const named = (id: string): Model => (id === "offline" ? offlineModel() : openAiModel({ id, ...endpoint }));
  return { root: named(rootId), sub: named(subModel || rootId), named };
}

function offlineParts(): AskParts {
  const offline = offlineModel();
  return { root: offline, sub: offline, named: () => offline };
}

async function modelOf(
  endpoint: { baseUrl: string; apiKey: string | null },
  keys: ApiKeys,
): Promise<string | undefined> {
  const [only, ...others] = await fetchModels(endpoint);
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
