import * as vscode from "vscode";
import { detectServers, type LocalServer, localServers } from "../../models/detect-servers.ts";
import { checkEndpoint } from "../../models/endpoint.ts";
import { type Provider, providers } from "../../models/presets.ts";
import { CancelSource } from "../../rlm/cancel.ts";
import { failureOf } from "../../rlm/failure.ts";
import { formatNumberOf, formatShort } from "../../rlm/format.ts";
import { readSettings } from "../settings.ts";
import type { ApiKeys } from "./api-keys.ts";
import { configuredEndpoint, type Endpoint, endpointUrl, fetchModels } from "./endpoint.ts";
import { isEditorModel } from "./lm-model.ts";
import { type ChoosableModel, listEditorModels } from "./lm-models.ts";

interface ModelItem extends vscode.QuickPickItem {
  readonly choice?:
    | { readonly kind: "model"; readonly id: string }
    | { readonly kind: "server"; readonly baseUrl: string }
    | { readonly kind: "other" }
    | { readonly kind: "key" }
    | { readonly kind: "endpoint" };
}

/** `RLM: Choose Model…`. @returns the chosen model's name, or undefined where the user gave up */
export async function chooseModel(keys: ApiKeys): Promise<string | undefined> {
  const endpoint = await configuredEndpoint(keys);
  const [own, detected, ofEditor] = await Promise.all([
    endpoint ? endpointItems(endpoint) : keylessItems(),
    detectServers(localServers, new CancelSource()),
    listEditorModels(),
  ]);
  const items = [
    ...detected.filter(({ baseUrl }) => !isAt(baseUrl, endpoint)).map(serverItem),
    ...own,
    ...editorItems(ofEditor),
    separator(vscode.l10n.t("elsewhere")),
    endpointItem(),
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("RLM: Choose Model"),
    placeHolder: vscode.l10n.t(
      "The root model, which writes the code. Now: {0}",
      readSettings().model || vscode.l10n.t("none chosen"),
    ),
    matchOnDescription: true,
    // The trace's page may take the focus back a moment after the palette has closed.
    ignoreFocusOut: true,
  });
  switch (picked?.choice?.kind) {
    case "model":
      return saveModel(picked.choice.id);
    case "server":
      return useEndpoint(keys, picked.choice.baseUrl, false);
    case "other":
      return askForModel();
    case "key":
      return (await setApiKey(keys)) ? readSettings().model || undefined : undefined;
    case "endpoint":
      return chooseEndpoint(keys);
    default:
      return undefined;
  }
}

function isAt(baseUrl: string, endpoint: Endpoint | null): boolean {
  return endpoint !== null && new URL(endpoint.baseUrl).port === new URL(baseUrl).port && isLocal(endpoint.baseUrl);
}

function isLocal(baseUrl: string): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(new URL(baseUrl).hostname);
}

function separator(label: string): ModelItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function offlineItem(): ModelItem {
  return {
    label: "$(search) offline",
    description: vscode.l10n.t("no key, no network"),
    detail: vscode.l10n.t("Finds and quotes the passages that fit the question, without a language model."),
    choice: { kind: "model", id: "offline" },
  };
}

function serverItem({ name, baseUrl, models }: LocalServer): ModelItem {
  return {
    label: `$(vm-running) ${name}`,
    description: vscode.l10n.t("{0} on this machine", formatNumberOf(models.length, "model")),
    detail: models.slice(0, 5).join(", "),
    choice: { kind: "server", baseUrl },
  };
}

function endpointItem(): ModelItem {
  return {
    label: `$(server) ${vscode.l10n.t("Use another endpoint…")}`,
    description: vscode.l10n.t("OpenAI, Azure, OpenRouter, Ollama, LM Studio, vLLM, any compatible server"),
    choice: { kind: "endpoint" },
  };
}

function keylessItems(): ModelItem[] {
  const setKey = vscode.l10n.t("Set an API key…");
  return [
    offlineItem(),
    { label: `$(key) ${setKey}`, description: vscode.l10n.t("for OpenAI"), choice: { kind: "key" } },
  ];
}

function editorItems(models: readonly ChoosableModel[]): ModelItem[] {
  if (models.length === 0) return [];
  const items = models.map(({ id, name, vendor, window }): ModelItem => {
    const description = vscode.l10n.t("{0} · up to {1} tokens", vendor, formatShort(window));
    return { label: name, description, choice: { kind: "model", id } };
  });
  return [separator(vscode.l10n.t("models of VS Code")), ...items];
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
  const other = { label: `$(edit) ${vscode.l10n.t("Another name…")}`, choice: { kind: "other" } } as const;
  return [...named, other, offlineItem()];
}

async function askForModel(): Promise<string | undefined> {
  const id = await vscode.window.showInputBox({
    title: vscode.l10n.t("RLM: Choose Model"),
    prompt: vscode.l10n.t("The model's name, as the endpoint knows it"),
    ignoreFocusOut: true,
  });
  return id?.trim() ? saveModel(id.trim()) : undefined;
}

async function saveModel(id: string): Promise<string> {
  await saveSetting("model", id);
  return id;
}

async function saveSetting(name: string, value: string | undefined): Promise<void> {
  await vscode.workspace.getConfiguration("rlm").update(name, value, vscode.ConfigurationTarget.Global);
}

/** Lets the user choose an endpoint, then one of its models. */
async function chooseEndpoint(keys: ApiKeys): Promise<string | undefined> {
  const items = providers.map((provider) => ({
    label: provider.name,
    description: provider.baseUrl ?? provider.example,
    provider,
  }));
  const title = vscode.l10n.t("RLM: Choose Endpoint");
  const picked = await vscode.window.showQuickPick(items, { title, ignoreFocusOut: true, matchOnDescription: true });
  if (!picked) return undefined;
  const { provider } = picked;
  const baseUrl = provider.baseUrl ?? (await askForUrl(provider));
  return baseUrl === undefined ? undefined : useEndpoint(keys, baseUrl, provider.wantsKey);
}

async function askForUrl({ name, example }: Provider): Promise<string | undefined> {
  const url = await vscode.window.showInputBox({
    title: vscode.l10n.t("RLM: Choose Endpoint"),
    prompt: vscode.l10n.t("The base URL of {0}, such as {1}", name, example),
    placeHolder: example,
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() === "" ? null : problemOf(value)),
  });
  return url?.trim() || undefined;
}

function problemOf(baseUrl: string): string | null {
  try {
    checkEndpoint({ baseUrl, apiKey: null });
    return null;
  } catch (error) {
    return failureOf(error).message;
  }
}

/** The models of one endpoint mean nothing to another one. */
async function useEndpoint(keys: ApiKeys, baseUrl: string, wantsKey: boolean): Promise<string | undefined> {
  // Whoever gives up at the key keeps the endpoint that they had.
  if (wantsKey && (await keys.get(baseUrl)) === null && !(await askForKey(keys, baseUrl))) return undefined;
  await saveSetting("baseUrl", baseUrl);
  for (const name of ["model", "subModel", "childModel"] as const) {
    if (!isEditorModel(readSettings()[name])) await saveSetting(name, undefined);
  }
  return chooseModel(keys);
}

/** `RLM: Set API Key…`. @returns true where a key was stored */
export async function setApiKey(keys: ApiKeys): Promise<boolean> {
  const baseUrl = endpointUrl();
  if (!(await askForKey(keys, baseUrl))) return false;
  const { host } = new URL(baseUrl);
  const model = readSettings().model;
  if (model && model !== "offline") {
    const done = vscode.l10n.t("RLM: The API key for {0} is set. Questions go to {1}.", host, model);
    void vscode.window.showInformationMessage(done);
  } else await chooseModel(keys);
  return true;
}

/** @returns true where a key was stored; an empty one removes what is stored */
async function askForKey(keys: ApiKeys, baseUrl: string): Promise<boolean> {
  const { origin, host } = new URL(baseUrl);
  const key = await vscode.window.showInputBox({
    title: vscode.l10n.t("RLM: Set API Key"),
    prompt: vscode.l10n.t(
      "The API key for {0}. It is kept in VS Code's secret storage. Leave it empty to remove the stored one.",
      origin,
    ),
    password: true,
    ignoreFocusOut: true,
  });
  if (key === undefined) return false;
  if (key.trim() === "") {
    await keys.remove(baseUrl);
    void vscode.window.showInformationMessage(vscode.l10n.t("RLM: The API key for {0} was removed.", host));
    return false;
  }
  await keys.set(baseUrl, key.trim());
  return true;
}
