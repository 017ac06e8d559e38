import type { ServerResponse } from "node:http";
import { pipeline, Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import type { OpenAiModelOptions } from "../../src/models/openai-model.ts";
import type { ModelFailure, ModelReply, Spent } from "../../src/rlm/model.ts";
import type { Script, ScriptedReply } from "../support/scripted-server.ts";
import { ask, expectSafe, failureOf, inTurn, key, modelAt, serve, stated, status } from "./talking.ts";

/** What a server does, and what must come of it. */
interface Row {
  readonly name: string;
  readonly script: Script;
  readonly options?: Partial<OpenAiModelOptions>;
  /** Requests that the server must have seen. */
  readonly tries: number;
  /** Codes of the failures after which another try was announced; none unless given. */
  readonly retried?: readonly ModelFailure["code"][];
  readonly gives:
    | { readonly reply: Partial<ModelReply> }
    | { readonly fails: ModelFailure["code"]; readonly says: RegExp; readonly spent?: Partial<Spent> | null };
}

const dataLine = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;
const delta = (fields: object, finish: unknown = null): string =>
  dataLine({ choices: [{ index: 0, delta: fields, finish_reason: finish }] });
const content = (text: string): string => delta({ content: text });
const stop = delta({}, "stop");
const done = "data: [DONE]\n\n";

/** A stream of these pieces as they are; a number is a pause in milliseconds. */
function stream(...pieces: readonly (string | Buffer | number)[]): ScriptedReply {
  return {
    raw: async (_req, res) => {
      open(res);
      for (const piece of pieces) {
        if (typeof piece === "number") await sleep(piece);
        else res.write(piece);
      }
      res.end();
    },
  };
}

/** The same piece for as long as the client listens, with a pause between. */
function endless(head: string, piece: string, pauseMs = 0, code = 200): ScriptedReply {
  async function* pieces() {
    if (head) yield head;
    for (;;) {
      if (pauseMs > 0) await sleep(pauseMs);
      yield piece;
    }
  }
  return {
    raw: (_req, res) => {
      open(res, code);
      pipeline(Readable.from(pieces()), res, () => undefined);
    },
  };
}

function open(res: ServerResponse, code = 200): void {
  res.writeHead(code, { "content-type": "text/event-stream" });
  res.flushHeaders();
}

function body(type: string, text: string, code = 200): ScriptedReply {
  return { raw: (_req, res) => void res.writeHead(code, { "content-type": type }).end(text) };
}

const whole = (message: object, rest: object = {}) => ({ choices: [{ message, finish_reason: "stop" }], ...rest });
const usage = { prompt_tokens: 10, completion_tokens: 5 };
const counted = { input: 10, cachedInput: 0, output: 5, reasoning: 0, estimated: false };
const held = { raw: () => undefined };
const past = new Date(0).toUTCString();
const aMinute = { backoffMs: 60_000 };

const ends: readonly Row[] = [
  {
    name: "no finish_reason, but [DONE]",
    script: () => stream(content("fine"), done),
    tries: 1,
    gives: { reply: { text: "fine", finishReason: "stop" } },
  },
  {
    name: "a finish_reason without [DONE]",
    script: () => stream(content("fine"), stop),
    tries: 1,
    gives: { reply: { text: "fine", finishReason: "stop" } },
  },
  {
    name: "a stream that is left open after its end",
    script: () => ({
      raw: (_req, res) => {
        open(res);
        res.write(content("fine") + stop);
      },
    }),
    options: { idleTimeoutMs: 30 },
    tries: 1,
    gives: { reply: { text: "fine", finishReason: "stop" } },
  },
  {
    name: "a reply cut by the token limit",
    script: () => ({ text: "It is", finishReason: "length" }),
    tries: 1,
    gives: { reply: { text: "It is", finishReason: "length" } },
  },
  {
    name: "a reply cut by the content filter",
    script: () => ({ text: "It is", finishReason: "content_filter" }),
    tries: 1,
    gives: { reply: { text: "It is", finishReason: "filtered" } },
  },
  {
    name: "an unknown finish_reason",
    script: () => ({ text: "fine", finishReason: "eos" }),
    tries: 1,
    gives: { reply: { finishReason: "stop" } },
  },
  {
    name: "a stream without an end",
    script: () => ({ text: "half of", finishReason: null }),
    tries: 2,
    retried: ["broken-stream"],
    gives: { fails: "broken-stream", says: /HOST broke off.*Tried 2 times/, spent: { costUsd: null } },
  },
  {
    name: "a stream that broke off once: the text begins anew, and what was written is paid",
    script: inTurn({ text: "y".repeat(80), finishReason: null }, { text: "whole", usage }),
    tries: 2,
    retried: ["broken-stream"],
    gives: { reply: { text: "whole", usage: { ...counted, input: 5 + 10, output: 20 + 5, estimated: true } } },
  },
  {
    name: "a connection reset within the stream",
    script: () => ({
      raw: async (_req, res) => {
        open(res);
        res.write(content("half"), () => setTimeout(() => res.destroy(), 5));
      },
    }),
    tries: 2,
    retried: ["broken-stream"],
    gives: { fails: "broken-stream", says: /HOST broke off/ },
  },
  {
    name: "a connection closed before an answer",
    script: () => ({ raw: (_req, res) => void res.destroy() }),
    tries: 3,
    retried: ["network", "network"],
    gives: { fails: "network", says: /connection to HOST failed/, spent: null },
  },
];

const framing: readonly Row[] = [
  {
    name: "CRLF line ends, split between CR and LF",
    script: () =>
      stream('data: {"choices":\r', 5, '\ndata: [{"delta":{"content":"fine"}}]}\r\n\r', 5, "\n", stop, done),
    tries: 1,
    gives: { reply: { text: "fine" } },
  },
  {
    name: "CR line ends",
    script: () => stream((content("fine") + stop + done).replaceAll("\n", "\r")),
    tries: 1,
    gives: { reply: { text: "fine" } },
  },
  {
    name: "chunks split inside UTF-8",
    script: () => {
      const bytes = Buffer.from(content("größer: 日本 😀") + stop + done);
      const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) => bytes.subarray(i * 7, i * 7 + 7));
      return stream(...pieces.flatMap((piece) => [piece, 1]));
    },
    tries: 1,
    gives: { reply: { text: "größer: 日本 😀" } },
  },
  {
    name: "a byte order mark, event names, ids and empty data lines",
    script: () => stream("\uFEFF: hi\n\nevent: message\nid: 1\nretry: 5\n", content("fine"), "data:\n\n", stop, done),
    tries: 1,
    gives: { reply: { text: "fine" } },
  },
  {
    name: "events without an empty line between them",
    script: () => stream((content("fi") + content("ne") + stop + done).replaceAll("\n\n", "\n")),
    tries: 1,
    gives: { reply: { text: "fine" } },
  },
  {
    name: "JSON spread over several data lines",
    script: () => stream('data: {"choices":\ndata: [{"delta":{"content":"fine"},\ndata: "finish_reason":"stop"}]}\n\n'),
    tries: 1,
    gives: { reply: { text: "fine" } },
  },
  {
    name: "a stream under the wrong content type",
    script: () => body("application/json", content("fine") + stop + done),
    tries: 1,
    gives: { reply: { text: "fine" } },
  },
  {
    name: "a whole reply instead of a stream",
    script: () => status(200, whole({ content: "whole" }, { usage })),
    tries: 1,
    gives: { reply: { text: "whole", usage: counted } },
  },
  {
    name: "a whole reply without finish_reason under the type of a stream",
    script: () => body("text/event-stream", JSON.stringify({ choices: [{ message: { content: "whole" } }] })),
    tries: 1,
    gives: { reply: { text: "whole", finishReason: "stop" } },
  },
  {
    name: "a stream that is not JSON",
    script: () => stream("data: {oops\n\n"),
    tries: 2,
    retried: ["broken-stream"],
    gives: { fails: "broken-stream", says: /HOST broke off/ },
  },
  {
    name: "half of a JSON reply",
    script: () => body("application/json", '{"choices":[{"mess'),
    tries: 2,
    retried: ["broken-stream"],
    gives: { fails: "broken-stream", says: /HOST broke off/ },
  },
  {
    name: "JSON that is no completion",
    script: () => status(200, { ok: true }),
    tries: 1,
    gives: { fails: "bad-request", says: /HOST answered with JSON that is no chat completion.*\/v1/ },
  },
  {
    name: "a web page",
    script: () => body("text/html", "<!doctype html><title>Hello</title>"),
    tries: 1,
    gives: { fails: "bad-request", says: /HOST answered with a web page.*\/v1/ },
  },
  {
    name: "a web page under the type of JSON",
    script: () => body("application/json", "\n <html>Hello</html>"),
    tries: 1,
    gives: { fails: "bad-request", says: /HOST answered with a web page/ },
  },
  {
    name: "an empty body",
    script: () => body("text/event-stream", ""),
    tries: 2,
    retried: ["broken-stream"],
    gives: { fails: "broken-stream", says: /HOST broke off/, spent: null },
  },
];

const sizes: readonly Row[] = [
  {
    name: "an endless stream",
    script: () => endless("", content("a".repeat(10_000))),
    tries: 1,
    gives: { reply: { text: "a".repeat(1_000_000), finishReason: "length" } },
  },
  {
    name: "endless reasoning",
    script: () => endless("", delta({ reasoning_content: "a".repeat(10_000) })),
    tries: 1,
    gives: {
      fails: "empty-reply",
      says: /output limit/,
      spent: { usage: { ...counted, input: 5, output: 250_000, reasoning: 250_000, estimated: true } },
    },
  },
  {
    name: "a huge whole reply, cut between the halves of a character",
    script: () => status(200, whole({ content: `a${"😀".repeat(700_000)}` })),
    tries: 1,
    gives: { reply: { text: `a${"😀".repeat(499_999)}`, finishReason: "length" } },
  },
  {
    name: "a line without an end",
    script: () => endless('data: {"choices":[{"delta":{"content":"', "a".repeat(100_000)),
    tries: 1,
    gives: { fails: "broken-stream", says: /HOST sent more in one piece than can be read/ },
  },
  {
    name: "JSON without an end over many lines",
    script: () => endless("data: [\n", `data: ${"1,".repeat(50_000)}\n`),
    tries: 1,
    gives: { fails: "broken-stream", says: /HOST sent more in one piece/ },
  },
  {
    name: "an error without an end",
    script: () => endless("oh ", "no ".repeat(10_000), 0, 500),
    options: { maxRetries: 0 },
    tries: 1,
    gives: { fails: "server", says: /HOST failed \(500\): oh no no/ },
  },
];

const silence: readonly Row[] = [
  {
    name: "a server that says nothing",
    script: () => held,
    options: { firstTokenTimeoutMs: 150 },
    tries: 2,
    retried: ["timeout"],
    gives: { fails: "timeout", says: /HOST sent nothing for 0\.15 s/, spent: null },
  },
  {
    name: "a stream that says nothing",
    script: () => ({ deltas: [60_000, "late"] }),
    options: { firstTokenTimeoutMs: 150 },
    tries: 2,
    retried: ["timeout"],
    gives: { fails: "timeout", says: /HOST sent nothing/, spent: null },
  },
  {
    name: "a stream that stops",
    script: () => ({ deltas: ["half", 60_000, "late"] }),
    options: { idleTimeoutMs: 30 },
    tries: 1,
    gives: { fails: "timeout", says: /HOST stopped for 0\.03 s/, spent: { costUsd: null } },
  },
  {
    name: "comments that keep a slow stream alive",
    script: () => stream(...Array.from({ length: 4 }, () => [": PROCESSING\n\n", 150]).flat(), content("fine"), stop),
    options: { firstTokenTimeoutMs: 400 },
    tries: 1,
    gives: { reply: { text: "fine" } },
  },
  {
    name: "comments and nothing else",
    script: () => endless("", ": PROCESSING\n\n", 5),
    options: { firstTokenTimeoutMs: 100 },
    tries: 2,
    retried: ["timeout"],
    gives: { fails: "timeout", says: /HOST sent nothing for 0\.5 s/, spent: null },
  },
  {
    name: "empty pieces after some text",
    script: () => endless(content("half"), content(""), 5),
    options: { idleTimeoutMs: 60 },
    tries: 1,
    gives: { fails: "timeout", says: /HOST stopped for 0\.3 s/ },
  },
];

const contents: readonly Row[] = [
  {
    name: "fields of wrong types",
    script: () =>
      stream(
        "data: null\n\ndata: 7\n\n",
        dataLine({ choices: {}, usage: "none" }),
        dataLine({ choices: [null], usage: [] }),
        delta({ content: 5, reasoning: {}, tool_calls: 1 }, 7),
        dataLine({
          choices: [{ delta: "x", finish_reason: {} }],
          usage: { prompt_tokens: "9", completion_tokens: -1 },
        }),
        content("fine"),
        stop,
      ),
    tries: 1,
    gives: { reply: { text: "fine", usage: { ...counted, input: 5, output: 1, estimated: true } } },
  },
  {
    name: "content in parts",
    script: () => stream(delta({ content: [{ type: "text", text: "fi" }, { type: "text", text: "ne" }, null] }), stop),
    tries: 1,
    gives: { reply: { text: "fine" } },
  },
  {
    name: "no usage",
    script: () => ({ text: "x".repeat(40), usage: null }),
    tries: 1,
    gives: { reply: { usage: { ...counted, input: 5, output: 10, estimated: true }, costUsd: null } },
  },
  {
    name: "usage of nothing but zeros",
    script: () => ({ text: "x".repeat(40), usage: { prompt_tokens: 0, completion_tokens: 0, cost: 0 } }),
    tries: 1,
    gives: { reply: { usage: { ...counted, input: 5, output: 10, estimated: true }, costUsd: null } },
  },
  {
    name: "usage in each piece and twice at the end: the last counts, once",
    script: () => {
      const grown = (output: number) => ({ ...usage, completion_tokens: output });
      const piece = (text: string, output: number) =>
        dataLine({ choices: [{ delta: { content: text } }], usage: grown(output) });
      const last = dataLine({ choices: [], usage: grown(5) });
      return stream(piece("fi", 1), piece("ne", 2), stop, last, last, done);
    },
    tries: 1,
    gives: { reply: { text: "fine", usage: counted } },
  },
  {
    name: "more cached and reasoning tokens than there are",
    script: () => ({
      text: "fine",
      usage: {
        ...usage,
        prompt_tokens_details: { cached_tokens: 99 },
        completion_tokens_details: { reasoning_tokens: 99 },
      },
    }),
    tries: 1,
    gives: { reply: { usage: { ...counted, cachedInput: 10, reasoning: 5 } } },
  },
  {
    name: "a refusal",
    script: () => stream(delta({ refusal: "I can't " }), delta({ refusal: "do that." }), stop),
    tries: 1,
    gives: { reply: { text: "I can't do that.", finishReason: "stop" } },
  },
  {
    name: "reasoning_content before the text",
    script: () => stream(delta({ reasoning_content: "hm".repeat(20), content: null }), content("fine"), stop),
    tries: 1,
    gives: { reply: { text: "fine", usage: { ...counted, input: 5, output: 11, reasoning: 10, estimated: true } } },
  },
  {
    name: "reasoning before the text, under both its names",
    script: () =>
      stream(delta({ reasoning: "h".repeat(40), reasoning_content: "h".repeat(40) }), content("fine"), stop),
    tries: 1,
    gives: { reply: { text: "fine", usage: { ...counted, input: 5, output: 11, reasoning: 10, estimated: true } } },
  },
  {
    name: "tool calls instead of text",
    script: () => {
      const call = { index: 0, id: "1", type: "function", function: { name: "read", arguments: "{}" } };
      return stream(delta({ role: "assistant", content: null, tool_calls: [call] }), delta({}, "tool_calls"), done);
    },
    tries: 2,
    retried: ["empty-reply"],
    gives: { fails: "empty-reply", says: /“scripted” at HOST called a tool instead of writing a reply/ },
  },
  {
    name: "an empty reply",
    script: () => "",
    tries: 2,
    retried: ["empty-reply"],
    gives: {
      fails: "empty-reply",
      says: /“scripted” at HOST gave an empty reply/,
      spent: { usage: { ...counted, input: 2 * 5, output: 0 } },
    },
  },
  {
    name: "an empty reply once: it is paid too",
    script: inTurn({ text: "", usage: { ...usage, cost: 0.25 } }, { text: "there", usage: { ...usage, cost: 0.5 } }),
    tries: 2,
    retried: ["empty-reply"],
    gives: { reply: { text: "there", usage: { ...counted, input: 20, output: 10 }, costUsd: 0.75 } },
  },
  {
    name: "nothing left by the content filter",
    script: () => ({ text: "", finishReason: "content_filter", usage: { ...usage, cost: 0.25 } }),
    tries: 1,
    gives: { fails: "empty-reply", says: /content filter of HOST/, spent: { usage: counted, costUsd: 0.25 } },
  },
  {
    name: "nothing left by reasoning",
    script: () => ({ text: "", finishReason: "length" }),
    tries: 1,
    gives: { fails: "empty-reply", says: /output limit/ },
  },
  {
    name: "an error within the stream",
    script: () => stream(content("half"), dataLine({ error: { message: "out of memory" } })),
    tries: 2,
    retried: ["server"],
    gives: { fails: "server", says: /HOST failed while it replied: out of memory/ },
  },
  {
    name: "an error as an event of its own, without the usual form",
    script: () => stream(`event: error\n${dataLine({ message: "out of memory" })}`),
    tries: 2,
    retried: ["server"],
    gives: { fails: "server", says: /HOST failed while it replied: out of memory/ },
  },
  {
    name: "an error as a whole reply with status 200",
    script: () => status(200, stated("out of memory")),
    tries: 2,
    retried: ["server"],
    gives: { fails: "server", says: /HOST failed while it replied: out of memory/ },
  },
];

const statuses: readonly Row[] = [
  {
    name: "429 with Retry-After in seconds, before the own backoff",
    script: inTurn(status(429, stated("slow down"), { "retry-after": "0.05" }), "there"),
    options: aMinute,
    tries: 2,
    retried: ["rate-limit"],
    gives: { reply: { text: "there" } },
  },
  {
    name: "429 with Retry-After as a date, here one that is over",
    script: inTurn(status(429, stated("slow down"), { "retry-after": past }), "there"),
    options: aMinute,
    tries: 2,
    retried: ["rate-limit"],
    gives: { reply: { text: "there" } },
  },
  {
    name: "429 without Retry-After",
    script: inTurn(status(429, stated("slow down")), "there"),
    options: { backoffMs: 40 },
    tries: 2,
    retried: ["rate-limit"],
    gives: { reply: { text: "there" } },
  },
  {
    name: "429 with a Retry-After that can't be read",
    script: inTurn(status(429, stated("slow down"), { "retry-after": "soon" }), "there"),
    options: { backoffMs: 40 },
    tries: 2,
    retried: ["rate-limit"],
    gives: { reply: { text: "there" } },
  },
  {
    name: "429 with a very long Retry-After",
    script: () => status(429, stated("tomorrow"), { "retry-after": "86400" }),
    tries: 1,
    gives: { fails: "rate-limit", says: /HOST.*\(429\)\. It asks to wait 86400 s/ },
  },
  {
    name: "a storm of 429",
    script: () => status(429, stated("slow down"), { "retry-after-ms": "20" }),
    options: { maxRetries: 3 },
    tries: 4,
    retried: ["rate-limit", "rate-limit", "rate-limit"],
    gives: { fails: "rate-limit", says: /HOST.*\(429\).*Tried 4 times, [\d.]+ s of waiting in all/, spent: null },
  },
  {
    name: "a storm of 429 within streams",
    script: () => stream(dataLine({ error: { message: "slow down", code: 429 } })),
    options: { maxRetries: 2, backoffMs: 20 },
    tries: 3,
    retried: ["rate-limit", "rate-limit"],
    gives: { fails: "rate-limit", says: /Tried 3 times/ },
  },
  {
    name: "no credit left",
    script: () => status(429, stated("You exceeded your current quota", "insufficient_quota")),
    tries: 1,
    gives: { fails: "rate-limit", says: /no credit left at HOST/ },
  },
  {
    name: "a storm of 5xx",
    script: () => status(502, stated("bad gateway")),
    tries: 6,
    retried: ["server", "server", "server", "server", "server"],
    gives: { fails: "server", says: /HOST failed \(502\): bad gateway\. Tried 6 times/ },
  },
  {
    name: "5xx that passes, with Retry-After",
    script: inTurn(status(503, stated("busy"), { "retry-after": "0" }), "there"),
    options: aMinute,
    tries: 2,
    retried: ["server"],
    gives: { reply: { text: "there" } },
  },
  {
    name: "5xx with a web page",
    script: () => body("text/html", "<html>\n<b>down</b></html>", 503),
    options: { maxRetries: 1 },
    tries: 2,
    retried: ["server"],
    gives: { fails: "server", says: /HOST failed \(503\): a web page/ },
  },
  {
    name: "a redirect",
    script: () => ({ raw: (_req, res) => void res.writeHead(307, { location: "http://127.0.0.1:9/steal" }).end() }),
    tries: 1,
    gives: { fails: "bad-request", says: /HOST is not the endpoint itself: it redirects \(307\)/ },
  },
  {
    name: "a refused key",
    script: () => status(401, stated(`Incorrect API key provided: ${key.slice(0, 12)}***${key.slice(-4)}.`)),
    tries: 1,
    gives: { fails: "auth", says: /refused by HOST \(401\).*OPENAI_API_KEY.*RLM: Set API Key…/ },
  },
  {
    name: "a missing key",
    script: () => status(401, stated("You didn't provide an API key.")),
    options: { apiKey: null },
    tries: 1,
    gives: { fails: "auth", says: /HOST wants a key \(401\)/ },
  },
  {
    name: "a refused region",
    script: () => status(403, stated("Country not supported")),
    tries: 1,
    gives: { fails: "auth", says: /403.*Country/ },
  },
  {
    name: "an unknown model",
    script: () => status(404, stated("The model `scripted` does not exist", "model_not_found")),
    tries: 1,
    gives: {
      fails: "unknown-model",
      says: /HOST has no model “scripted”.*It has scripted-1, scripted-2, other-1, other-2, other-3, and 2 more\./,
    },
  },
  {
    name: "an unknown model, told with 400",
    script: () => status(400, stated("scripted is not a valid model ID")),
    tries: 1,
    gives: { fails: "unknown-model", says: /It has scripted-1/ },
  },
  {
    name: "400 for a parameter that it does not know",
    script: ({ body: sent }) =>
      sent.stream_options ? status(400, stated("Unknown field: stream_options")) : { text: "fine", usage: null },
    tries: 2,
    gives: { reply: { text: "fine", usage: { ...counted, input: 5, output: 1, estimated: true } } },
  },
  {
    name: "422 for a parameter that it does not know, as FastAPI says it",
    script: ({ body: sent }) =>
      sent.stream_options
        ? status(422, { detail: [{ type: "extra_forbidden", loc: ["body", "stream_options"], msg: "Not permitted" }] })
        : { text: "fine", usage: null },
    tries: 2,
    gives: { reply: { text: "fine" } },
  },
  {
    name: "400 for a parameter again and again",
    script: () => status(400, stated("Unknown field: stream_options")),
    tries: 2,
    gives: { fails: "bad-request", says: /HOST refused the request \(400\): Unknown field/ },
  },
  {
    name: "a bad request with much to say",
    script: () => status(400, stated(`Invalid 'messages':\n\tkey ${key} ${"too long ".repeat(100)}`)),
    tries: 1,
    gives: { fails: "bad-request", says: /HOST refused the request \(400\): Invalid 'messages': key \[key\] too long/ },
  },
  {
    name: "a bad request, as FastAPI says it",
    script: () => status(422, { detail: [{ loc: ["body", "messages"], msg: "Field required" }] }),
    tries: 1,
    gives: { fails: "bad-request", says: /\(422\): body\.messages Field required/ },
  },
  {
    name: "messages that the content filter refuses",
    script: () => status(400, stated("The response was filtered", "content_filter")),
    tries: 1,
    gives: { fails: "bad-request", says: /The content filter of HOST refused the messages \(400\)/ },
  },
  {
    name: "an overflow of the window",
    script: () => status(400, stated("This model's maximum context length is 8192 tokens.", "context_length_exceeded")),
    tries: 1,
    gives: {
      fails: "overflow",
      says: /too long for “scripted” at HOST \(400\).*8192 tokens\. Choose a model with a larger/,
    },
  },
  {
    name: "an overflow told in words alone",
    script: () => status(400, { error: "the request exceeds the available context size" }),
    tries: 1,
    gives: { fails: "overflow", says: /available context size\. Choose a model/ },
  },
  {
    name: "an overflow told within the stream",
    script: () => stream(dataLine({ error: { message: "Context size has been exceeded." } })),
    tries: 1,
    gives: { fails: "overflow", says: /at HOST: Context size has been exceeded\. Choose/ },
  },
  {
    name: "a request too large for the server before it",
    script: () => body("text/plain", "Payload Too Large", 413),
    tries: 1,
    gives: { fails: "overflow", says: /\(413\): Payload Too Large\. Choose/ },
  },
  {
    name: "a request above the account's limit",
    script: () => status(429, stated("Request too large for scripted: Limit 30000, Requested 90000.")),
    tries: 1,
    gives: { fails: "overflow", says: /too long for “scripted” at HOST/ },
  },
];

const models = ["other-1", "other-2", "other-3", "other-4", "other-5", "scripted-1", "scripted-2"];

describe.each([
  ["the end of a reply", ends],
  ["the framing of a reply", framing],
  ["the size of a reply", sizes],
  ["silence", silence],
  ["what a reply holds", contents],
  ["an HTTP status", statuses],
])("%s", (_, rows) => {
  it.each(rows)("$name", async ({ script, options, tries, retried = [], gives }) => {
    const server = await serve(script, { models });
    const told: string[] = [];
    let text = "";
    const request = ask({
      onDelta: (piece) => {
        text += piece;
      },
      onRetry: ({ code }) => {
        told.push(code);
        text = "";
      },
    });
    const reply = modelAt(server.baseUrl, options).reply(request);
    if ("reply" in gives) {
      const got = await reply;
      expect(got).toMatchObject(gives.reply);
      expect(text).toBe(got.text);
    } else {
      const failure = await failureOf(reply);
      expect(failure.code).toBe(gives.fails);
      expect(failure.message.replaceAll(new URL(server.baseUrl).host, "HOST")).toMatch(gives.says);
      expectSafe(failure.message);
      if (gives.spent === null) expect(failure.spent).toBeNull();
      else if (gives.spent) expect(failure.spent).toMatchObject(gives.spent);
    }
    expect(told).toEqual(retried);
    expect(server.requests).toHaveLength(tries);
    await vi.waitFor(() => expect(server.inFlight).toBe(0));
  });
});

it("a parameter that the endpoint refuses is dropped for all calls, those under way too", async () => {
  const { baseUrl, requests } = await serve(({ body: sent }) =>
    sent.stream_options ? status(400, stated("Unknown field: stream_options")) : { text: "fine", usage: null },
  );
  const model = modelAt(baseUrl);
  const replies = await Promise.all([model.reply(ask()), model.reply(ask()), model.reply(ask())]);
  expect(replies.map(({ text }) => text)).toEqual(["fine", "fine", "fine"]);
  expect(requests).toHaveLength(6);
  await model.reply(ask());
  expect(requests).toHaveLength(7);
});
