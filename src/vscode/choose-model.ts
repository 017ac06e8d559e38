import * as vscode from "vscode";
import { failureOf } from "../rlm/failure.ts";
import type { ApiKeys } from "./api-keys.ts";
import { configuredEndpoint, type Endpoint, endpointUrl, fetchModels } from "./endpoint.ts";
import { readSettings } from "./settings.ts";

interface ModelItem extends vscode.QuickPickItem {
  readonly choice:
    | { readonly kind: "model"; readonly id: string }
    | { readonly kind: "other" }
    | { readonly kind: "key" }
    | { readonly kind: "server" };
}

/** `RLM: Choose Model…`. @returns the chosen model's name, or undefined where the user gave up */
export async function chooseModel(keys: ApiKeys): Promise<string | undefined> {
  const endpoint = await configuredEndpoint(keys);
  const items = endpoint ? await endpointItems(endpoint) : keylessItems();
  const picked = await vscode.window.showQuickPick(items, {
    title: "RLM: Choose Model",
    placeHolder: `The root model, which writes the code. Now: ${readSettings().model || "none chosen"}`,
    matchOnDescription: true,
    // The trace's page may take the focus back a moment after the palette has closed.
    ignoreFocusOut: true,
  });
  switch (picked?.choice.kind) {
    case "model":
      return saveModel(picked.choice.id);
    case "other":
      return askForModel();
    case "key":
      return (await setApiKey(keys)) ? readSettings().model || undefined : undefined;
    case "server":
      await vscode.commands.executeCommand("workbench.action.openSettings", "rlm.baseUrl");
      return undefined;
    default:
      return undefined;
  }
}

const offlineItem: ModelItem = {
  label: "$(search) offline",
  description: "no key, no network",
  detail: "Finds and quotes the passages that fit the question, without a language model.",
  choice: { kind: "model", id: "offline" },
};

function keylessItems(): ModelItem[] {
  return [
    offlineItem,
    { label: "$(key) Set an API key…", description: "for OpenAI", choice: { kind: "key" } },
    {
      label: "$(server) Use another endpoint…",
      description: "Ollama, LM Studio, vLLM, any OpenAI-compatible server",
      choice: { kind: "server" },
    },
  ];
}

async function endpointItems(endpoint: Endpoint): Promise<ModelItem[]> {
  const host = new URL(endpoint.baseUrl).host;
  const models = await fetchModels(endpoint).catch((error: unknown): string[] => {
    const { code, message } = failureOf(error);
    // Without the right key no choice helps; else a name may, where an endpoint does not list its models.
    if (code === "auth" || code === "cancelled") throw error;
    void vscode.window.showWarningMessage(`RLM: ${message}`);
    return [];
  });
  const named = models.map((id): ModelItem => ({ label: id, description: host, choice: { kind: "model", id } }));
  return [...named, { label: "$(edit) Another name…", choice: { kind: "other" } }, offlineItem];
}

async function askForModel(): Promise<string | undefined> {
  const id = await vscode.window.showInputBox({
    title: "RLM: Choose Model",
    prompt: "The model's name, as the endpoint knows it",
    ignoreFocusOut: true,
  });
  return id?.trim() ? saveModel(id.trim()) : undefined;
}

async function saveModel(id: string): Promise<string> {
  await vscode.workspace.getConfiguration("rlm").update("model", id, vscode.ConfigurationTarget.Global);
  return id;
}

/** `RLM: Set API Key…`. @returns true where a key was stored */
export async function setApiKey(keys: ApiKeys): Promise<boolean> {
  const baseUrl = endpointUrl();
  const { origin, host } = new URL(baseUrl);
  const key = await vscode.window.showInputBox({
    title: "RLM: Set API Key",
    prompt: `The API key for ${origin}. It is kept in VS Code's secret storage. Leave it empty to remove the stored one.`,
    password: true,
    ignoreFocusOut: true,
  });
  if (key === undefined) return false;
  if (key.trim() === "") {
    await keys.remove(baseUrl);
    void vscode.window.showInformationMessage(`RLM: The API key for ${host} was removed.`);
    return false;
  }
  await keys.set(baseUrl, key.trim());
  const model = readSettings().model;
  if (model && model !== "offline") {
    void vscode.window.showInformationMessage(`RLM: The API key for ${host} is set. Questions go to ${model}.`);
  } else await chooseModel(keys);
  return true;
}
