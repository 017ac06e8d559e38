import { randomInt, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { answer, byQuestion, cell, replies } from "../support/asking.ts";
import { question, serve, serveScripted } from "./serving.ts";

const look = cell("print(context.length)");

/** Long enough for the loop also where small contexts go to the model directly. */
function haystack(needle: string): string {
  const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i}: nothing "much" \\ is here é`);
  lines.splice(randomInt(lines.length), 0, needle);
  return lines.join("\n");
}

describe("a plain request", () => {
  test("of the issue works unchanged, offline", async () => {
    const { client, problems } = await serve();
    const number = String(randomInt(1_000_000, 10_000_000));
    const completion = await client.chat.completions.create({
      model: "rlm-gpt-4o-mini",
      messages: [
        { role: "system", content: haystack(`The magic number is ${number}`) },
        { role: "user", content: "What is the magic number?" },
      ],
    });
    expect(completion).toMatchObject({ object: "chat.completion", model: "rlm-offline" });
    const [choice] = completion.choices;
    expect(choice).toMatchObject({ index: 0, finish_reason: "stop", message: { role: "assistant", refusal: null } });
    expect(choice?.message.content).toContain(number);
    expect(choice?.message.content).toContain("without a language model");
    expect(problems).toEqual([]);
  });

  test("has the system text as its context, with all that JSON escapes, and the last user message as its question", async () => {
    const needle = `${randomUUID()} "quoted" \\ \t tab \u2028 😀 é`;
    const { client, upstream } = await serveScripted(
      byQuestion({
        "Where is it?": [
          cell(`const at = context.indexOf(${JSON.stringify(needle).replace("\u2028", "\\u2028")});
FINAL(context.slice(at, at + ${needle.length}))`),
        ],
      }),
    );
    const completion = await client.chat.completions.create({
      model: "rlm-scripted",
      messages: [
        { role: "system", content: haystack(needle) },
        { role: "user", content: "Where is it?" },
      ],
    });
    expect(completion.choices[0]?.message.content).toBe(needle);
    expect(upstream.requests[0]?.messages[1]?.content).toContain("context.txt");
  });

  test("has earlier messages in its context and as its history", async () => {
    const { client } = await serveScripted(replies([cell("FINAL(JSON.stringify([String(context), history]))")]));
    const completion = await client.chat.completions.create({
      model: "rlm-scripted",
      messages: [
        { role: "developer", content: "the rules" },
        { role: "user", content: [{ type: "text", text: "first?" }] },
        { role: "assistant", content: "the first answer" },
        { role: "assistant", content: "more" },
        {
          role: "user",
          content: [
            { type: "file", file: { filename: "notes.md", file_data: `data:text/markdown;base64,${btoa("# Notes")}` } },
            { type: "text", text: "second?" },
          ],
        },
      ],
    });
    const [context, history] = JSON.parse(completion.choices[0]?.message.content ?? "") as [string, unknown];
    expect(context).toBe(
      "===== system 1 =====\nthe rules\n\n===== user 1 =====\nfirst?\n\n===== assistant 1 =====\nthe first answer\n\n===== assistant 2 =====\nmore\n\n===== file notes.md =====\n# Notes",
    );
    expect(history).toEqual([{ question: "first?", answer: "the first answer" }]);
  });

  test("whose question is all there is has it as its context too", async () => {
    const { client } = await serveScripted(replies([cell("FINAL(context)")]));
    const messages = [{ role: "user" as const, content: "Only this?" }];
    const completion = await client.chat.completions.create({ model: "rlm-scripted", messages });
    expect(completion.choices[0]?.message.content).toBe("Only this?");
  });

  test("with everything in one long message finds its question at the end of it", async () => {
    const { client, upstream } = await serveScripted(
      replies([cell("print('LENGTH', context.length)"), (seen) => answer(/LENGTH (\d+)/.exec(seen)?.[1] ?? "")]),
    );
    const content = `${haystack("needle")}\n\nWhat is in the text above?`;
    const messages = [{ role: "user" as const, content }];
    const completion = await client.chat.completions.create({ model: "rlm-scripted", messages });
    expect(completion.choices[0]?.message.content).toBe(String(content.length));
    const opening = upstream.requests[0]?.messages[1]?.content ?? "";
    expect(opening).toContain("What is in the text above?");
    expect(opening.length).toBeLessThan(10_000);
  });

  test("tells the usage of the whole tree, cached tokens apart, and what the run was", async () => {
    const script = replies([
      cell("context.length; await llm_query('one')"),
      answer("The second line [context.txt:2]."),
    ]);
    const usage = { prompt_tokens: 100, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 40 } };
    const { client, runs } = await serveScripted(async (request) => ({ text: String(await script(request)), usage }));
    const completion = await client.chat.completions.create({ ...question, messages: [...question.messages] });
    expect(completion.usage).toEqual({
      prompt_tokens: 300,
      completion_tokens: 30,
      total_tokens: 330,
      prompt_tokens_details: { cached_tokens: 120 },
      completion_tokens_details: { reasoning_tokens: 0 },
    });
    expect(completion).toMatchObject({
      rlm: {
        run_id: runs[0]?.run.id,
        turns: 2,
        calls: 1,
        cost_usd: null,
        stop_reason: "answered",
        citations: [{ path: "context.txt", from: 2, to: 2, status: "exists" }],
      },
    });
  });

  test("asks the root model and, behind the last +, the sub-model", async () => {
    const { client, upstream } = await serveScripted(
      replies([cell("context.length; FINAL(await llm_query('one'))")], () => "from the sub-model"),
    );
    const completion = await client.chat.completions.create({
      ...question,
      messages: [...question.messages],
      model: "rlm-big+x+small",
    });
    expect(completion.choices[0]?.message.content).toBe("from the sub-model");
    expect(completion.model).toBe("rlm-big+x+small");
    expect(upstream.requests.map(({ model }) => model)).toEqual(["big+x", "small"]);
  });

  test("is asked of the embedded model by rlm-offline, whatever endpoint there is", async () => {
    const { client, upstream } = await serveScripted(() => "never");
    const completion = await client.chat.completions.create({
      model: "rlm-offline",
      messages: [{ role: "system", content: "The colour is green.\n" }, question.messages[1]],
    });
    expect(completion.model).toBe("rlm-offline");
    expect(upstream.requests).toHaveLength(0);
  });

  test("ends its answer before a stop text, and cuts it at max_tokens", async () => {
    const { client } = await serveScripted(replies([`${look}\n${answer("one two three four")}`]));
    const asked = async (more: object) => {
      const completion = await client.chat.completions.create({
        ...question,
        messages: [...question.messages],
        ...more,
      });
      return { text: completion.choices[0]?.message.content, reason: completion.choices[0]?.finish_reason };
    };
    expect(await asked({ stop: ["four", " three"] })).toEqual({ text: "one two", reason: "stop" });
    expect(await asked({ max_tokens: 1 })).toEqual({ text: "one ", reason: "length" });
    expect(await asked({ max_completion_tokens: 2, max_tokens: 1 })).toEqual({ text: "one two ", reason: "length" });
  });

  test("gives its metadata back and names its user to the server", async () => {
    const { client, runs } = await serveScripted(replies([`${look}\n${answer("so")}`]));
    const completion = await client.chat.completions.create({
      ...question,
      messages: [...question.messages],
      user: "somebody",
      metadata: { purpose: "test", query_id: "q-7" },
    });
    expect(completion).toMatchObject({ metadata: { purpose: "test" } });
    expect(runs[0]?.about).toMatchObject({ model: "rlm-scripted", user: "somebody", queryId: "q-7" });
  });

  test("may lower the limits, and then ends with a partial answer that says so", async () => {
    const { client } = await serveScripted(({ messages }) =>
      messages.at(-1)?.content.includes("No more cells are run") ? answer("as far as I got") : look,
    );
    const body = { ...question, messages: [...question.messages], rlm: { turns: 2 } };
    const completion = await client.chat.completions.create(body);
    expect(completion.choices[0]).toMatchObject({ finish_reason: "length", message: { content: "as far as I got" } });
    expect(completion).toMatchObject({ rlm: { stop_reason: "turns", turns: 3 } });
  });

  test("goes to the model in one call where the text is small, unless it says no", async () => {
    const { client, upstream } = await serveScripted(replies([cell("FINAL(context)"), "direct"]), {
      directBelowTokens: 8_000,
    });
    const direct = await client.chat.completions.create({ ...question, messages: [...question.messages] });
    expect(direct).toMatchObject({ rlm: { stop_reason: "direct" } });
    expect(upstream.requests[0]?.messages).toHaveLength(2);
    const body = { ...question, messages: [...question.messages], rlm: { directBelowTokens: 0 } };
    expect(await client.chat.completions.create(body)).toMatchObject({ rlm: { stop_reason: "answered" } });
  });
});

describe("a stream", () => {
  test("tells the iterations as reasoning, the answer as content, and the usage at its end", async () => {
    const { client } = await serveScripted(
      replies([
        `I will look.\n${cell("print('OUTPUT', 6 * 7); context.length")}`,
        `Now I know.\n${answer("It is 42.")}`,
      ]),
    );
    const stream = await client.chat.completions.create({
      ...question,
      messages: [...question.messages],
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta as Record<string, string>));
    const reasoning = deltas.map((delta) => delta.reasoning_content ?? "").join("");
    expect(deltas[0]).toMatchObject({ role: "assistant" });
    expect(reasoning).toMatch(/Turn 1 of 20.*I will look\..*print\('OUTPUT'.*OUTPUT 42.*Turn 2 of 20.*Now I know\./s);
    expect(reasoning).not.toContain("It is 42.");
    expect(deltas.map((delta) => delta.content ?? "").join("")).toBe("It is 42.");
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe("stop");
    expect(chunks.at(-2)).toMatchObject({ rlm: { stop_reason: "answered", turns: 2 } });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.every(({ object }) => object === "chat.completion.chunk")).toBe(true);
  });

  test("has no usage where none was asked for, and a long answer comes whole", async () => {
    const long = `${"😀 long ".repeat(20_000)}end`;
    const { client } = await serveScripted(replies([cell(`context.length; FINAL("😀 long ".repeat(20000) + "end")`)]));
    const stream = await client.chat.completions.create({
      ...question,
      messages: [...question.messages],
      stream: true,
    });
    let text = "";
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      expect(chunk.usage).toBeUndefined();
    }
    expect(text).toBe(long);
  });

  test("ends with an error event where the run fails", async () => {
    const { client } = await serveScripted(() => ({
      raw: (_req, res) => void res.writeHead(401, { "content-type": "application/json" }).end("{}"),
    }));
    const stream = await client.chat.completions.create({
      ...question,
      messages: [...question.messages],
      stream: true,
    });
    const reading = (async () => {
      for await (const _chunk of stream);
    })();
    await expect(reading).rejects.toMatchObject({ code: "upstream_auth" });
  });
});

describe("a run", () => {
  test.each([true, false])("ends when its client hangs up (stream: %s)", async (stream) => {
    const { client, runs, upstream } = await serveScripted(() => ({ delayMs: 60_000, text: "late" }));
    const controller = new AbortController();
    const asking = client.chat.completions
      .create({ ...question, messages: [...question.messages], stream }, { signal: controller.signal })
      .then(async (answered) => {
        if (Symbol.asyncIterator in answered) for await (const _chunk of answered);
      })
      .catch(() => {});
    while (upstream.inFlight === 0) await sleep(5);
    controller.abort();
    await asking;
    expect(await runs[0]?.run.result).toMatchObject({ stopReason: "cancelled" });
    while (upstream.abandoned === 0) await sleep(5);
    expect(upstream.inFlight).toBe(0);
  });

  test.each([
    [401, "invalid_api_key", 502, "upstream_auth"],
    [404, "model_not_found", 404, "model_not_found"],
    [400, "bad_request", 502, "upstream_refused"],
  ])(
    "whose endpoint answers %i (%s) fails with %i %s, and is not to be tried again",
    async (status, why, expected, code) => {
      const { client, problems } = await serveScripted(
        () => ({
          raw: (_req, res) =>
            void res
              .writeHead(status, { "content-type": "application/json" })
              .end(`{"error":{"message":"no","code":"${why}"}}`),
        }),
        { upstream: { models: ["another"] } },
      );
      const error = await client.chat.completions
        .create({ ...question, messages: [...question.messages] })
        .catch((failure: unknown) => failure);
      expect(error).toBeInstanceOf(OpenAI.APIError);
      expect(error).toMatchObject({ status: expected, code });
      if (expected >= 500)
        expect((error as InstanceType<typeof OpenAI.APIError>).headers?.get("x-should-retry")).toBe("false");
      expect(problems).toEqual([]);
    },
  );

  test("through another such server tells it so, and a loop is refused", async () => {
    const { client, upstream } = await serveScripted(replies([`${look}\n${answer("so")}`]));
    await client.chat.completions.create({ ...question, messages: [...question.messages] });
    expect(upstream.requests[0]?.headers["x-rlm-depth"]).toMatch(/1$/);
    const again = client.chat.completions.create(
      { ...question, messages: [...question.messages] },
      { headers: { "x-rlm-depth": "depth-2" } },
    );
    await expect(again).rejects.toMatchObject({ status: 400, code: "loop_detected", param: "x-rlm-depth" });
  });
});

describe("models", () => {
  test("are those of the endpoint and the embedded one, by names that can be asked", async () => {
    const { client } = await serveScripted(() => "", { upstream: { models: ["one", "two"] } });
    const names: string[] = [];
    for await (const model of client.models.list()) names.push(model.id);
    expect(names).toEqual(["rlm-one", "rlm-two", "rlm-offline"]);
    expect(await client.models.retrieve("rlm-two")).toMatchObject({ id: "rlm-two", object: "model" });
    await expect(client.models.retrieve("rlm-three")).rejects.toMatchObject({ status: 404, code: "model_not_found" });
  });

  test("are one without an endpoint", async () => {
    const { client } = await serve();
    expect((await client.models.list()).data).toMatchObject([{ id: "rlm-offline" }]);
  });
});
