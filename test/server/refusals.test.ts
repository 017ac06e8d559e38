import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import type { Model } from "../../src/rlm/model.ts";
import { endpointModels } from "../../src/server/served-models.ts";
import { startServer } from "../../src/server/start-server.ts";
import { question, type Sent, send, serve } from "./serving.ts";

type Refusal = readonly [what: string, sent: Sent, status: number, code: string, param: string | null];

const post = (more: object, headers: Sent["headers"] = {}): Sent => ({ body: { ...question, ...more }, headers });
const messages = (...list: readonly unknown[]) => post({ messages: list });
const user = (content: unknown) => messages({ role: "user", content });
const file = (fields: object) =>
  user([
    { type: "file", file: fields },
    { type: "text", text: "?" },
  ]);

const fields: readonly Refusal[] = [
  ["no JSON", { body: "{" }, 400, "invalid_json", "body"],
  ["an empty body", { body: "" }, 400, "invalid_json", "body"],
  ["a list as body", { body: "[]" }, 400, "invalid_json", "body"],
  ["a body that is not UTF-8", { body: Buffer.from([0x22, 0xff, 0x22]) }, 400, "invalid_json", "body"],
  ["a string without an end", { body: '{"model":"rlm-x' }, 400, "invalid_json", "body"],
  ["a long string with a wrong escape", { body: `{"model":"${"x".repeat(20_000)}\\q"}` }, 400, "invalid_json", "body"],
  ["a long string with a raw line feed", { body: `{"model":"${"x".repeat(20_000)}\n"}` }, 400, "invalid_json", "body"],
  ["no model", post({ model: undefined }), 400, "missing_required_parameter", "model"],
  ["no messages", post({ messages: undefined }), 400, "missing_required_parameter", "messages"],
  ["messages that are no list", post({ messages: "hello" }), 400, "invalid_value", "messages"],
  ["an empty list of messages", post({ messages: [] }), 400, "invalid_value", "messages"],
  ["a model without rlm-", post({ model: "gpt-4o" }), 404, "model_not_found", "model"],
  ["a model of nothing", post({ model: "rlm-" }), 404, "model_not_found", "model"],
  ["a model that is no text", post({ model: 4 }), 400, "invalid_value", "model"],
  ["a model with a very long name", post({ model: `rlm-${"x".repeat(20_000)}` }), 400, "invalid_value", "body"],
  ["no user message", messages({ role: "system", content: "x" }), 400, "no_user_message", "messages"],
  ["an empty question", user(" "), 400, "empty_question", "messages[0].content"],
  ["a message that is a text", messages("hello"), 400, "invalid_value", "messages[0]"],
  ["an unknown role", messages({ role: "robot", content: "x" }), 400, "invalid_value", "messages[0].role"],
  ["a tool's message", messages({ role: "tool", content: "x" }), 400, "invalid_value", "messages[0].role"],
  ["no content", messages({ role: "user" }), 400, "invalid_value", "messages[0].content"],
  ["content that is a number", user(3), 400, "invalid_value", "messages[0].content"],
  [
    "an image",
    user([{ type: "image_url", image_url: { url: "x" } }]),
    400,
    "unsupported_content",
    "messages[0].content[0].type",
  ],
  [
    "a field of a part that is not known",
    user([{ type: "text", text: "?", cache_control: { type: "ephemeral" } }]),
    400,
    "unsupported_parameter",
    "messages[0].content[0].cache_control",
  ],
  [
    "a field of a file that is not known",
    file({ file_data: "eA==", language: "en" }),
    400,
    "unsupported_parameter",
    "messages[0].content[0].file.language",
  ],
  ["a part without its text", user([{ type: "text" }]), 400, "invalid_value", "messages[0].content[0]"],
  [
    "tool calls",
    messages({ role: "assistant", content: null, tool_calls: [{}] }, { role: "user", content: "?" }),
    400,
    "unsupported_parameter",
    "messages[0].tool_calls",
  ],
  ["a stored file", file({ file_id: "f" }), 400, "unsupported_parameter", "messages[0].content[0].file.file_id"],
  ["a file without data", file({}), 400, "invalid_value", "messages[0].content[0].file.file_data"],
  [
    "a file that is not base64",
    file({ file_data: "%%" }),
    400,
    "invalid_value",
    "messages[0].content[0].file.file_data",
  ],
  [
    "a file that is no text",
    file({ file_data: Buffer.from([0, 1, 2, 255]).toString("base64") }),
    400,
    "unsupported_content",
    "messages[0].content[0].file.file_data",
  ],
  ["an unknown field", post({ topk: 1 }), 400, "unknown_parameter", "topk"],
  ["a field named like what all objects have", post({ constructor: 1 }), 400, "unknown_parameter", "constructor"],
  ["n", post({ n: 2 }), 400, "unsupported_parameter", "n"],
  ["logprobs", post({ logprobs: true }), 400, "unsupported_parameter", "logprobs"],
  ["tools", post({ tools: [{ type: "function" }] }), 400, "unsupported_parameter", "tools"],
  ["a tool choice", post({ tool_choice: "auto" }), 400, "unsupported_parameter", "tool_choice"],
  ["to be stored", post({ store: true }), 400, "unsupported_parameter", "store"],
  ["a stream that is no boolean", post({ stream: "yes" }), 400, "invalid_value", "stream"],
  ["stream options without a stream", post({ stream_options: {} }), 400, "invalid_value", "stream_options"],
  ["unknown stream options", post({ stream: true, stream_options: { x: 1 } }), 400, "invalid_value", "stream_options"],
  ["max_tokens of 0", post({ max_tokens: 0 }), 400, "invalid_value", "max_tokens"],
  ["an empty stop", post({ stop: "" }), 400, "invalid_value", "stop"],
  ["five stops", post({ stop: ["a", "b", "c", "d", "e"] }), 400, "invalid_value", "stop"],
  ["metadata that is no map of texts", post({ metadata: { a: 1 } }), 400, "invalid_value", "metadata"],
  ["a very long user", post({ user: "x".repeat(20_000) }), 400, "invalid_value", "body"],
  ["limits that are no object", post({ rlm: 3 }), 400, "invalid_value", "rlm"],
  ["an unknown limit", post({ rlm: { turn: 3 } }), 400, "unknown_parameter", "rlm.turn"],
  ["a higher limit", post({ rlm: { turns: 21 } }), 400, "above_limit", "rlm.turns"],
  ["more dollars", post({ rlm: { usd: 1.01 } }), 400, "above_limit", "rlm.usd"],
  ["half a turn", post({ rlm: { turns: 0.5 } }), 400, "invalid_value", "rlm.turns"],
  ["a limit that is none", post({ rlm: { seconds: -1 } }), 400, "invalid_value", "rlm.seconds"],
  ["a depth that is no number", post({}, { "x-rlm-depth": "deep" }), 400, "loop_detected", "x-rlm-depth"],
  ["a loop", post({}, { "x-rlm-depth": "7" }), 400, "loop_detected", "x-rlm-depth"],
];

const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
const fieldsThatNest = ["metadata", "rlm", "tools", "stop", "response_format", "topk", "model", "messages"];
const nested = fieldsThatNest.map((field): Refusal => {
  const body = JSON.stringify({ ...question, [field]: 0 }).replace(`"${field}":0`, `"${field}":${deep}`);
  const codes = { tools: "unsupported_parameter", topk: "unknown_parameter" };
  const param = field === "messages" ? "messages[0]" : field;
  return [`${field} of lists in lists`, { body }, 400, codes[field as "tools"] ?? "invalid_value", param];
});

const requests: readonly Refusal[] = [
  [
    "an image of a web page",
    { method: "GET", path: "/v1/models", headers: { "sec-fetch-site": "cross-site" } },
    403,
    "origin_not_allowed",
    "sec-fetch-site",
  ],
  [
    "a page of another port",
    { method: "GET", path: "/v1/models", headers: { "sec-fetch-site": "same-site" } },
    403,
    "origin_not_allowed",
    "sec-fetch-site",
  ],
  ["another site's name", post({}, { host: "evil.example" }), 403, "host_not_allowed", "host"],
  ["a name that begins like ours", post({}, { host: "localhost.evil.example" }), 403, "host_not_allowed", "host"],
  ["a web page", post({}, { origin: "https://evil.example" }), 403, "origin_not_allowed", "origin"],
  ["a page without an origin", post({}, { origin: "null" }), 403, "origin_not_allowed", "origin"],
  ["a preflight", { method: "OPTIONS", headers: { origin: "http://localhost" } }, 403, "origin_not_allowed", "origin"],
  ["a form", post({}, { "content-type": "text/plain" }), 415, "unsupported_media_type", "content-type"],
  ["no type", post({}, { "content-type": "" }), 415, "unsupported_media_type", "content-type"],
  [
    "JSON in its name only",
    post({}, { "content-type": "application/json5" }),
    415,
    "unsupported_media_type",
    "content-type",
  ],
  [
    "another charset",
    post({}, { "content-type": "application/json; charset=latin1" }),
    415,
    "unsupported_media_type",
    "content-type",
  ],
  ["gzip", post({}, { "content-encoding": "gzip" }), 415, "unsupported_media_type", "content-encoding"],
  ["an unknown path", { method: "GET", path: "/v1/embeddings" }, 404, "not_found", null],
  ["a path below a known one", { path: "/v1/chat/completions/x" }, 404, "not_found", null],
  ["an unknown model", { method: "GET", path: "/v1/models/gpt-4o" }, 404, "model_not_found", "model"],
  ["GET of completions", { method: "GET" }, 405, "method_not_allowed", null],
  ["DELETE of the models", { method: "DELETE", path: "/v1/models" }, 405, "method_not_allowed", null],
];

describe("is refused", () => {
  test.each([...fields, ...nested, ...requests])("%s", async (_what, sent, status, code, param) => {
    const { server, problems, runs } = await serve();
    const answered = await send(server, sent);
    expect(answered.json).toMatchObject({
      error: { code, param, type: expect.any(String), message: expect.any(String) },
    });
    expect(answered.status).toBe(status);
    expect(answered.headers["access-control-allow-origin"]).toBeUndefined();
    expect({ problems, runs }).toEqual({ problems: [], runs: [] });
  });

  test("a method, with those that are taken", async () => {
    const { server } = await serve();
    expect((await send(server, { method: "GET" })).headers.allow).toBe("POST");
    expect((await send(server, { method: "PUT", path: "/health" })).headers.allow).toBe("GET");
  });

  test.each([
    ["by its stated length", {}],
    ["as it comes in", { "content-length": "", "transfer-encoding": "chunked" }],
  ])("a body that is too large, %s", async (_how, headers) => {
    const { server } = await serve({ maxBodyBytes: 100_000 });
    const body = { ...question, messages: [{ role: "user", content: "x".repeat(200_000) }] };
    const answered = await send(server, { body, headers });
    expect(answered).toMatchObject({ status: 413, json: { error: { code: "request_too_large", param: "body" } } });
  });

  test("a body that breaks off", async () => {
    const { server, problems } = await serve();
    const answered = await raw(server.url, [
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n",
      'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\nxyz\r\n',
    ]);
    expect(answered).toMatch(/^HTTP\/1\.1 400 /);
    expect(problems).toEqual([]);
  });

  test.each([
    ["no HTTP", "hello\r\n\r\n", 400],
    ["HTTP without a host", "GET /health HTTP/1.1\r\n\r\n", 400],
    ["headers without an end", `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(40_000)}\r\n\r\n`, 431],
    ["another host in the request line", "GET http://evil.example/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 403],
    ["no path", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400],
    ["a host that is no name", "GET /health HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
  ])("%s", async (_what, text, status) => {
    const { server, problems } = await serve();
    expect(await raw(server.url, [text])).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(problems).toEqual([]);
  });
});

test.each([true, false])("a mistake of the server's own tells nothing of it (stream: %s)", async (stream) => {
  const broken: Model = {
    id: "broken",
    offline: false,
    price: null,
    reply: () => Promise.reject(new Error("ENOENT: /home/somebody/secret")),
  };
  const parts = { root: broken, sub: broken, named: () => broken };
  const { server, problems } = await serve({ models: { list: async () => [], partsFor: () => parts } });
  const { text, status } = await send(server, { body: { ...question, stream } });
  expect(text).toContain("internal_error");
  expect(text).not.toContain("somebody");
  expect(status).toBe(stream ? 200 : 500);
  if (!stream) expect(problems).toEqual([expect.stringContaining("somebody")]);
});

describe("a token", () => {
  const token = "a-token-of-ours";

  test.each([
    ["none", {}, 401],
    ["another", { authorization: "Bearer another" }, 401],
    ["the beginning of it", { authorization: "Bearer a-token" }, 401],
    ["by another scheme", { authorization: `Basic ${token}` }, 401],
    ["the right one", { authorization: `Bearer ${token}` }, 200],
  ])("is wanted: %s", async (_what, headers, status) => {
    const { server } = await serve({ token });
    const answered = await send(server, { method: "GET", path: "/v1/models", headers });
    expect(answered.status).toBe(status);
    if (status === 401) {
      expect(answered.json).toMatchObject({ error: { code: "invalid_api_key", type: "authentication_error" } });
    }
  });

  test("is not wanted to see whether the server is well", async () => {
    const { server } = await serve({ token });
    expect(await send(server, { method: "GET", path: "/health" })).toMatchObject({
      status: 200,
      json: { status: "ok" },
    });
  });

  test("is needed where other machines could ask", async () => {
    const starting = startServer({ models: endpointModels({ endpoint: null }), host: "0.0.0.0", port: 0 });
    await expect(starting).rejects.toMatchObject({ code: "token-needed" });
  });
});

test("names of this machine are let in, whatever the port says", async () => {
  const { server } = await serve();
  for (const host of ["localhost", "127.0.0.1:9", "LOCALHOST:1", "[::1]:8000"]) {
    expect((await send(server, { method: "GET", path: "/health", headers: { host } })).status).toBe(200);
  }
});

test("a port that is in use is said so", async () => {
  const { server } = await serve();
  const port = Number(new URL(server.url).port);
  await expect(serve({ port })).rejects.toMatchObject({ code: "port-in-use" });
});

test("values that mean the default are taken", async () => {
  const { server } = await serve();
  const defaults = {
    temperature: 1,
    top_p: 1,
    n: 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    logit_bias: {},
    logprobs: false,
    response_format: { type: "text" },
    modalities: ["text"],
    tools: [],
    tool_choice: "none",
    stop: null,
    seed: null,
    user: null,
    store: false,
    service_tier: "auto",
    stream: false,
    rlm: {},
  };
  expect((await send(server, post(defaults))).status).toBe(200);
});

/** What a server answers to these bytes, until it closes the connection or says nothing more. */
function raw(url: string, pieces: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    let text = "";
    socket.setEncoding("utf8").on("data", (data) => {
      text += data;
      if (text.includes("\r\n\r\n")) socket.end();
    });
    socket.on("error", reject).on("close", () => resolve(text));
    for (const piece of pieces) socket.write(piece);
  });
}
