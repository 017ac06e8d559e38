/** The HTTP server as it is built into a file of its own: what it needs is not read before it is started. */

import type { EndpointOptions } from "../../models/endpoint.ts";
import type { StatedPrices } from "../../rlm/model.ts";
import { endpointModels } from "../../server/served-models.ts";
import { ServerError } from "../../server/server-error.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../server/start-server.ts";

export interface ServeOptions extends Omit<ServerOptions, "models" | "host"> {
  /** Null: the offline model answers. */
  readonly endpoint: EndpointOptions | null;
  readonly prices: StatedPrices;
}

/** A server that listens on 127.0.0.1, or why it can't. */
export type Served =
  | { readonly server: RunningServer }
  | { readonly problem: "port-in-use" | "not-listening"; readonly message: string };

export async function serve({ endpoint, prices, ...options }: ServeOptions): Promise<Served> {
  try {
    return { server: await startServer({ ...options, models: endpointModels({ endpoint, prices }) }) };
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    const problem = error.code === "port-in-use" ? error.code : "not-listening";
    return { problem, message: error.message };
  }
}
