import type { AskParts } from "../ask.ts";
import { listModels } from "../models/list-models.ts";
import { offlineModel } from "../models/offline-model.ts";
import { openAiModel } from "../models/openai-model.ts";
import type { CancelSignal } from "../rlm/cancel.ts";
import { oneLine } from "../rlm/cut.ts";
import { type Model, ModelFailure, statedPrice } from "../rlm/model.ts";
import type { ModelOptions } from "./ask-options.ts";
import { UsageError } from "./usage-error.ts";

const openAi = "https://api.openai.com/v1";
/** Characters of a model's name in a message. */
const maxName = 60;

/** The part of the environment that chooses an endpoint. */
export interface ModelEnvironment {
  readonly OPENAI_API_KEY?: string | undefined;
  readonly OPENAI_BASE_URL?: string | undefined;
}

/**
 * Chooses who answers: what the flags say, else the environment, else the embedded offline model.
 * @throws UsageError where a model must be named; ModelFailure where the endpoint can't list its models
 */
export async function chooseModels(
  options: ModelOptions,
  env: ModelEnvironment,
  signal: CancelSignal,
): Promise<AskParts> {
  const stated = endpointFrom(options.baseUrl, env);
  const reachable = stated !== null;
  const endpoint = stated ?? { baseUrl: openAi, apiKey: null };
  const named = oneForEach((id) => {
    const price = statedPrice(options.prices ?? {}, id);
    return id === "offline" ? offlineModel() : openAiModel({ id, ...endpoint, ...(price ? { price } : {}) });
  });
  const rootId = options.model ?? (reachable ? await onlyModel(endpoint, signal) : "offline");
  if (rootId !== "offline" && !reachable) {
    throw new UsageError(
      `The model "${rootId}" needs an endpoint: set OPENAI_API_KEY, or give --base-url for a local server.`,
    );
  }
  const sub = named(options.subModel ?? rootId);
  const child = options.childModel === undefined ? sub : named(options.childModel);
  return { root: named(rootId), sub, named, children: { root: child, sub } };
}

/** The endpoint that a flag or the environment names; null where neither does. */
export function endpointFrom(
  flag: string | undefined,
  env: ModelEnvironment,
): { readonly baseUrl: string; readonly apiKey: string | null } | null {
  const apiKey = env.OPENAI_API_KEY?.trim() || null;
  const baseUrl = flag ?? (env.OPENAI_BASE_URL?.trim() || null);
  return apiKey === null && baseUrl === null ? null : { baseUrl: baseUrl ?? openAi, apiKey };
}

/** A model object learns what its endpoint does not take, so each name has only one. */
function oneForEach(make: (id: string) => Model): (id: string) => Model {
  const made = new Map<string, Model>();
  return (id) => {
    const model = made.get(id) ?? make(id);
    made.set(id, model);
    return model;
  };
}

async function onlyModel(endpoint: { baseUrl: string; apiKey: string | null }, signal: CancelSignal): Promise<string> {
  const models = await listModels({ ...endpoint, signal }).catch((error: unknown) => {
    const unlisted = error instanceof ModelFailure && error.code === "unknown-model";
    throw unlisted ? new UsageError(`Which model? ${error.message} For example: --model my-deployment.`) : error;
  });
  const [only, ...others] = models;
  if (only !== undefined && others.length === 0) return only;
  const some = models
    .slice(0, 5)
    .map((id) => oneLine(id, maxName))
    .join(", ");
  throw new UsageError(`Which model? Name one with --model${some ? `, for example: ${some}` : ""}.`);
}
