import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { listModels } from "../../src/models/list-models.ts";
import { type OpenAiModelOptions, openAiModel } from "../../src/models/openai-model.ts";
import { CancelSource } from "../../src/rlm/cancel.ts";
import type { Message, ModelFailure, ModelRequest } from "../../src/rlm/model.ts";
import {
  type Script,
  type ScriptedReply,
  type ScriptedServer,
  type ScriptedServerOptions,
  sendJson,
  startScriptedServer,
} from "../support/scripted-server.ts";

const key = "sk-test-4f9a7c21e8b3d605";
const messages: readonly Message[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "What is it?" },
];

const servers: ScriptedServer[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(script: Script, options?: ScriptedServerOptions): Promise<ScriptedServer> {
  const server = await startScriptedServer(script, options);
  servers.push(server);
  return server;
}

function modelAt(baseUrl: string, options: Partial<OpenAiModelOptions> = {}) {
  return openAiModel({ id: "scripted", baseUrl, apiKey: key, backoffMs: 1, ...options });
}

function ask(options: Partial<ModelRequest> = {}): ModelRequest {
  return { messages, signal: new CancelSource(), ...options };
}

/** Answers each request with the next of these, and the last one from then on. */
function inTurn(...replies: (string | ScriptedReply)[]): Script {
  return ({ index }) => replies[Math.min(index, replies.length - 1)] ?? "";
}

function status(code: number, body: unknown, headers?: Record<string, string>): ScriptedReply {
  return { raw: (_req, res) => sendJson(res, code, body, headers) };
}

function stated(message: string, code?: string): unknown {
  return { error: { message, ...(code ? { code } : {}) } };
}

describe("a reply", () => {
  it("comes in pieces, then whole, with the usage that the provider states", async () => {
    const usage = {
      prompt_tokens: 120,
      completion_tokens: 34,
      prompt_tokens_details: { cached_tokens: 100 },
      completion_tokens_details: { reasoning_tokens: 9 },
    };
    const { baseUrl, requests } = await serve(() => ({ deltas: ["It ", "is ", 2, "a list."], usage }));
    const deltas: string[] = [];
    const reply = await modelAt(baseUrl).reply(ask({ onDelta: (text) => deltas.push(text) }));
    expect(deltas).toEqual(["It ", "is ", "a list."]);
    expect(reply).toEqual({
      text: "It is a list.",
      usage: { input: 120, cachedInput: 100, output: 34, reasoning: 9, estimated: false },
      costUsd: null,
      finishReason: "stop",
    });
    expect(requests[0]).toMatchObject({ model: "scripted", messages, stream: true });
  });

  it("is estimated and marked so where the provider states no usage", async () => {
    const { baseUrl } = await serve(() => ({ text: "x".repeat(40), usage: null }));
    const { usage } = await modelAt(baseUrl).reply(ask());
    expect(usage).toEqual({ input: 5, cachedInput: 0, output: 10, reasoning: 0, estimated: true });
  });

  it("says when it was cut by the token limit", async () => {
    const { baseUrl } = await serve(() => ({ text: "It is", finishReason: "length" }));
    expect((await modelAt(baseUrl).reply(ask())).finishReason).toBe("length");
  });

  it("keeps what the content filter left of it", async () => {
    const { baseUrl } = await serve(() => ({ text: "It is", finishReason: "content_filter" }));
    expect(await modelAt(baseUrl).reply(ask())).toMatchObject({ text: "It is", finishReason: "filtered" });
  });

  it("is taken whole from a server that does not stream", async () => {
    const body = {
      choices: [{ message: { content: "whole" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 3, completion_tokens: 1 },
    };
    const { baseUrl } = await serve(() => status(200, body));
    expect(await modelAt(baseUrl).reply(ask())).toMatchObject({ text: "whole", usage: { input: 3, output: 1 } });
  });

  it("comes from a server that refuses stream_options, with estimated usage", async () => {
    const { baseUrl, requests } = await serve(({ body }) =>
      body.stream_options ? status(400, stated("Unknown field: stream_options")) : { text: "fine", usage: null },
    );
    const model = modelAt(baseUrl);
    expect((await model.reply(ask())).text).toBe("fine");
    await model.reply(ask());
    expect(requests).toHaveLength(3);
  });
});

describe("the cost", () => {
  const usage = {
    prompt_tokens: 1_000_000,
    completion_tokens: 100_000,
    prompt_tokens_details: { cached_tokens: 400_000 },
  };
  const price = { input: 2, cachedInput: 0.5, output: 10 };

  it("is the provider's where it states one", async () => {
    const { baseUrl } = await serve(() => ({ text: "a", usage: { ...usage, cost: 0.0123 } }));
    expect((await modelAt(baseUrl, { price }).reply(ask())).costUsd).toBe(0.0123);
  });

  it("is computed from a given price, cached input at its own", async () => {
    const { baseUrl } = await serve(() => ({ text: "a", usage }));
    expect((await modelAt(baseUrl, { price }).reply(ask())).costUsd).toBeCloseTo(1.2 + 0.2 + 1, 10);
  });

  it("is unknown, not zero, for a local server even under a well-known name", async () => {
    const { baseUrl } = await serve(() => ({ text: "a", usage }));
    expect((await modelAt(baseUrl, { id: "gpt-5-mini" }).reply(ask())).costUsd).toBeNull();
  });
});

describe("the request", () => {
  it("carries nothing of the OPENAI_* variables", async () => {
    const { baseUrl, requests } = await serve(() => "fine");
    const leak = "leaked-from-environment";
    for (const name of ["ORG_ID", "PROJECT_ID", "API_KEY", "ADMIN_KEY", "WEBHOOK_SECRET"])
      vi.stubEnv(`OPENAI_${name}`, leak);
    vi.stubEnv("OPENAI_BASE_URL", "http://127.0.0.1:9/leak");
    vi.stubEnv("OPENAI_CUSTOM_HEADERS", `x-leak: ${leak}\nauthorization: ${leak}`);
    vi.stubEnv("OPENAI_LOG", "debug");
    const printed = (["debug", "info", "warn", "error", "log"] as const).map((name) => vi.spyOn(console, name));
    await modelAt(baseUrl).reply(ask());
    const sent = JSON.stringify([requests[0]?.headers, requests[0]?.body]);
    expect(sent).not.toContain("leak");
    expect(requests[0]?.headers.authorization).toBe(`Bearer ${key}`);
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
  });

  it("has no Authorization without a key, whatever the environment holds", async () => {
    const { baseUrl, requests } = await serve(() => "fine");
    vi.stubEnv("OPENAI_API_KEY", "sk-environment");
    await modelAt(baseUrl, { apiKey: null, headers: { "api-key": "other" } }).reply(ask());
    expect(requests[0]?.headers).not.toHaveProperty("authorization");
    expect(requests[0]?.headers["api-key"]).toBe("other");
  });

  it("says nothing about the machine", async () => {
    const { baseUrl, requests } = await serve(() => "fine");
    await modelAt(baseUrl).reply(ask());
    const names = Object.keys(requests[0]?.headers ?? {});
    expect(names.filter((name) => name.startsWith("x-stainless"))).toEqual([]);
  });

  it("does not follow a redirect with its key", async () => {
    const target = await serve(() => "stolen");
    const raw: ScriptedReply["raw"] = (_req, res) => {
      res.writeHead(307, { location: `${target.baseUrl}/chat/completions` });
      res.end();
    };
    const { baseUrl } = await serve(() => ({ raw }));
    await expect(modelAt(baseUrl).reply(ask())).rejects.toMatchObject({ code: "bad-request" });
    expect(target.requests).toHaveLength(0);
  });
});

describe("a retry", () => {
  it("follows Retry-After and is told of before it", async () => {
    const { baseUrl, requests } = await serve(
      inTurn(status(429, stated("slow down"), { "retry-after": "0.05" }), status(503, stated("busy")), "there"),
    );
    const retries: [string, number][] = [];
    const reply = await modelAt(baseUrl).reply(ask({ onRetry: ({ code }, waitMs) => retries.push([code, waitMs]) }));
    expect(reply.text).toBe("there");
    expect(requests).toHaveLength(3);
    expect(retries.map(([code]) => code)).toEqual(["rate-limit", "server"]);
    expect(retries[0]?.[1]).toBeGreaterThanOrEqual(50);
    expect(retries[0]?.[1]).toBeLessThan(60);
  });

  it("is not made where the endpoint asks for a very long wait", async () => {
    const { baseUrl, requests } = await serve(() => status(429, stated("tomorrow"), { "retry-after": "86400" }));
    await expect(modelAt(baseUrl).reply(ask())).rejects.toMatchObject({ code: "rate-limit", message: /86400 s/ });
    expect(requests).toHaveLength(1);
  });

  it("holds back the other calls to the endpoint after a 429", async () => {
    const { baseUrl, requests } = await serve(() => status(429, stated("slow down"), { "retry-after": "100" }));
    const first = new CancelSource();
    const limited = modelAt(baseUrl).reply(ask({ signal: first, onRetry: () => first.abort() }));
    await expect(limited).rejects.toMatchObject({ code: "cancelled" });
    const second = new CancelSource();
    const held = modelAt(baseUrl, { id: "other" }).reply(ask({ signal: second }));
    // Long enough for a request to arrive, if one were sent.
    setTimeout(() => second.abort(), 40);
    await expect(held).rejects.toMatchObject({ code: "cancelled" });
    expect(requests).toHaveLength(1);
  });

  it("begins the text anew after a stream that broke off, and counts what that one wrote", async () => {
    const cut: ScriptedReply = { text: "y".repeat(80), finishReason: null };
    const { baseUrl } = await serve(inTurn(cut, { text: "whole", usage: { prompt_tokens: 6, completion_tokens: 2 } }));
    const reply = await modelAt(baseUrl).reply(ask());
    expect(reply.text).toBe("whole");
    expect(reply.usage).toMatchObject({ input: 5 + 6, output: 20 + 2, estimated: true });
  });

  it("pays for an empty reply before the one that counts", async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 5, cost: 0.25 };
    const { baseUrl } = await serve(inTurn({ text: "", usage }, { text: "there", usage }));
    expect(await modelAt(baseUrl).reply(ask())).toMatchObject({ text: "there", costUsd: 0.5, usage: { input: 20 } });
  });
});

describe("a cancel", () => {
  it("ends a wait between tries", async () => {
    const { baseUrl } = await serve(() => status(429, stated("slow"), { "retry-after": "100" }));
    const signal = new CancelSource();
    const reply = modelAt(baseUrl).reply(ask({ signal, onRetry: () => signal.abort() }));
    await expect(reply).rejects.toMatchObject({ code: "cancelled" });
  });

  it("closes the connection of a stream", async () => {
    const server = await serve(() => ({ deltas: ["a", 1, "b", 60_000, "c"] }));
    const signal = new CancelSource();
    const reply = modelAt(server.baseUrl).reply(ask({ signal, onDelta: (text) => text === "a" && signal.abort() }));
    await expect(reply).rejects.toMatchObject({ code: "cancelled" });
    await vi.waitFor(() => expect(server.inFlight).toBe(0));
    expect(server.abandoned).toBe(1);
  });

  it("closes a connection that has not answered yet", async () => {
    const server = await serve(() => ({ raw: () => undefined }));
    const signal = new CancelSource();
    const reply = modelAt(server.baseUrl).reply(ask({ signal }));
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    signal.abort();
    await expect(reply).rejects.toMatchObject({ code: "cancelled" });
    await vi.waitFor(() => expect(server.inFlight).toBe(0));
  });

  it("made before the call sends nothing", async () => {
    const { baseUrl, requests } = await serve(() => "fine");
    const signal = new CancelSource();
    signal.abort();
    await expect(modelAt(baseUrl).reply(ask({ signal }))).rejects.toMatchObject({ code: "cancelled" });
    expect(requests).toHaveLength(0);
  });
});

interface FailureCase {
  readonly name: string;
  readonly script: Script;
  readonly code: ModelFailure["code"];
  /** What the line must say. */
  readonly says: RegExp;
  /** Requests that the server has seen. */
  readonly tries: number;
  readonly options?: Partial<OpenAiModelOptions>;
}

const html: ScriptedReply = {
  raw: (_req, res) => {
    res.writeHead(200, { "content-type": "text/html" });
    res.end("<!doctype html><title>Hello</title>");
  },
};

function rawStream(...pieces: readonly string[]): ScriptedReply {
  return {
    raw: (_req, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" });
      for (const piece of pieces) res.write(piece);
      res.end();
    },
  };
}

const resetMidway: ScriptedReply = {
  raw: (_req, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(`data: {"choices":[{"index":0,"delta":{"content":"half"},"finish_reason":null}]}\n\n`, () =>
      setTimeout(() => res.destroy(), 5),
    );
  },
};

const failures: readonly FailureCase[] = [
  {
    name: "a refused key",
    script: () => status(401, stated(`Incorrect API key provided: ${key.slice(0, 12)}***${key.slice(-4)}.`)),
    code: "auth",
    says: /refused by HOST \(401\).*OPENAI_API_KEY.*RLM: Set API Key…/,
    tries: 1,
  },
  {
    name: "a missing key",
    script: () => status(401, stated("You didn't provide an API key.")),
    code: "auth",
    says: /HOST wants a key \(401\)/,
    tries: 1,
    options: { apiKey: null },
  },
  {
    name: "a refused region",
    script: () => status(403, stated("Country not supported")),
    code: "auth",
    says: /403.*Country/,
    tries: 1,
  },
  {
    name: "an unknown model",
    script: () => status(404, stated("The model `scripted` does not exist", "model_not_found")),
    code: "unknown-model",
    says: /HOST has no model “scripted”.*It has scripted-1, scripted-2, other-1, other-2, other-3, and 2 more\./,
    tries: 1,
  },
  {
    name: "an unknown model, told with 400",
    script: () => status(400, stated("scripted is not a valid model ID")),
    code: "unknown-model",
    says: /It has scripted-1/,
    tries: 1,
  },
  {
    name: "a storm of 429",
    script: () => status(429, stated("slow down"), { "retry-after-ms": "20" }),
    code: "rate-limit",
    says: /HOST.*\(429\).*Tried 4 times, [\d.]+ s of waiting in all/,
    tries: 4,
    options: { maxRetries: 3 },
  },
  {
    name: "no credit left",
    script: () => status(429, stated("You exceeded your current quota", "insufficient_quota")),
    code: "rate-limit",
    says: /no credit left at HOST/,
    tries: 1,
  },
  {
    name: "a storm of 5xx",
    script: () => status(502, stated("bad gateway")),
    code: "server",
    says: /HOST failed \(502\): bad gateway\. Tried 6 times/,
    tries: 6,
  },
  {
    name: "a 5xx with a web page",
    script: () => ({
      raw: (_req, res) => void res.writeHead(503, { "content-type": "text/html" }).end("<html>\n<b>down</b></html>"),
    }),
    code: "server",
    says: /HOST failed \(503\): a web page/,
    tries: 2,
    options: { maxRetries: 1 },
  },
  {
    name: "a stream without an end",
    script: () => ({ text: "half of", finishReason: null }),
    code: "broken-stream",
    says: /HOST broke off/,
    tries: 2,
  },
  {
    name: "a connection reset within the stream",
    script: () => resetMidway,
    code: "broken-stream",
    says: /HOST broke off/,
    tries: 2,
  },
  {
    name: "a stream that is not JSON",
    script: () => rawStream("data: {oops\n\n"),
    code: "broken-stream",
    says: /HOST broke off/,
    tries: 2,
  },
  {
    name: "an error within the stream",
    script: () => rawStream(`data: {"error":{"message":"out of memory"}}\n\n`),
    code: "server",
    says: /HOST failed while it replied: out of memory/,
    tries: 2,
  },
  {
    name: "a server that says nothing",
    script: () => ({ raw: () => undefined }),
    code: "timeout",
    says: /HOST sent nothing for 0\.03 s/,
    tries: 2,
    options: { firstTokenTimeoutMs: 30 },
  },
  {
    name: "a stream that says nothing",
    script: () => ({ deltas: [60_000, "late"] }),
    code: "timeout",
    says: /HOST sent nothing/,
    tries: 2,
    options: { firstTokenTimeoutMs: 30 },
  },
  {
    name: "a stream that stops",
    script: () => ({ deltas: ["half", 60_000, "late"] }),
    code: "timeout",
    says: /HOST stopped for 0\.03 s/,
    tries: 1,
    options: { idleTimeoutMs: 30 },
  },
  {
    name: "an empty reply",
    script: () => "",
    code: "empty-reply",
    says: /“scripted” at HOST gave an empty reply/,
    tries: 2,
  },
  {
    name: "a reply that the content filter withheld",
    script: () => ({ text: "", finishReason: "content_filter" }),
    code: "empty-reply",
    says: /content filter of HOST/,
    tries: 1,
  },
  {
    name: "a reply used up by reasoning",
    script: () => ({ text: "", finishReason: "length" }),
    code: "empty-reply",
    says: /output limit/,
    tries: 1,
  },
  {
    name: "a web page",
    script: () => html,
    code: "bad-request",
    says: /HOST answered with a web page.*\/v1/,
    tries: 1,
  },
  {
    name: "a bad request",
    script: () => status(400, stated(`Invalid 'messages':\n\tkey ${key} ${"too long ".repeat(100)}`)),
    code: "bad-request",
    says: /HOST refused the request \(400\): Invalid 'messages': key \[key\] too long/,
    tries: 1,
  },
  {
    name: "an overflow of the window",
    script: () => status(400, stated("This model's maximum context length is 8192 tokens.", "context_length_exceeded")),
    code: "overflow",
    says: /too long for “scripted” at HOST.*8192/,
    tries: 1,
  },
  {
    name: "a request above the account's limit",
    script: () => status(429, stated("Request too large for scripted: Limit 30000, Requested 90000.")),
    code: "overflow",
    says: /too long for “scripted” at HOST/,
    tries: 1,
  },
  {
    name: "an overflow told in words alone",
    script: () => status(400, { error: "the request exceeds the available context size" }),
    code: "overflow",
    says: /available context size/,
    tries: 1,
  },
];

describe("a failure", () => {
  const models = ["other-1", "other-2", "other-3", "other-4", "other-5", "scripted-1", "scripted-2"];

  it.each(failures)("of $name is one line with its code", async ({ script, code, says, tries, options }) => {
    const { baseUrl, requests } = await serve(script, { models });
    const failure = await failureOf(modelAt(baseUrl, options).reply(ask()));
    const host = new URL(baseUrl).host;
    expect(failure.code).toBe(code);
    expect(failure.message.replaceAll(host, "HOST")).toMatch(says);
    expect(requests).toHaveLength(tries);
    expectSafe(failure.message);
  });

  it("of a server that is gone names where it was, after two more tries", async () => {
    const { port, stop } = await listen(() => undefined);
    await stop();
    const retried: string[] = [];
    const failure = await failureOf(
      modelAt(`http://127.0.0.1:${port}/v1`).reply(ask({ onRetry: ({ code }) => retried.push(code) })),
    );
    expect(failure).toMatchObject({ code: "network", message: expect.stringContaining(`127.0.0.1:${port}`) });
    expect(retried).toEqual(["network", "network"]);
    expectSafe(failure.message);
  });

  it("of a name that can't be resolved says so", async () => {
    const failure = await failureOf(modelAt("http://no-such-host.invalid/v1").reply(ask()));
    expect(failure).toMatchObject({
      code: "network",
      message: expect.stringMatching(/no-such-host\.invalid can't be resolved/),
    });
  });

  it("of plain HTTP under an https URL is one of the connection", async () => {
    const { baseUrl } = await serve(() => "fine");
    const failure = await failureOf(modelAt(baseUrl.replace("http:", "https:")).reply(ask()));
    expect(failure).toMatchObject({ code: "network", message: expect.stringMatching(/No safe connection/) });
  });

  it("of a base URL without its path says that the URL is wrong", async () => {
    const { baseUrl } = await serve(() => "fine");
    const unlisted = await failureOf(modelAt(baseUrl.replace("/v1", "/v2")).reply(ask()));
    expect(unlisted).toMatchObject({ code: "bad-request", message: expect.stringMatching(/under \/v2/) });
    const { port, stop } = await listen((_req, res) => void res.writeHead(404).end("nothing here"));
    const wrong = await failureOf(modelAt(`http://127.0.0.1:${port}`).reply(ask()));
    await stop();
    expect(wrong).toMatchObject({ code: "bad-request", message: expect.stringMatching(/\/v1/) });
  });

  it.each([
    ["no URL", "localhost", "bad-request"],
    ["another protocol", "file:///v1", "bad-request"],
    ["a password", `http://user:${key}@127.0.0.1/v1`, "bad-request"],
  ])("of a base URL with %s is told before anything is sent", async (_, baseUrl, code) => {
    const failure = await failureOf(modelAt(baseUrl).reply(ask()));
    expect(failure.code).toBe(code);
    expectSafe(failure.message);
  });

  it("of a key that can't be one does not show it", async () => {
    const failure = await failureOf(modelAt("http://127.0.0.1:9/v1", { apiKey: "kéy with spaces" }).reply(ask()));
    expect(failure.code).toBe("auth");
    expect(failure.message).not.toContain("kéy");
  });

  it("in the caller's own code is passed on as it is", async () => {
    const { baseUrl, requests } = await serve(() => "fine");
    const mistake = new RangeError("mistake");
    const onDelta = () => {
      throw mistake;
    };
    await expect(modelAt(baseUrl).reply(ask({ onDelta }))).rejects.toBe(mistake);
    expect(requests).toHaveLength(1);
  });
});

describe("the list of models", () => {
  it("is what the endpoint lists, asked for with the key", async () => {
    const { baseUrl } = await serve(() => "", { models: ["b", "a", "b"], apiKey: key });
    expect(await listModels({ baseUrl, apiKey: key, signal: new CancelSource() })).toEqual(["b", "a"]);
    const refused = await failureOf(listModels({ baseUrl, apiKey: "sk-wrong-key", signal: new CancelSource() }));
    expect(refused.code).toBe("auth");
  });

  it("fails as a call does where there is none", async () => {
    const { port, stop } = await listen((_req, res) => {
      res.writeHead(200, { "content-type": "text/html" }).end("<p>hello</p>");
    });
    const options = { baseUrl: `http://127.0.0.1:${port}`, apiKey: null, signal: new CancelSource() };
    const failure = await failureOf(listModels(options));
    await stop();
    expect(failure).toMatchObject({ code: "bad-request", message: expect.stringMatching(/web page/) });
    expect((await failureOf(listModels(options))).code).toBe("network");
  });
});

async function listen(listener: RequestListener): Promise<{ port: number; stop: () => Promise<void> }> {
  const server: Server = createServer(listener);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  return { port, stop };
}

async function failureOf(reply: Promise<unknown>): Promise<ModelFailure> {
  return reply.then(
    () => expect.unreachable("The call should have failed."),
    (failure: ModelFailure) => failure,
  );
}

function expectSafe(message: string): void {
  expect(message).not.toMatch(/\n/);
  expect(message.length).toBeLessThan(600);
  for (const part of [key, key.slice(0, 12), key.slice(-8), "***"]) expect(message).not.toContain(part);
}
