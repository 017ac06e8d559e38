import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { cell, replies } from "../support/asking.ts";
import { question, send, serve, serveScripted } from "./serving.ts";

const body = { ...question, messages: [...question.messages] };

describe("100 requests at once", () => {
  test("are worked on four at a time, wait in order, and are refused with Retry-After beyond that", async () => {
    const held: (() => void)[] = [];
    const { server, upstream, runs } = await serveScripted(
      async ({ messages }) => {
        await new Promise<void>((go) => held.push(go));
        return `answer to ${messages[1]?.content.includes("odd") ? "odd" : "even"}`;
      },
      { directBelowTokens: 8_000 },
    );
    const asked = Array.from({ length: 100 }, (_, i) => {
      const messages = [body.messages[0], { role: "user", content: i % 2 ? "odd" : "even" }];
      return send(server, { body: { ...body, messages } });
    });
    while (held.length < 4) await sleep(5);
    // Who is refused is told so while the others are worked on.
    let refused = 0;
    for (const one of asked) void one.then(({ status }) => (refused += Number(status === 429)));
    while (refused < 64) await sleep(5);
    expect(await send(server, { method: "GET", path: "/health" })).toMatchObject({ status: 200 });
    expect(runs).toHaveLength(4);
    const releasing = setInterval(() => held.shift()?.(), 5);
    const all = await Promise.all(asked);
    clearInterval(releasing);
    const answered = all.filter(({ status }) => status === 200);
    expect(answered).toHaveLength(36);
    expect(upstream.maxInFlight).toBe(4);
    for (const { headers, json } of all.filter(({ status }) => status === 429)) {
      expect(Number(headers["retry-after"])).toBeGreaterThan(0);
      expect(json).toMatchObject({ error: { code: "server_busy", type: "rate_limit_error" } });
    }
    all.forEach(({ status, text }, i) => {
      if (status === 200) expect(text).toContain(`answer to ${i % 2 ? "odd" : "even"}`);
    });
  });

  test("leave the places of those that went away to the next", async () => {
    const { client, server } = await serveScripted(
      ({ messages }) => (messages[1]?.content.includes("at once") ? "now" : { delayMs: 60_000, text: "late" }),
      { runs: 1, waiting: 1, directBelowTokens: 8_000 },
    );
    const controllers = [new AbortController(), new AbortController()];
    const gone = controllers.map(({ signal }) => client.chat.completions.create(body, { signal }).catch(() => {}));
    while ((await send(server, { body: { ...body, rlm: { turns: 0.1 } } })).status !== 429) await sleep(5);
    for (const controller of controllers) controller.abort();
    await Promise.all(gone);
    while ((await send(server, { body: { ...body, rlm: { turns: 0.1 } } })).status === 429) await sleep(5);
    const messages = [{ role: "user", content: "at once" }];
    for (let i = 0; i < 3; i += 1)
      expect(await send(server, { body: { ...body, messages } })).toMatchObject({ status: 200 });
  });
});

describe("a large body", () => {
  const lines = (needle: string) => {
    const all = Array.from({ length: 400_000 }, (_, i) => `row ${i} says "nothing\\" of note é`);
    all.splice(randomInt(all.length), 0, needle);
    return all.join("\n");
  };

  test.each(["stated", "chunked"])("reaches the cell whole, its length %s", async (how) => {
    const number = String(randomInt(1_000_000, 10_000_000));
    const { server, runs } = await serveScripted(
      replies([cell("FINAL(context.length + ' ' + search(/magic (\\d+)/)[0].groups[0])")]),
    );
    const text = lines(`magic ${number}`);
    const messages = [
      { role: "system", content: text },
      { role: "user", content: "?" },
    ];
    const headers = how === "stated" ? {} : { "content-length": "", "transfer-encoding": "chunked" };
    const answered = await send(server, { body: { ...body, messages }, headers });
    expect(answered).toMatchObject({ status: 200 });
    expect(answered.json).toMatchObject({ choices: [{ message: { content: `${text.length} ${number}` } }] });
    expect(runs).toHaveLength(1);
  });

  test("that is broken is refused as a small one is", async () => {
    const { server, problems } = await serve();
    const messages = [
      { role: "system", content: lines("x") },
      { role: "user", content: "?" },
    ];
    const answered = await send(server, { body: { ...body, messages, topk: 3 } });
    expect(answered).toMatchObject({ status: 400, json: { error: { param: "topk" } } });
    const cut = Buffer.from(JSON.stringify({ messages })).subarray(0, -3);
    expect(await send(server, { body: cut })).toMatchObject({ status: 400, json: { error: { code: "invalid_json" } } });
    const deep = "[".repeat(3_000_000);
    expect(await send(server, { body: deep })).toMatchObject({
      status: 400,
      json: { error: { code: "invalid_json" } },
    });
    expect(problems).toEqual([]);
  });

  test("of very many values, or of very many short texts, is refused", async () => {
    const { server, problems } = await serve();
    const objects = `{"messages":[${"{},".repeat(2_000_000)}{}]}`;
    for (const many of [objects, objects.replace(/}$/, ',"model":"rlm-x"}')]) {
      expect(await send(server, { body: many })).toMatchObject({
        status: 400,
        json: { error: { param: "body", message: expect.stringContaining("too many values") } },
      });
    }
    const short = { role: "user", content: "x".repeat(15_000) };
    const texts = { ...body, messages: Array.from({ length: 2_500 }, () => short) };
    expect(await send(server, { body: texts })).toMatchObject({
      status: 413,
      json: { error: { code: "request_too_large", param: "messages" } },
    });
    expect(problems).toEqual([]);
  });

  test("of 10,000 messages has them all in its context and the newest in its history", async () => {
    const { server } = await serveScripted(
      replies([cell("FINAL(JSON.stringify([context.includes('said 0.'), history.length, history.at(-1)]))")]),
    );
    const said = Array.from({ length: 10_000 }, (_, i) => ({
      role: i % 2 ? "assistant" : "user",
      content: `said ${i}. ${"x".repeat(1_000)}`,
    }));
    const answered = await send(server, { body: { ...body, messages: [...said, { role: "user", content: "?" }] } });
    expect(answered).toMatchObject({ status: 200 });
    const { choices } = answered.json as { choices: [{ message: { content: string } }] };
    const [whole, exchanges, last] = JSON.parse(choices[0].message.content) as [boolean, number, { answer: string }];
    expect(whole).toBe(true);
    expect(exchanges).toBeGreaterThan(400);
    expect(exchanges).toBeLessThan(500);
    expect(last.answer).toMatch(/^said 9999\./);
  });

  test("waits outside where too much is held already", async () => {
    const { server, client, upstream } = await serveScripted(() => ({ delayMs: 60_000, text: "late" }), {
      maxBodyBytes: 1_000_000,
    });
    const messages = [{ role: "user" as const, content: "x".repeat(900_000) }];
    const controller = new AbortController();
    const going = [1, 2].map(() =>
      client.chat.completions.create({ ...body, messages }, { signal: controller.signal }).catch(() => {}),
    );
    while (upstream.inFlight < 2) await sleep(5);
    const third = await send(server, { body: { ...body, messages } });
    expect(third).toMatchObject({ status: 429, json: { error: { code: "server_busy" } } });
    controller.abort();
    await Promise.all(going);
    // There is room for it again.
    while ((await send(server, { body: { ...body, messages, topk: 1 } })).status === 429) await sleep(5);
  });
});

test("a server that closes ends its runs and answers 503", async () => {
  const { server, runs, upstream } = await serveScripted(() => ({ delayMs: 60_000, text: "late" }), { runs: 1 });
  const asked = [1, 2].map(() => send(server, { body }));
  while (upstream.inFlight === 0) await sleep(5);
  await server.close();
  for (const answered of await Promise.all(asked)) {
    expect(answered).toMatchObject({ status: 503, json: { error: { code: "shutting_down" } } });
  }
  expect(await runs[0]?.run.result).toMatchObject({ stopReason: "cancelled" });
  await expect(send(server, { body })).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
