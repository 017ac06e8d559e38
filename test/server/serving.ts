import { type IncomingHttpHeaders, request } from "node:http";
import OpenAI from "openai";
import { onTestFinished } from "vitest";
import type { Run } from "../../src/ask.ts";
import type { AboutRun } from "../../src/server/chat-completions.ts";
import { endpointModels } from "../../src/server/served-models.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../src/server/start-server.ts";
import {
  type Script,
  type ScriptedServer,
  type ScriptedServerOptions,
  startScriptedServer,
} from "../support/scripted-server.ts";

export interface Served {
  readonly server: RunningServer;
  readonly client: OpenAI;
  readonly runs: readonly { readonly run: Run; readonly about: AboutRun }[];
  /** Mistakes of the server's own. */
  readonly problems: readonly unknown[];
}

/** A server whose runs ask the offline model, unless the options say otherwise. */
export async function serve(options: Partial<ServerOptions> = {}): Promise<Served> {
  const runs: { run: Run; about: AboutRun }[] = [];
  const problems: unknown[] = [];
  const server = await startServer({
    models: endpointModels({ endpoint: null }),
    port: 0,
    onRun: (run, about) => runs.push({ run, about }),
    onProblem: (error) => problems.push(error),
    ...options,
  });
  onTestFinished(() => server.close());
  const client = new OpenAI({ baseURL: server.url, apiKey: "dummy", maxRetries: 0 });
  return { server, client, runs, problems };
}

/** A server whose runs ask a scripted one. */
export async function serveScripted(
  script: Script,
  options: Partial<ServerOptions> & { readonly upstream?: ScriptedServerOptions } = {},
): Promise<Served & { readonly upstream: ScriptedServer }> {
  const { upstream: upstreamOptions, ...own } = options;
  const upstream = await startScriptedServer(script, upstreamOptions);
  onTestFinished(() => upstream.close());
  const models = endpointModels({ endpoint: { baseUrl: upstream.baseUrl, apiKey: "key" } });
  return { ...(await serve({ models, directBelowTokens: 0, ...own })), upstream };
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Null where the body is no JSON. */
  readonly json: Readonly<Record<string, unknown>> | null;
}

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer | object;
}

/** Sends a request with exactly these headers, a few usual ones where they are not named. */
export function send(server: RunningServer, sent: Sent = {}): Promise<Answered> {
  const { method = "POST", path = "/v1/chat/completions", headers = {}, body = "" } = sent;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const usual = method === "POST" ? { "content-type": "application/json", "content-length": String(bytes.length) } : {};
  const given = Object.fromEntries(Object.entries({ ...usual, ...headers }).filter(([, value]) => value !== ""));
  return new Promise((resolve, reject) => {
    const outgoing = request(
      new URL(path, server.url),
      { method, headers: given as Record<string, string>, agent: false },
      async (response) => {
        let text = "";
        for await (const chunk of response.setEncoding("utf8")) text += chunk;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) });
      },
    );
    outgoing.on("error", reject);
    if (method === "POST") outgoing.write(bytes);
    outgoing.end();
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** A request that is in order. */
export const question = {
  model: "rlm-scripted",
  messages: [
    { role: "system", content: "first line\nsecond line\n" },
    { role: "user", content: "What is it?" },
  ],
} as const;
