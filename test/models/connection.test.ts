import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkModel } from "../../src/models/check-model.ts";
import { detectServers } from "../../src/models/detect-servers.ts";
import { openAiModel } from "../../src/models/openai-model.ts";
import { CancelSource } from "../../src/rlm/cancel.ts";
import { type Script, startScriptedServer } from "../support/scripted-server.ts";

const words = "one two three four five six seven eight nine ten";

async function serverOf(script: Script, options = {}) {
  const server = await startScriptedServer(script, options);
  onTestFinished(() => server.close());
  return server;
}

function check(baseUrl: string, { id = "scripted", apiKey = null as string | null, first = 5_000 } = {}) {
  const model = openAiModel({ id, baseUrl, apiKey, maxRetries: 0, firstTokenTimeoutMs: first });
  return checkModel(model, new CancelSource());
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

describe("a test of a connection", () => {
  it("tells what came, when, and in how many pieces", async () => {
    const { baseUrl } = await serverOf(() => ({ deltas: ["one ", "two ", 30, "three"] }));
    const found = await check(baseUrl);
    expect(found.reply.text).toBe("one two three");
    expect(found.pieces).toBe(3);
    expect(found.firstTextMs).toBeLessThan(found.ms);
  });

  it("tells a reply that is not streamed by its one piece", async () => {
    const { baseUrl } = await serverOf(() => ({
      raw: (_request, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        const choices = [{ index: 0, message: { role: "assistant", content: words }, finish_reason: "stop" }];
        response.end(JSON.stringify({ id: "1", object: "chat.completion", choices }));
      },
    }));
    expect(await check(baseUrl)).toMatchObject({ pieces: 1, reply: { text: words } });
  });

  it("tells what is wrong, each apart, and what to do", async () => {
    const locked = await serverOf(() => words, { apiKey: "right" });
    const open = await serverOf(({ model }) => (model === "scripted" ? words : missing));
    const empty = await serverOf(() => ({ text: "" }));
    const silent = await serverOf(() => ({ raw: () => {} }));
    const failures = {
      "no key": check(locked.baseUrl),
      "wrong key": check(locked.baseUrl, { apiKey: "wrong" }),
      "unknown model": check(open.baseUrl, { id: "gpt-99" }),
      "wrong path": check(open.baseUrl.replace("/v1", "/v2")),
      refused: check(`http://127.0.0.1:${await freePort()}/v1`),
      "no TLS": check(open.baseUrl.replace("http:", "https:")),
      "no such host": check("http://nowhere.invalid/v1"),
      "no URL": check("localhost:1234"),
      empty: check(empty.baseUrl),
      slow: check(silent.baseUrl, { first: 60 }),
    };
    const said = await Promise.all(
      Object.entries(failures).map(async ([what, failure]) => {
        const { code, message } = await failure.then(
          () => ({ code: "none", message: "" }),
          (error: { code: string; message: string }) => error,
        );
        return [what, `${code}: ${message}`] as const;
      }),
    );
    const patterns: Readonly<Record<keyof typeof failures, RegExp>> = {
      "no key": /^auth: .* wants a key/,
      "wrong key": /^auth: The key was refused/,
      "unknown model": /^unknown-model: .*has no model “gpt-99”.*It has scripted/,
      "wrong path": /^bad-request: .*no chat completions under \/v2/,
      refused: /^network: Nothing answers at .*running/,
      "no TLS": /^network: No safe connection .*Check http or https/,
      "no such host": /^network: The name nowhere\.invalid can't be resolved/,
      "no URL": /^bad-request: The base URL .* is not an http\(s\) URL/,
      empty: /^empty-reply: .*choose another model/,
      slow: /^timeout: .*still loading a model\?/,
    };
    for (const [what, line] of said) expect(line).toMatch(patterns[what as keyof typeof failures]);
  });
});

const missing = {
  raw: (_request: unknown, response: import("node:http").ServerResponse) => {
    response.writeHead(404, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { message: "The model does not exist", code: "model_not_found" } }));
  },
};

describe("servers of models on this machine", () => {
  it("are found where they answer, with what they have; all others are not there", async () => {
    const there = await serverOf(() => words, { models: ["llama", "qwen"] });
    const locked = await serverOf(() => words, { apiKey: "right" });
    const hung = createServer(() => {});
    await new Promise<void>((listening) => hung.listen(0, "127.0.0.1", listening));
    onTestFinished(() => {
      hung.closeAllConnections();
      hung.close();
    });
    const silent = `http://127.0.0.1:${(hung.address() as AddressInfo).port}/v1`;
    const gone = `http://127.0.0.1:${await freePort()}/v1`;
    const found = await detectServers([gone, silent, locked.baseUrl, there.baseUrl], new CancelSource());
    expect(found).toEqual([{ name: "OpenAI-compatible", baseUrl: there.baseUrl, models: ["llama", "qwen"] }]);
  });
});
