import { afterEach, describe, expect, it, vi } from "vitest";
import { listModels } from "../../src/models/list-models.ts";
import { CancelSource } from "../../src/rlm/cancel.ts";
import { ask, expectSafe, failureOf, key, listen, messages, modelAt, serve, stated, status } from "./talking.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

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

describe("a failure", () => {
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
