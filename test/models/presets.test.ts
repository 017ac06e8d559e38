import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { text as readAll } from "node:stream/consumers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { chooseModels } from "../../src/cli/choose-models.ts";
import { UsageError } from "../../src/cli/usage-error.ts";
import { listModels } from "../../src/models/list-models.ts";
import { openAiModel } from "../../src/models/openai-model.ts";
import { presetFor } from "../../src/models/presets.ts";
import { CancelSource } from "../../src/rlm/cancel.ts";
import { ask, expectSafe, failureOf, key, listen } from "./talking.ts";

interface Seen {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

type Answer = (seen: Seen, res: ServerResponse) => void;

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A server on loopback that stands in for every host: as a proxy does, it gets what is sent to any of them. */
async function standIn(answer: Answer): Promise<{ seen: Seen[]; hosts: string[] }> {
  const seen: Seen[] = [];
  const hosts: string[] = [];
  const { port } = await listen(async (req, res) => {
    const body = await readAll(req);
    const request = {
      method: req.method ?? "",
      url: req.url ?? "",
      headers: req.headers,
      body: JSON.parse(body || "{}"),
    };
    seen.push(request);
    answer(request, res);
  });
  const real = globalThis.fetch;
  vi.stubGlobal("fetch", (input: string | URL | Request, init?: RequestInit) => {
    const url = new URL(input instanceof Request ? input.url : input);
    hosts.push(url.origin);
    return real(`http://127.0.0.1:${port}${url.pathname}${url.search}`, init);
  });
  return { seen, hosts };
}

const model = (baseUrl: string, id: string, apiKey: string | null = key) =>
  openAiModel({ id, baseUrl, apiKey, maxRetries: 0 });
const list = (baseUrl: string) => listModels({ baseUrl, apiKey: key, signal: new CancelSource() });

function streamed(...events: readonly (object | string)[]): Answer {
  const lines = events.map((event) => (typeof event === "string" ? event : `data: ${JSON.stringify(event)}`));
  return (_, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" }).end(`${lines.join("\n\n")}\n\ndata: [DONE]\n\n`);
  };
}

function json(code: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (_, res) => {
    res.writeHead(code, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
}

const fine = streamed({ choices: [{ delta: { content: "fine" }, finish_reason: "stop" }] });

describe("the preset", () => {
  it.each([
    ["https://api.openai.com/v1", "OpenAI"],
    ["https://eu.api.openai.com/v1", "OpenAI"],
    ["https://mine.openai.azure.com", "Azure OpenAI"],
    ["https://mine.cognitiveservices.azure.com/openai/v1/", "Azure OpenAI"],
    ["https://mine.services.ai.azure.com/openai/v1/", "Azure OpenAI"],
    ["https://openrouter.ai/api/v1", "OpenRouter"],
    ["http://localhost:11434/v1", "Ollama"],
    ["http://192.168.1.5:11434", "Ollama"],
    ["http://[::1]:1234/v1", "LM Studio"],
    ["http://127.0.0.1:8000/v1", "vLLM"],
    ["https://mine.openai.azure.com.evil.example", "OpenAI-compatible"],
    ["https://evil-openrouter.ai/v1", "OpenAI-compatible"],
    ["http://127.0.0.1:9/v1", "OpenAI-compatible"],
    ["nonsense", "OpenAI-compatible"],
  ])("of %s is %s", (url, name) => {
    expect(presetFor(url).name).toBe(name);
  });

  const azureOld = "/openai/deployments/my-gpt/chat/completions?api-version=";
  it.each([
    ["https://api.openai.com", "/v1/chat/completions"],
    ["https://mine.openai.azure.com", "/openai/v1/chat/completions"],
    ["https://mine.openai.azure.com/openai/", "/openai/v1/chat/completions"],
    ["https://mine.openai.azure.com/openai/v1/?api-version=preview", "/openai/v1/chat/completions?api-version=preview"],
    ["https://mine.openai.azure.com/openai/v1/chat/completions", "/openai/v1/chat/completions"],
    ["https://mine.openai.azure.com/openai/deployments/my-gpt", `${azureOld}2024-10-21`],
    ["https://mine.openai.azure.com/?api-version=2025-01-01-preview", `${azureOld}2025-01-01-preview`],
    [`https://mine.openai.azure.com${azureOld}2025-01-01-preview`, `${azureOld}2025-01-01-preview`],
    ["https://openrouter.ai", "/api/v1/chat/completions"],
    ["https://openrouter.ai/api/v1/", "/api/v1/chat/completions"],
    ["http://localhost:11434", "/v1/chat/completions"],
    ["http://localhost:11434/api", "/v1/chat/completions"],
    ["http://localhost:1234/api/v0", "/v1/chat/completions"],
    ["http://localhost:8000/", "/v1/chat/completions"],
    ["http://localhost:8000/team/v1", "/team/v1/chat/completions"],
    ["http://localhost:5000/v1/chat/completions", "/v1/chat/completions"],
    ["https://gateway.example/llm?tenant=7", "/llm/chat/completions?tenant=7"],
  ])("completes %s to %s", async (baseUrl, url) => {
    const { seen, hosts } = await standIn(fine);
    expect((await model(baseUrl, "my-gpt").reply(ask())).text).toBe("fine");
    expect(seen.map((request) => request.url)).toEqual([url]);
    expect(hosts).toEqual([new URL(baseUrl).origin]);
  });

  it.each([
    ["https://mine.openai.azure.com", { "api-key": key, authorization: undefined }],
    ["https://mine.openai.azure.com/openai/deployments/my-gpt", { "api-key": key, authorization: undefined }],
    ["https://openrouter.ai", { authorization: `Bearer ${key}`, "http-referer": undefined, "x-title": undefined }],
    ["http://localhost:11434", { authorization: `Bearer ${key}`, "api-key": undefined }],
  ])("sends the key of %s as it is wanted, and asks for usage", async (baseUrl, headers) => {
    const { seen } = await standIn(fine);
    await model(baseUrl, "my-gpt").reply(ask());
    expect(seen[0]?.headers).toMatchObject(Object.fromEntries(Object.entries(headers).filter(([, value]) => value)));
    for (const [name, value] of Object.entries(headers)) expect(seen[0]?.headers[name]).toBe(value);
    expect(seen[0]?.body).toMatchObject({ model: "my-gpt", stream: true, stream_options: { include_usage: true } });
  });

  it("sends nothing to find out what is there", async () => {
    const { seen } = await standIn(fine);
    model("http://localhost:11434", "llama");
    presetFor("http://localhost:1234");
    expect(seen).toEqual([]);
  });
});

/** https://learn.microsoft.com/azure/ai-foundry/openai/reference and …/concepts/content-filter. */
describe("Azure OpenAI", () => {
  const baseUrl = "https://mine.openai.azure.com";
  const filter = { hate: { filtered: false, severity: "safe" } };

  it("streams with filter results, before and within the text", async () => {
    const head = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-4.1-2025-04-14" };
    const choice = (delta: object, finish: string | null) => ({
      ...head,
      choices: [{ index: 0, delta, finish_reason: finish, logprobs: null, content_filter_results: filter }],
      usage: null,
    });
    const details = {
      prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 64, audio_tokens: 0 },
    };
    await standIn(
      streamed(
        { ...head, id: "", choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: filter }] },
        choice({ role: "assistant", content: "", refusal: null }, null),
        choice({ content: "fine" }, null),
        choice({}, "stop"),
        { ...head, choices: [], usage: { prompt_tokens: 2000, completion_tokens: 80, total_tokens: 2080, ...details } },
      ),
    );
    expect(await model(baseUrl, "my-gpt").reply(ask())).toEqual({
      text: "fine",
      usage: { input: 2000, cachedInput: 1024, output: 80, reasoning: 64, estimated: false },
      costUsd: null,
      finishReason: "stop",
    });
  });

  it.each([
    [
      404,
      { error: { code: "DeploymentNotFound", message: "The API deployment for this resource does not exist." } },
      "unknown-model",
      /no model “my-gpt”.*name must be that of a deployment/,
    ],
    [404, { error: { code: "404", message: "Resource not found" } }, "bad-request", /under \/openai\/v1 \(404\)/],
    [
      401,
      { error: { code: "401", message: "Access denied due to invalid subscription key or wrong API endpoint." } },
      "auth",
      /refused by mine\.openai\.azure\.com/,
    ],
    [401, { statusCode: 401, message: "Unauthorized. Access token is missing." }, "auth", /401/],
    [
      400,
      {
        error: {
          message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
          type: null,
          param: "prompt",
          code: "content_filter",
          status: 400,
          innererror: { code: "ResponsibleAIPolicyViolation", content_filter_result: filter },
        },
      },
      "bad-request",
      /content filter of mine\.openai\.azure\.com refused/,
    ],
    [
      429,
      {
        error: {
          code: "429",
          message: "Requests to the ChatCompletions_Create Operation have exceeded call rate limit.",
        },
      },
      "rate-limit",
      /allows no more requests/,
    ],
  ])("says %i %j in one line", async (code, body, failure, says) => {
    const { seen } = await standIn(json(code, body));
    const got = await failureOf(model(baseUrl, "my-gpt").reply(ask()));
    expect(got).toMatchObject({ code: failure, message: expect.stringMatching(says) });
    expectSafe(got.message);
    // The list of models is one of base models: it would not help.
    expect(seen).toHaveLength(1);
  });

  it("is not asked for its models, which are no deployments", async () => {
    const { seen } = await standIn(
      json(200, { data: [{ id: "gpt-4o-2024-08-06", object: "model", status: "succeeded" }] }),
    );
    expect(await failureOf(list(baseUrl))).toMatchObject({ code: "unknown-model" });
    expect(await list(`${baseUrl}/openai/deployments/my%20gpt?api-version=2024-10-21`)).toEqual(["my gpt"]);
    expect(seen).toEqual([]);
  });

  it("asks in the older form for the deployment that the model names, whichever the URL does", async () => {
    const { seen } = await standIn(fine);
    await model(`${baseUrl}/openai/deployments/my-gpt`, "my mini").reply(ask());
    expect(seen[0]?.url).toBe("/openai/deployments/my%20mini/chat/completions?api-version=2024-10-21");
  });

  it("needs a model's name in the terminal, unless the URL has one", async () => {
    const choose = (url: string) =>
      chooseModels({ baseUrl: url }, { OPENAI_API_KEY: key }, new CancelSource()).then(({ root }) => root.id);
    await expect(choose(baseUrl)).rejects.toSatisfy(
      (error) => error instanceof UsageError && /--model/.test(error.message),
    );
    expect(await choose(`${baseUrl}/openai/deployments/my-gpt`)).toBe("my-gpt");
  });
});

/** https://openrouter.ai/docs/use-cases/usage-accounting, …/api/reference/streaming, …/api/reference/errors-and-debugging. */
describe("OpenRouter", () => {
  const baseUrl = "https://openrouter.ai/api/v1";
  const head = { id: "gen-1", provider: "Somebody", model: "a/b", object: "chat.completion.chunk", created: 1 };
  const usage = {
    prompt_tokens: 194,
    completion_tokens: 20,
    total_tokens: 214,
    cost: 0.95,
    prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 7 },
  };
  const reply = (last: object) =>
    streamed(
      ": OPENROUTER PROCESSING",
      {
        ...head,
        choices: [
          {
            index: 0,
            delta: { role: "assistant", content: "", reasoning: "hm", reasoning_details: [] },
            finish_reason: null,
            native_finish_reason: null,
          },
        ],
      },
      ": OPENROUTER PROCESSING",
      { ...head, choices: [{ index: 0, delta: { role: "assistant", content: "fine" }, finish_reason: null }] },
      {
        ...head,
        choices: [{ index: 0, delta: { content: "" }, finish_reason: "stop", native_finish_reason: "end_turn" }],
      },
      { ...head, choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }], usage: last },
    );

  it.each([
    ["what it charges", { is_byok: false, cost_details: { upstream_inference_cost: 0.95 } }, 0.95],
    [
      "with one's own provider key the provider's part too",
      { is_byok: true, cost_details: { upstream_inference_cost: 19 } },
      19.95,
    ],
    [
      "nothing sure where that part is missing",
      { is_byok: true, cost_details: { upstream_inference_cost: null } },
      null,
    ],
  ])("states the cost: %s", async (_, more, costUsd) => {
    await standIn(reply({ ...usage, ...more }));
    expect(await model(baseUrl, "a/b").reply(ask())).toEqual({
      text: "fine",
      usage: { input: 194, cachedInput: 100, output: 20, reasoning: 7, estimated: false },
      costUsd,
      ...(costUsd === null ? {} : { pricedBy: "endpoint" }),
      finishReason: "stop",
    });
  });

  const chunk = { index: 0, delta: { content: "" }, finish_reason: "error", native_finish_reason: "error" };
  it.each<[string, Answer, string, RegExp]>([
    [
      "no credits",
      json(402, { error: { code: 402, message: "Insufficient credits" } }),
      "rate-limit",
      /no credit left/,
    ],
    [
      "an unknown model",
      json(400, { error: { code: 400, message: "a/b is not a valid model ID" }, user_id: "user_1" }),
      "unknown-model",
      /no model “a\/b”/,
    ],
    [
      "moderation",
      json(403, {
        error: { code: 403, message: "Input was flagged", metadata: { reasons: ["violence"], flagged_input: "x" } },
      }),
      "auth",
      /403.*Input was flagged/,
    ],
    [
      "a provider that is down",
      json(502, {
        error: { code: 502, message: "Provider returned error", metadata: { provider_name: "Somebody", raw: {} } },
      }),
      "server",
      /failed \(502\): Provider returned error/,
    ],
    [
      "an error in the stream",
      streamed({ ...head, error: { code: "server_error", message: "Provider disconnected" }, choices: [chunk] }),
      "server",
      /failed while it replied: Provider disconnected/,
    ],
    [
      "a rate limit in the stream",
      streamed({ ...head, error: { code: 429, message: "Provider is overloaded" }, choices: [chunk] }),
      "rate-limit",
      /allows no more requests/,
    ],
  ])("tells of %s", async (_, answer, code, says) => {
    await standIn(answer);
    const got = await failureOf(model(baseUrl, "a/b").reply(ask()));
    expect(got).toMatchObject({ code, message: expect.stringMatching(says) });
  });

  it("lists its models", async () => {
    const entry = {
      name: "A: B",
      created: 1,
      context_length: 128_000,
      pricing: { prompt: "0.000001", completion: "0.000002" },
    };
    await standIn(
      json(200, {
        data: [
          { id: "a/b", ...entry },
          { id: "c/d:free", ...entry },
        ],
      }),
    );
    expect(await list(baseUrl)).toEqual(["a/b", "c/d:free"]);
  });
});

const long = "word ".repeat(4_000);
const longPrompt = [{ role: "user" as const, content: long }];

/** https://docs.ollama.com/api/openai-compatibility, https://docs.ollama.com/context-length. */
describe("Ollama", () => {
  const baseUrl = "http://127.0.0.1:11434";
  const head = {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1,
    model: "llama3.2",
    system_fingerprint: "fp_ollama",
  };
  const reply = (input: number) =>
    streamed(
      {
        ...head,
        choices: [{ index: 0, delta: { role: "assistant", content: "", reasoning: "hm" }, finish_reason: null }],
      },
      { ...head, choices: [{ index: 0, delta: { role: "assistant", content: "fine" }, finish_reason: null }] },
      { ...head, choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: "stop" }] },
      { ...head, choices: [], usage: { prompt_tokens: input, completion_tokens: 2, total_tokens: input + 2 } },
    );

  it("needs no key", async () => {
    const { seen } = await standIn(reply(31));
    const got = await model(baseUrl, "llama3.2", null).reply(ask());
    expect(got).toMatchObject({ text: "fine", usage: { input: 31, output: 2 }, costUsd: null });
    expect(seen[0]?.headers.authorization).toBeUndefined();
  });

  it("is found out when it cuts a prompt in silence, once", async () => {
    await standIn(reply(2_048));
    const warnings: string[][] = [];
    const onWarning = (code: string, message: string) => warnings.push([code, message]);
    const llama = model(baseUrl, "llama3.2");
    await llama.reply(ask({ messages: longPrompt, onWarning }));
    await llama.reply(ask({ messages: longPrompt, onWarning }));
    expect(warnings).toEqual([
      [
        "prompt-cut",
        expect.stringMatching(
          /“llama3\.2” at 127\.0\.0\.1:11434 read only 2,048 of ≈5,000 tokens.*OLLAMA_CONTEXT_LENGTH/,
        ),
      ],
    ]);
  });

  it.each([
    ["read all of a long prompt", 4_100, longPrompt, baseUrl],
    ["were given a short one", 2, undefined, baseUrl],
    ["are known to refuse what does not fit", 2_048, longPrompt, "https://openrouter.ai"],
  ])("is not suspected: models that %s", async (_, input, prompt, url) => {
    await standIn(reply(input));
    const warnings: string[] = [];
    const request = ask({ onWarning: (code) => warnings.push(code), ...(prompt ? { messages: prompt } : {}) });
    await model(url, "llama3.2").reply(request);
    expect(warnings).toEqual([]);
  });

  it("says how to get a model", async () => {
    const error = {
      message: 'model "llama9" not found, try pulling it first',
      type: "not_found_error",
      param: null,
      code: null,
    };
    await standIn((seen, res) => {
      if (seen.method === "POST") return json(404, { error })(seen, res);
      json(200, {
        object: "list",
        data: [{ id: "llama3.2:latest", object: "model", created: 1, owned_by: "library" }],
      })(seen, res);
    });
    const got = await failureOf(model(baseUrl, "llama9").reply(ask()));
    expect(got).toMatchObject({
      code: "unknown-model",
      message: expect.stringMatching(/It has llama3\.2:latest\. Get it with “ollama pull”/),
    });
  });

  it("says how to start it", async () => {
    const refused = Object.assign(new TypeError("fetch failed"), {
      cause: Object.assign(new Error(), { code: "ECONNREFUSED" }),
    });
    vi.stubGlobal("fetch", () => Promise.reject(refused));
    const got = await failureOf(model(baseUrl, "llama3.2").reply(ask()));
    expect(got).toMatchObject({ code: "network", message: expect.stringMatching(/Nothing answers.*“ollama serve”/) });
  });

  it("is suspected of a small window where a reply was used up or empty", async () => {
    await standIn(streamed({ ...head, choices: [{ index: 0, delta: { content: "" }, finish_reason: "length" }] }));
    const got = await failureOf(model(baseUrl, "llama3.2").reply(ask()));
    expect(got).toMatchObject({ code: "empty-reply", message: expect.stringContaining("OLLAMA_CONTEXT_LENGTH") });
  });
});

/** https://lmstudio.ai/docs/developer/openai-compat; errors as in its bug tracker, issues 546, 2256 and 2322. */
describe("LM Studio", () => {
  const baseUrl = "http://127.0.0.1:1234/v1";
  const head = {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1,
    model: "qwen/qwen3",
    system_fingerprint: "qwen/qwen3",
  };

  it("streams reasoning apart", async () => {
    await standIn(
      streamed(
        {
          ...head,
          choices: [
            { index: 0, delta: { role: "assistant", reasoning_content: "hm" }, logprobs: null, finish_reason: null },
          ],
        },
        {
          ...head,
          choices: [{ index: 0, delta: { role: "assistant", content: "fine" }, logprobs: null, finish_reason: null }],
        },
        { ...head, choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: "stop" }] },
        {
          ...head,
          choices: [],
          usage: {
            prompt_tokens: 10,
            completion_tokens: 9,
            total_tokens: 19,
            completion_tokens_details: { reasoning_tokens: 4 },
          },
        },
      ),
    );
    expect(await model(baseUrl, "qwen/qwen3").reply(ask())).toMatchObject({
      text: "fine",
      usage: { input: 10, output: 9, reasoning: 4, estimated: false },
    });
  });

  const keep =
    "Trying to keep the first 10136 tokens when context the overflows. However, the model is loaded with context length of only 7866 tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input";
  it.each<[string, Answer]>([
    ["an event of the stream", streamed(`event: error\ndata: ${JSON.stringify({ error: { message: keep } })}`)],
    ["a bare message", json(400, { error: keep })],
    [
      "numbers of llama.cpp",
      streamed({ error: { message: "Cannot truncate prompt with n_keep (15028) >= n_ctx (7424)" } }),
    ],
  ])("tells an overflow as %s", async (_, answer) => {
    await standIn(answer);
    const got = await failureOf(model(baseUrl, "qwen/qwen3").reply(ask()));
    expect(got).toMatchObject({
      code: "overflow",
      message: expect.stringMatching(/Load the model with a larger context length in LM Studio\.$/),
    });
  });

  it("says that no model is loaded, and lists what there is", async () => {
    const error = {
      message: "No models loaded. Please load a model in the developer page.",
      type: "invalid_request_error",
      param: "model",
      code: "model_not_found",
    };
    await standIn((seen, res) => {
      if (seen.method === "POST") return json(404, { error })(seen, res);
      json(200, { object: "list", data: [{ id: "qwen/qwen3", object: "model", owned_by: "organization_owner" }] })(
        seen,
        res,
      );
    });
    const got = await failureOf(model(baseUrl, "other").reply(ask()));
    expect(got).toMatchObject({
      code: "unknown-model",
      message: expect.stringMatching(/It has qwen\/qwen3\. Load it in LM Studio/),
    });
    expect(await list(baseUrl)).toEqual(["qwen/qwen3"]);
  });
});

/** https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html and …/features/reasoning_outputs.html. */
describe("vLLM", () => {
  const baseUrl = "http://127.0.0.1:8000";
  const head = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "org/model" };

  it("streams reasoning apart, under its newer name, with details of usage perhaps null", async () => {
    await standIn(
      streamed(
        {
          ...head,
          choices: [{ index: 0, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null }],
          prompt_token_ids: null,
        },
        {
          ...head,
          choices: [{ index: 0, delta: { reasoning: "hm" }, logprobs: null, finish_reason: null, token_ids: null }],
        },
        {
          ...head,
          choices: [{ index: 0, delta: { content: "fine" }, logprobs: null, finish_reason: "stop", stop_reason: null }],
        },
        {
          ...head,
          choices: [],
          usage: { prompt_tokens: 10, total_tokens: 19, completion_tokens: 9, prompt_tokens_details: null },
        },
      ),
    );
    expect(await model(baseUrl, "org/model").reply(ask())).toMatchObject({
      text: "fine",
      usage: { input: 10, cachedInput: 0, output: 9, reasoning: 0, estimated: false },
    });
  });

  const tooLong =
    "This model's maximum context length is 6048 tokens. However, you requested 6616 tokens in the messages, Please reduce the length of the messages.";
  it.each<[string, Answer, string, RegExp]>([
    [
      "an overflow",
      json(400, { error: { message: tooLong, type: "BadRequestError", param: null, code: 400 } }),
      "overflow",
      /--max-model-len/,
    ],
    [
      "an overflow, as older versions did",
      json(400, { object: "error", message: tooLong, type: "BadRequestError", param: null, code: 400 }),
      "overflow",
      /6048 tokens.*--max-model-len/,
    ],
    [
      "an overflow by what is left for the reply",
      json(400, {
        object: "error",
        message: "max_tokens must be at least 1, got -186.",
        type: "BadRequestError",
        code: 400,
      }),
      "overflow",
      /got -186/,
    ],
    [
      "an overflow within the stream",
      streamed({ object: "error", message: tooLong, type: "BadRequestError", param: null, code: 400 }),
      "overflow",
      /6048 tokens/,
    ],
    ["a missing key", json(401, { error: "Unauthorized" }), "auth", /401/],
    [
      "an unknown model",
      json(404, {
        error: { message: "The model `org/model` does not exist.", type: "NotFoundError", param: "model", code: 404 },
      }),
      "unknown-model",
      /has no model “org\/model”/,
    ],
  ])("tells of %s", async (_, answer, code, says) => {
    await standIn(answer);
    const got = await failureOf(model(baseUrl, "org/model").reply(ask()));
    expect(got).toMatchObject({ code, message: expect.stringMatching(says) });
  });

  it("has one model, which need not be named", async () => {
    const card = {
      id: "org/model",
      object: "model",
      created: 1,
      owned_by: "vllm",
      root: "org/model",
      parent: null,
      max_model_len: 8192,
      permission: [],
    };
    await standIn(json(200, { object: "list", data: [card] }));
    const { root } = await chooseModels({ baseUrl }, {}, new CancelSource());
    expect(root.id).toBe("org/model");
  });
});
