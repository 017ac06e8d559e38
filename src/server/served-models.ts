import type { AskParts } from "../ask.ts";
import type { EndpointOptions } from "../models/endpoint.ts";
import { listModels } from "../models/list-models.ts";
import { offlineModel } from "../models/offline-model.ts";
import { openAiModel } from "../models/openai-model.ts";
import type { CancelSignal } from "../rlm/cancel.ts";
import { type Model, ModelFailure, type StatedPrices, statedPrice } from "../rlm/model.ts";
import { hopsHeader } from "./hops.ts";
import type { ModelName } from "./model-name.ts";

/** The models that runs of a server ask. */
export interface ServedModels {
  /** Names of models that may be a root model, without `rlm-`. @throws ModelFailure, CancelledError */
  list(signal: CancelSignal): Promise<readonly string[]>;
  /** @param hops endpoints of this kind that the request has passed, this one included */
  partsFor(name: ModelName, hops: number): AskParts;
}

export interface EndpointModelsOptions {
  /** Null: everything is answered by the embedded offline model. */
  readonly endpoint: EndpointOptions | null;
  readonly prices?: StatedPrices;
}

/** The models of one endpoint, and the offline one. */
export function endpointModels({ endpoint, prices = {} }: EndpointModelsOptions): ServedModels {
  const offline = offlineModel();
  if (endpoint === null) {
    const parts: AskParts = { root: offline, sub: offline, named: () => offline };
    return { list: async () => ["offline"], partsFor: () => parts };
  }
  // A model object learns what its endpoint does not take, so each name has only one.
  const made = new Map<string, Model>();
  const modelAt = (id: string, hops: number): Model => {
    if (id === "offline") return offline;
    const key = `${hops} ${id}`;
    const price = statedPrice(prices, id);
    const headers = { ...endpoint.headers, ...hopsHeader(hops) };
    const model = made.get(key) ?? openAiModel({ id, ...endpoint, headers, ...(price ? { price } : {}) });
    if (made.size >= mostKept) made.clear();
    made.set(key, model);
    return model;
  };
  return {
    list: async (signal) => [...(await listed(endpoint, signal)), "offline"],
    partsFor: ({ root, sub }, hops) => {
      const named = (id: string) => modelAt(id, hops);
      return { root: named(root), sub: named(sub), named };
    },
  };
}

/** Any name may be asked for, so that they could become many. */
const mostKept = 200;

/** An endpoint that can't list its models may have them all the same. */
async function listed(endpoint: EndpointOptions, signal: CancelSignal): Promise<readonly string[]> {
  try {
    return await listModels({ ...endpoint, signal });
  } catch (error) {
    if (error instanceof ModelFailure && error.code === "unknown-model") return [];
    throw error;
  }
}
