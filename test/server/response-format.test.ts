import { randomInt } from "node:crypto";
import { zodResponseFormat } from "openai/helpers/zod";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { answer, cell, replies } from "../support/asking.ts";
import { question, send, serve, serveScripted } from "./serving.ts";

const asked = { ...question, messages: [...question.messages] };
const format = zodResponseFormat(z.object({ line: z.int(), words: z.array(z.string()) }), "finding");
const form = { ...asked, response_format: format };
const look = cell("print(context.length)");

describe("an answer that has to be JSON", () => {
  test("is parsed by the client's own parse", async () => {
    const line = randomInt(1_000);
    const { client, upstream } = await serveScripted(
      replies([look, cell(`FINAL({ line: ${line}, words: ["second", "line"] })`)]),
    );
    const completion = await client.chat.completions.parse(form);
    expect(completion.choices[0]?.message.parsed).toEqual({ line, words: ["second", "line"] });
    expect(upstream.requests[0]?.messages[1]?.content).toContain('"title":"finding"');
  });

  test("is parsed from a stream too, and a fence round it is taken off", async () => {
    const { client } = await serveScripted(replies([look, answer('```json\n{"line": 1, "words": []}\n```')]));
    const stream = client.chat.completions.stream({ ...form, stream: true });
    expect((await stream.finalChatCompletion()).choices[0]?.message.parsed).toEqual({ line: 1, words: [] });
  });

  test("is sent back once where it does not match, with what is wrong", async () => {
    const { client, upstream } = await serveScripted(
      replies([look, answer('{"line": "one", "words": []}'), answer('{"line": 1, "words": []}')]),
    );
    const completion = await client.chat.completions.parse(form);
    expect(completion.choices[0]?.message.parsed).toEqual({ line: 1, words: [] });
    expect(upstream.requests.at(-1)?.messages.at(-1)?.content).toMatch(/refused: line: .*expected/);
  });

  test("fails the request where it does not match after that, and is not to be tried again", async () => {
    const { server, problems } = await serveScripted(replies([look, answer("It is line 1.")]));
    const failed = await send(server, { body: form });
    expect(failed).toMatchObject({
      status: 502,
      json: { error: { code: "answer_mismatch", param: "response_format" } },
    });
    expect(failed.headers["x-should-retry"]).toBe("false");
    expect(problems).toEqual([]);
  });

  test("stays JSON where the run has something to add to it", async () => {
    const { client } = await serveScripted(
      replies([cell('await llm_query("x").catch(() => 0); context.length'), answer("{}")], () => ""),
    );
    const completion = await client.chat.completions.create({
      ...asked,
      messages: [question.messages[0], { role: "user", content: "List all of it" }],
      response_format: { type: "json_object" },
    });
    expect(completion.choices[0]?.message.content).toBe("{}");
  });

  test("is asked for in the endpoint's own form where all of it goes into one call", async () => {
    const { client, upstream } = await serveScripted(replies(["not JSON", '{"line": 2, "words": ["x"]}']), {
      directBelowTokens: 8_000,
    });
    const completion = await client.chat.completions.parse(form);
    expect(completion.choices[0]?.message.parsed).toEqual({ line: 2, words: ["x"] });
    expect(completion).toMatchObject({ rlm: { stop_reason: "direct", turns: 2 } });
    expect(upstream.requests[0]?.body.response_format).toMatchObject({ type: "json_schema" });
  });

  test.each([
    ["a form of another kind", { type: "grammar" }, "response_format.type", "unsupported_parameter"],
    ["no form", "json", "response_format", "invalid_value"],
    [
      "a schema without a name",
      { type: "json_schema", json_schema: { schema: {} } },
      "response_format.json_schema.name",
      "invalid_value",
    ],
    ["a schema that is none", schema({ type: "nothing" }), "response_format.json_schema.schema", "invalid_value"],
    ["a schema that is a list", schema([]), "response_format.json_schema.schema", "invalid_value"],
    [
      "a very long schema",
      schema({ enum: Array.from({ length: 20_000 }, (_, i) => `${i}`) }),
      "response_format.json_schema.schema",
      "invalid_value",
    ],
    ["an unknown field", { type: "json_object", schema: {} }, "response_format", "invalid_value"],
  ])("is refused for %s", async (_what, response_format, param, code) => {
    const { server, problems, runs } = await serveScripted(() => "never");
    const refused = await send(server, { body: { ...asked, response_format } });
    expect(refused).toMatchObject({ status: 400, json: { error: { param, code } } });
    expect({ problems, runs }).toEqual({ problems: [], runs: [] });
  });

  test("is refused for a schema that is nested without end", async () => {
    const { server, problems } = await serveScripted(() => "never");
    const deep = `${'{"not":'.repeat(100_000)}{}${"}".repeat(100_000)}`;
    const body = JSON.stringify({ ...asked, response_format: schema({ deep: 1 }) }).replace('{"deep":1}', deep);
    expect(await send(server, { body })).toMatchObject({
      status: 400,
      json: { error: { param: "response_format.json_schema.schema" } },
    });
    expect(problems).toEqual([]);
  });

  test("is not had of the embedded model", async () => {
    const { server, runs } = await serve();
    const refused = await send(server, { body: form });
    expect(refused).toMatchObject({ status: 400, json: { error: { param: "response_format" } } });
    expect(runs).toEqual([]);
  });
});

describe("temperature, top_p and seed", () => {
  const sampling = { temperature: 0.2, top_p: 0.9, seed: 7 };

  test("go with every call of the run, as they were given", async () => {
    const { client, upstream } = await serveScripted(
      replies([cell("context.length; FINAL(await llm_query('one') + await rlm_query('two', 'some text'))")]),
    );
    await client.chat.completions.create({ ...asked, ...sampling });
    expect(upstream.requests.length).toBeGreaterThan(2);
    for (const { body } of upstream.requests) expect(body).toMatchObject(sampling);
    await client.chat.completions.create({ ...asked, temperature: 0 });
    expect(upstream.requests.at(-1)?.body).toMatchObject({ temperature: 0 });
    for (const field of ["top_p", "seed"]) expect(upstream.requests.at(-1)?.body).not.toHaveProperty(field);
  });

  test("that the endpoint refuses are the request's fault, by name", async () => {
    const error = {
      message: "Unsupported value: 'temperature' does not support 0.2 with this model.",
      param: "temperature",
    };
    const { server, problems } = await serveScripted(() => ({
      raw: (_req, res) =>
        void res.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify({ error })),
    }));
    expect(await send(server, { body: { ...asked, ...sampling } })).toMatchObject({
      status: 400,
      json: { error: { param: "temperature", code: "unsupported_value" } },
    });
    // Who has not asked for it is not to blame.
    expect(await send(server, { body: asked })).toMatchObject({
      status: 502,
      json: { error: { code: "upstream_refused" } },
    });
    expect(problems).toEqual([]);
  });

  test.each([
    ["temperature", 2.1],
    ["temperature", -1],
    ["temperature", "1"],
    ["top_p", 1.5],
    ["seed", 0.5],
    ["seed", 2 ** 60],
  ])("%s may not be %j", async (field, value) => {
    const { server } = await serve();
    const refused = await send(server, { body: { ...asked, [field]: value } });
    expect(refused).toMatchObject({ status: 400, json: { error: { param: field, code: "invalid_value" } } });
  });
});

function schema(value: unknown) {
  return { type: "json_schema", json_schema: { name: "some", schema: value } };
}
