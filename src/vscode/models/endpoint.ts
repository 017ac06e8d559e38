import * as vscode from "vscode";
import { checkEndpoint } from "../../models/endpoint.ts";
import { listModels } from "../../models/list-models.ts";
import { CancelSource } from "../../rlm/cancel.ts";
import { readSettings } from "../settings.ts";
import type { ApiKeys } from "./api-keys.ts";

const openAi = "https://api.openai.com/v1";

export interface Endpoint {
  readonly baseUrl: string;
  readonly apiKey: string | null;
}

/** The endpoint that the settings name, OpenAI where they name none. @throws ModelFailure where it is no http(s) URL */
export function endpointUrl(): string {
  const baseUrl = readSettings().baseUrl || openAi;
  checkEndpoint({ baseUrl, apiKey: null });
  return baseUrl;
}

/** The endpoint with its key; null where neither a key nor a base URL is set, so that only the offline model is left. */
export async function configuredEndpoint(keys: ApiKeys): Promise<Endpoint | null> {
  const baseUrl = endpointUrl();
  const apiKey = await keys.get(baseUrl);
  return apiKey === null && readSettings().baseUrl === "" ? null : { baseUrl, apiKey };
}

/** The models that an endpoint offers, fetched under a progress message that can be cancelled. */
export async function fetchModels(endpoint: Endpoint): Promise<string[]> {
  const title = vscode.l10n.t("RLM: Asking {0} for its models", new URL(endpoint.baseUrl).host);
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    (_progress, token) => {
      const signal = new CancelSource();
      token.onCancellationRequested(() => signal.abort());
      return listModels({ ...endpoint, signal });
    },
  );
}
