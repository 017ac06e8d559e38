import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface ScriptedMessage {
  readonly role: string;
  readonly content: string;
}

/** One chat completion that was asked for. */
interface ScriptedRequest {
  readonly model: string;
  readonly messages: readonly ScriptedMessage[];
  readonly stream: boolean;
  readonly headers: IncomingHttpHeaders;
  /** The whole body, for fields that are not listed here. */
  readonly body: Readonly<Record<string, unknown>>;
  /** 0 for the first request. */
  readonly index: number;
}

/** How to answer. Where `raw` is given it writes the response and the rest is not looked at. */
export interface ScriptedReply {
  readonly text?: string;
  /** The text in pieces, each sent as it is reached; a number is a pause in milliseconds. Goes before `text`. */
  readonly deltas?: readonly (string | number)[];
  /** The `usage` object as it goes over the wire; null: none. Without it, characters / 4 at the end of a stream. */
  readonly usage?: Readonly<Record<string, unknown>> | null;
  /** `stop` unless given; null: the stream ends without one. */
  readonly finishReason?: string | null;
  /** Milliseconds before the first byte. */
  readonly delayMs?: number;
  readonly raw?: (req: IncomingMessage, res: ServerResponse) => void | Promise<void>;
}

type Scripted = string | ScriptedReply;
export type Script = (request: ScriptedRequest) => Scripted | Promise<Scripted>;

export interface ScriptedServerOptions {
  /** What `GET /models` lists; `scripted` unless given. */
  readonly models?: readonly string[];
  /** Where given, any other key is refused with 401. */
  readonly apiKey?: string;
}

export interface ScriptedServer {
  /** `http://127.0.0.1:<port>/v1` */
  readonly baseUrl: string;
  readonly requests: readonly ScriptedRequest[];
  /** Completions that are being answered now. */
  readonly inFlight: number;
  readonly maxInFlight: number;
  /** Completions whose client went away before they were answered. */
  readonly abandoned: number;
  close(): Promise<void>;
}

/** Starts an OpenAI-compatible server on a free port of 127.0.0.1 that answers as the script says. */
export async function startScriptedServer(
  script: Script,
  options: ScriptedServerOptions = {},
): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = [];
  const counts = { inFlight: 0, maxInFlight: 0, abandoned: 0 };

  async function complete(req: IncomingMessage, res: ServerResponse): Promise<void> {
    counts.inFlight += 1;
    counts.maxInFlight = Math.max(counts.maxInFlight, counts.inFlight);
    res.once("close", () => {
      counts.inFlight -= 1;
      if (!res.writableFinished) counts.abandoned += 1;
    });
    const request = requestOf(await bodyOf(req), req.headers, requests.length);
    requests.push(request);
    const scripted = await script(request);
    await send(request, typeof scripted === "string" ? { text: scripted } : scripted, req, res);
  }

  async function route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = new URL(req.url ?? "/", "http://127.0.0.1").pathname;
    if (options.apiKey !== undefined && req.headers.authorization !== `Bearer ${options.apiKey}`) {
      return sendJson(res, 401, { error: { message: "Incorrect API key provided.", code: "invalid_api_key" } });
    }
    if (req.method === "GET" && path === "/v1/models") return sendJson(res, 200, modelList(options.models));
    if (req.method === "POST" && path === "/v1/chat/completions") return complete(req, res);
    sendJson(res, 404, { error: { message: `Nothing is at ${path}.` } });
  }

  const server = createServer((req, res) => {
    route(req, res).catch((error: unknown) => {
      if (res.headersSent) res.destroy();
      else sendJson(res, 500, { error: { message: `The script failed: ${String(error)}` } });
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    get inFlight() {
      return counts.inFlight;
    },
    get maxInFlight() {
      return counts.maxInFlight;
    },
    get abandoned() {
      return counts.abandoned;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(req: IncomingMessage): Promise<Record<string, unknown>> {
  const pieces: Buffer[] = [];
  for await (const piece of req) pieces.push(piece as Buffer);
  return JSON.parse(Buffer.concat(pieces).toString("utf8")) as Record<string, unknown>;
}

function requestOf(body: Record<string, unknown>, headers: IncomingHttpHeaders, index: number): ScriptedRequest {
  return {
    model: String(body.model),
    messages: (body.messages ?? []) as ScriptedMessage[],
    stream: body.stream === true,
    headers,
    body,
    index,
  };
}

async function send(
  request: ScriptedRequest,
  reply: ScriptedReply,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  if (reply.raw) return reply.raw(req, res);
  if (reply.delayMs) await sleep(reply.delayMs);
  const deltas = [...(reply.deltas ?? []), ...(reply.text === undefined ? [] : [reply.text])];
  const finishReason = reply.finishReason === undefined ? "stop" : reply.finishReason;
  const text = deltas.filter((delta) => typeof delta === "string").join("");
  const counted = finishReason === null ? null : countedUsage(request, text);
  const usage = reply.usage === undefined ? counted : reply.usage;
  if (request.stream) return sendStream(request, deltas, finishReason, usage, res);
  for (const delta of deltas) if (typeof delta === "number") await sleep(delta);
  const message = { role: "assistant", content: text };
  const choices = [{ index: 0, message, finish_reason: finishReason }];
  sendJson(res, 200, { ...head(request, "chat.completion"), choices, ...(usage ? { usage } : {}) });
}

async function sendStream(
  request: ScriptedRequest,
  deltas: readonly (string | number)[],
  finishReason: string | null,
  usage: unknown,
  res: ServerResponse,
): Promise<void> {
  const base = head(request, "chat.completion.chunk");
  const chunk = (delta: object, finish: string | null) =>
    sse({ ...base, choices: [{ index: 0, delta, finish_reason: finish }] });
  res.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  res.flushHeaders();
  let pending = chunk({ role: "assistant", content: "" }, null);
  for (const delta of deltas) {
    if (typeof delta === "string") pending += chunk({ content: delta }, null);
    else {
      res.write(pending);
      pending = "";
      await sleep(delta);
      if (res.destroyed) return;
    }
  }
  if (finishReason !== null) pending += chunk({}, finishReason);
  const asked = request.body.stream_options as { include_usage?: boolean } | undefined;
  if (usage && asked?.include_usage) pending += sse({ ...base, choices: [], usage });
  if (finishReason !== null) pending += "data: [DONE]\n\n";
  res.end(pending);
}

function head(request: ScriptedRequest, object: string): Record<string, unknown> {
  return { id: `scripted-${request.index}`, object, created: 0, model: request.model };
}

function sse(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function countedUsage(request: ScriptedRequest, text: string): Record<string, unknown> {
  const chars = request.messages.reduce((sum, message) => sum + message.content.length, 0);
  const prompt = Math.ceil(chars / 4);
  const completion = Math.ceil(text.length / 4);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

function modelList(models: readonly string[] = ["scripted"]): unknown {
  return { object: "list", data: models.map((id) => ({ id, object: "model", created: 0, owned_by: "test" })) };
}

/** Answers with JSON: for the `raw` behaviours of scripts too. */
export function sendJson(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  res.writeHead(status, { "content-type": "application/json", ...headers });
  res.end(JSON.stringify(body));
}
