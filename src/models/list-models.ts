import { CancelledError, type CancelSignal, throwIfCancelled } from "../rlm/cancel.ts";
import { ModelFailure } from "../rlm/model.ts";
import { checkEndpoint, type Endpoint, type EndpointOptions } from "./endpoint.ts";
import { troubleOf } from "./failures.ts";
import { withAbort } from "./linked-abort.ts";
import { openClient } from "./openai-client.ts";
import { ReplyProblem } from "./reply-problem.ts";
import { fields } from "./usage.ts";

export interface ListModelsOptions extends EndpointOptions {
  readonly signal: CancelSignal;
  /** 15,000 unless given. */
  readonly timeoutMs?: number;
}

/**
 * The names of the models that an endpoint has, in its order. Azure does not list what can be asked: there it is the
 * deployment that the URL names, and nothing is sent.
 * @throws ModelFailure, `unknown-model` where a model can only be named; CancelledError
 */
export async function listModels(options: ListModelsOptions): Promise<string[]> {
  throwIfCancelled(options.signal);
  const endpoint = checkEndpoint(options);
  if (!endpoint.preset.listsModels) return deploymentIn(endpoint);
  try {
    return namesIn(await get(endpoint, options), endpoint.host);
  } catch (error) {
    if (options.signal.aborted) throw new CancelledError();
    const { failure } = troubleOf(error, endpoint, "");
    throw failure.code === "unknown-model" ? noList(endpoint.host) : failure;
  }
}

function deploymentIn({ deployments, preset }: Endpoint): string[] {
  if (deployments?.named) return [deployments.named];
  throw new ModelFailure("unknown-model", `${preset.name} does not list its deployments. Name the one to ask.`);
}

async function get(endpoint: Endpoint, { signal, timeoutMs = 15_000 }: ListModelsOptions): Promise<unknown> {
  const client = await openClient(endpoint);
  return withAbort(signal, async (controller) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      controller.abort();
    }, timeoutMs);
    try {
      return await client.get("/models", { signal: controller.signal });
    } catch (error) {
      throw late ? new ReplyProblem("silent", timeoutMs) : error;
    } finally {
      clearTimeout(timer);
    }
  });
}

function namesIn(body: unknown, host: string): string[] {
  if (typeof body === "string") throw new ReplyProblem("web-page");
  const list = Array.isArray(body) ? body : fields(body).data;
  if (!Array.isArray(list)) throw noList(host);
  return [...new Set(list.map((entry) => fields(entry).id).filter((id) => typeof id === "string"))];
}

function noList(host: string): ModelFailure {
  return new ModelFailure(
    "bad-request",
    `${host} does not list its models. Name one, and check that the base URL is right.`,
  );
}
