import { type HttpBindings, RequestError } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { CancelSource } from "../rlm/cancel.ts";
import { failureOf } from "../rlm/failure.ts";
import { ModelFailure } from "../rlm/model.ts";
import { ApiError, errorBody, errorHeaders } from "./api-error.ts";
import type { ChatCompletions } from "./chat-completions.ts";
import type { Gatekeeper } from "./gatekeeper.ts";
import { modelNameOf, readModelName } from "./model-name.ts";
import { failedRun, ownMistake } from "./run-failure.ts";
import type { ServedModels } from "./served-models.ts";

export interface ApiParts {
  readonly chat: ChatCompletions;
  readonly models: ServedModels;
  readonly gate: { readonly hosts: Gatekeeper; readonly keys: Gatekeeper };
  readonly onProblem: (error: unknown) => void;
}

type Bound = { Bindings: HttpBindings };

/** The paths of the server. */
export function apiOf({ chat, models, gate, onProblem }: ApiParts): Hono<Bound> {
  const api = new Hono<Bound>();
  api.use("*", async (c, next) => {
    gate.hosts(c.env.incoming);
    await next();
  });
  api.use("/v1/*", async (c, next) => {
    gate.keys(c.env.incoming);
    await next();
  });
  api.get("/health", (c) => c.json({ status: "ok" }));
  api.get("/v1/models", async (c) => c.json({ object: "list", data: (await namesOf(models)).map(modelObject) }));
  api.get("/v1/models/:model", async (c) => {
    const name = modelNameOf(readModelName(c.req.param("model")));
    const { root, sub } = readModelName(name);
    const known = await models.list(new CancelSource());
    if (known.includes(root) && known.includes(sub)) return c.json(modelObject(name));
    throw new ApiError({
      status: 404,
      code: "model_not_found",
      param: "model",
      message: `There is no model "${name.slice(0, 100)}".`,
    });
  });
  api.post("/v1/chat/completions", (c) => chat.answer(c.env.incoming, c.env.outgoing));
  api.all("/health", onlyFor("GET"));
  api.all("/v1/models", onlyFor("GET"));
  api.all("/v1/models/:model", onlyFor("GET"));
  api.all("/v1/chat/completions", onlyFor("POST"));
  api.notFound((c) => {
    const message = `There is nothing at ${c.req.path.slice(0, 100)}. This server has /v1/chat/completions, /v1/models and /health.`;
    return errorResponse(new ApiError({ status: 404, code: "not_found", message }), onProblem);
  });
  api.onError((error) => errorResponse(error, onProblem));
  return api;
}

/** An error as a response. @param onProblem told of what is no fault of the client */
export function errorResponse(error: unknown, onProblem: (error: unknown) => void): Response {
  const { fields } = apiErrorOf(error);
  if (fields.status === 500) onProblem(error instanceof ApiError ? (error.cause ?? error) : error);
  return new Response(JSON.stringify(errorBody(fields)), { status: fields.status, headers: errorHeaders(fields) });
}

function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof ModelFailure) return failedRun(failureOf(error));
  if (error instanceof RequestError) {
    return new ApiError({ status: 400, code: "invalid_request", message: `The request is broken: ${error.message}.` });
  }
  return ownMistake();
}

function onlyFor(method: string) {
  return (c: Context<Bound>) => {
    const message = `${c.req.path.slice(0, 100)} takes ${method}, not ${c.req.method}.`;
    throw new ApiError({ status: 405, code: "method_not_allowed", message, allow: method });
  };
}

async function namesOf(models: ServedModels): Promise<string[]> {
  return (await models.list(new CancelSource())).map((id) => modelNameOf({ root: id, sub: id }));
}

function modelObject(id: string) {
  return { id, object: "model", created: 0, owned_by: "rlm" };
}
