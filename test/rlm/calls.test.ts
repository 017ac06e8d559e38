import { describe, expect, it } from "vitest";
import type { Forecast } from "../../src/rlm/fan-out.ts";
import { answer, asked, byQuestion, cell, eventsOf, replies, startAsking } from "../support/asking.ts";
import { type Script, type ScriptedReply, sendJson } from "../support/scripted-server.ts";

const prompts = (requests: readonly { readonly model: string }[]) =>
  requests.filter(({ model }) => model === "scripted-sub").length;

describe("a reply that the run has had before", () => {
  it("costs nothing and is shown as remembered, in a later cell and after a failed one", async () => {
    const loop = 'var said = [];\nfor (const q of ["a", "b", "c"]) said.push(await llm_query(q));';
    const { result, server, events } = await asked(
      replies([
        cell(`list();\n${loop}\nthrow new Error("late")`),
        cell(`${loop}\nsaid.push(await llm_query("d"));\nFINAL(said)`),
      ]),
    );
    expect(JSON.parse(result.answer ?? "")).toEqual(["seen a", "seen b", "seen c", "seen d"]);
    expect(prompts(server.requests)).toBe(4);
    expect(result.totals.calls).toBe(4);
    const finished = eventsOf(events, "call.finished");
    expect(finished.map(({ remembered }) => remembered === true)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
      false,
    ]);
    expect(finished[3]).toMatchObject({ reply: "seen a", costUsd: 0, usage: { input: 0, output: 0 } });
  });

  it("is asked for again with fresh, from another model, and as often as one batch wants it", async () => {
    const code = `list();
await llm_query("a"); await llm_query("a", { fresh: true }); await llm_query("a", { model: "other" });
const first = await llm_query_batched(["b", "b", "b"]); FINAL([first, await llm_query_batched(["b", "b", "b"])])`;
    let n = 0;
    const { server, result } = await asked(replies([cell(code)], () => `reply ${++n}`));
    const three = ["reply 4", "reply 5", "reply 6"];
    const [first, again] = JSON.parse(result.answer ?? "");
    expect([first.toSorted(), again]).toEqual([three, first]);
    expect(server.requests.slice(1).map(({ model, messages }) => `${model}:${messages[0]?.content}`)).toEqual([
      "scripted-sub:a",
      "scripted-sub:a",
      "other:a",
      "scripted-sub:b",
      "scripted-sub:b",
      "scripted-sub:b",
    ]);
  });

  it("is waited for where the same is asked while it is on its way, unless it is to be fresh", async () => {
    const ask = (options: string) => `await Promise.all(Array.from({ length: 6 }, () => llm_query("q"${options})))`;
    const slow: Script = async (request) => {
      if (request.model === "scripted-sub") return { text: "one", delayMs: 100 };
      return replies([cell(`list(); const a = ${ask("")};\nFINAL([a, ${ask(", { fresh: true }")}])`)])(request);
    };
    const { result, server } = await asked(slow);
    expect(JSON.parse(result.answer ?? "")).toEqual([Array(6).fill("one"), Array(6).fill("one")]);
    expect(prompts(server.requests)).toBe(7);
    expect(result.totals.calls).toBe(7);
  });

  it("says so where it was cut off", async () => {
    const { result } = await asked((request) => {
      if (request.model === "scripted-sub") return { text: "half", finishReason: "length" };
      return replies([cell('list(); FINAL(await llm_query("q"))')])(request);
    });
    expect(result.answer).toBe("half\n[The reply was cut off here by its token limit.]");
  });

  it("is not kept where the call failed", async () => {
    let tries = 0;
    const flaky: Script = (request) => {
      if (request.model !== "scripted-sub") {
        return replies([cell("list(); try { await llm_query('q') } catch {}\nFINAL(await llm_query('q'))")])(request);
      }
      tries += 1;
      return tries === 1 ? { text: "", finishReason: "content_filter" } : "now";
    };
    expect((await asked(flaky)).result.answer).toBe("now");
  });

  it("is an answer of a child run too", async () => {
    const { result, events } = await asked(
      byQuestion({
        "What is it?": [
          cell(
            'list();\nconst one = await rlm_query("child?", "text");\nFINAL([one, await rlm_query("child?", "text"), await rlm_query("child?", "other")])',
          ),
        ],
        "child?": [cell("FINAL(read())")],
      }),
    );
    expect(JSON.parse(result.answer ?? "")).toEqual(["text", "text", "other"]);
    expect(eventsOf(events, "run.started")).toHaveLength(3);
  });
});

const schema = {
  type: "object",
  properties: { name: { type: "string" }, lines: { type: "array", items: { type: "integer" } } },
  required: ["name", "lines"],
};
const structured = (options = "") =>
  cell(
    `list();\nconst v = await llm_query("who?", { schema: ${JSON.stringify(schema)}${options} });\nFINAL(v.name + v.lines.map((n) => n + 1))`,
  );

describe("a call with a schema", () => {
  const sub = (answers: readonly (string | ScriptedReply)[]): Script => {
    let n = 0;
    return (request) => {
      if (request.model !== "scripted-sub") return replies([structured()])(request);
      n += 1;
      return answers[Math.min(n, answers.length) - 1] ?? "";
    };
  };

  it("asks for it in the provider's own form, and hands over the parsed value", async () => {
    const { result, server } = await asked(sub(['{"name":"a","lines":[1,2]}']));
    expect(result.answer).toBe("a2,3");
    expect(server.requests[1]?.body.response_format).toMatchObject({ type: "json_schema", json_schema: { schema } });
  });

  it("is repaired once, with what was wrong", async () => {
    const { result, server } = await asked(
      sub(['```json\n{"name":"a","lines":["x"]}\n```', '{"name":"b","lines":[4]}']),
    );
    expect(result.answer).toBe("b5");
    expect(server.requests[2]?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(server.requests[2]?.messages[2]?.content).toMatch(/lines\.0: .*number/);
  });

  it("fails clearly when the correction is wrong too, and both requests are counted", async () => {
    const { result, events } = await asked((request) => {
      if (request.model === "scripted-sub") return "no JSON at all";
      return replies([structured(), answer("gave up")])(request);
    });
    expect(result.answer).toBe("gave up");
    const [call] = eventsOf(events, "call.finished");
    expect(call?.error).toMatchObject({ code: "schema", message: expect.stringMatching(/does not match the schema/) });
    expect(call?.usage.output).toBeGreaterThan(6);
  });

  it("is asked for in words where the endpoint knows no schemas", async () => {
    const refused: ScriptedReply = {
      raw: (_req, res) => {
        res.writeHead(400, { "content-type": "application/json" });
        res.end(JSON.stringify({ error: { message: "response_format json_schema is not supported" } }));
      },
    };
    const { result, server } = await asked((request) => {
      if (request.model !== "scripted-sub") return replies([structured()])(request);
      return request.body.response_format ? refused : '{"name":"c","lines":[]}';
    });
    expect(result.answer).toBe("c");
    expect(server.requests[2]?.messages[0]?.content).toContain('"required":["name","lines"]');
  });

  it("is asked for in words alone where the endpoint refuses this one schema", async () => {
    const code =
      'list(); await llm_query("q1", { schema: { type: "array" } }); await llm_query("q2", { schema: { type: "object" } }); FINAL("ok")';
    const message = "Invalid schema for response_format 'reply': schema must be of type object, got array.";
    const { result, server } = await asked((request) => {
      if (request.model !== "scripted-sub") return replies([cell(code)])(request);
      const isList = request.messages[0]?.content.startsWith("q1");
      if (isList && request.body.response_format) {
        return { raw: (_req, res) => sendJson(res, 400, { error: { message } }) };
      }
      return isList ? "[]" : "{}";
    });
    expect(result.answer).toBe("ok");
    const native = server.requests.slice(1).map(({ body }) => body.response_format !== undefined);
    expect(native).toEqual([true, false, true]);
  });

  it("is refused, before anything is paid, where the schema only refers to itself", async () => {
    const code =
      'list(); await llm_query("x", { schema: { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } } })';
    const { result, server } = await asked(replies([cell(code), (last: string) => answer(last)]));
    expect(result.answer).toMatch(/can't be checked against the schema/);
    expect(prompts(server.requests)).toBe(0);
  });

  it("is refused where the schema is none", async () => {
    const { result } = await asked(
      replies([cell('list(); await llm_query("x", { schema: { type: "nonsense" } })'), (last: string) => answer(last)]),
    );
    expect(result.answer).toMatch(/schema is no JSON Schema/);
  });
});

describe("a large fan-out", () => {
  const many = (n: number) =>
    cell(
      `list();\nconst all = await llm_query_batched(Array.from({ length: ${n} }, (_, i) => "q" + i));\nFINAL(all.filter((x) => x.startsWith("seen")).length + " " + all.at(-1))`,
    );

  it("is put to the user with what it will take, and made when he says so", async () => {
    const forecasts: Forecast[] = [];
    const { result, events } = await asked(replies([many(60)]), {
      approve: async (forecast) => {
        forecasts.push(forecast);
        return "all";
      },
      price: { input: 1, cachedInput: 1, output: 4 },
    });
    expect(result.answer).toBe("60 seen q59");
    expect(forecasts).toMatchObject([{ calls: 60, sample: "q0" }]);
    expect(forecasts[0]?.usd).toBeGreaterThan(0);
    expect(eventsOf(events, "fanout.asked")).toMatchObject([{ calls: 60, turn: 1, cell: 1 }]);
    expect(eventsOf(events, "fanout.decided")).toMatchObject([{ choice: "all" }]);
  });

  it("makes five calls first where the user wants to see", async () => {
    const asked5: number[] = [];
    const { result, server } = await asked(replies([many(60)]), {
      approve: async ({ calls }) => {
        asked5.push(calls);
        return asked5.length === 1 ? "five" : "stop";
      },
    });
    expect(asked5).toEqual([60, 55]);
    expect(prompts(server.requests)).toBe(5);
    expect(result.answer).toMatch(/^5 Error: The user has stopped these calls/);
  });

  it("is seen in calls that are made one by one, and below the bounds nobody is asked", async () => {
    let times = 0;
    const single = 'await Promise.all(Array.from({ length: 6 }, (_, i) => llm_query("q" + i)))';
    const { result } = await asked(replies([cell(`list(); ${single};`), cell(`FINAL((${single}).length)`)]), {
      fanOut: { calls: 5 },
      approve: async () => {
        times += 1;
        return "all";
      },
    });
    // The second cell's calls are remembered: there is nothing to ask about.
    expect([result.answer, times]).toEqual(["6", 1]);
  });

  it("is asked about with all that a cell asks for at once", async () => {
    const calls: number[] = [];
    const at = (name: string) => `Array.from({ length: 8 }, (_, i) => llm_query("${name}" + i))`;
    const { result } = await asked(replies([cell(`list(); FINAL((await Promise.all(${at("q")})).length)`)]), {
      fanOut: { calls: 5 },
      approve: async (forecast) => {
        calls.push(forecast.calls);
        return "all";
      },
    });
    expect([result.answer, calls]).toEqual(["8", [8]]);
  });

  it("does not cost time while it waits for the user", async () => {
    const { result } = await asked(replies([cell('list(); FINAL((await llm_query_batched(["a", "b"])).length)')]), {
      fanOut: { calls: 1 },
      limits: { seconds: 4 },
      approve: () => new Promise((decide) => setTimeout(() => decide("all"), 4_500)),
    });
    expect(result).toMatchObject({ stopReason: "answered", answer: "2" });
  });

  it("goes by its cost where that is known, and ends with the run that is cancelled meanwhile", async () => {
    const { run } = await startAsking(replies([cell('list(); await llm_query_batched(["a", "b"])')]), {
      fanOut: { usd: 0.000_001 },
      price: { input: 1, cachedInput: 1, output: 4 },
      approve: (_forecast, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("gone")));
          setImmediate(() => run.cancel());
        }),
    });
    expect((await run.result).stopReason).toBe("cancelled");
  });
});

describe("limits", () => {
  it("a tree of three levels with batches of eight finishes with one request at a time", async () => {
    const batch = (child: string, part: string) =>
      `list();\nconst all = await rlm_query_batched(Array.from({ length: 8 }, (_, i) => ({ question: "${child}", sub: ${part} + i })));\nFINAL(all.join("+").length)`;
    const { result, server, events } = await asked(
      byQuestion({
        "What is it?": [cell(batch("one?", '"part "'))],
        "one?": [cell(batch("two?", "read()"))],
        "two?": [cell('read();\nFINAL(await llm_query("leaf " + read()))')],
      }),
      { limits: { depth: 3, concurrency: 1, calls: 1_000, turns: 3 } },
    );
    expect(result.stopReason).toBe("answered");
    expect(server.maxInFlight).toBe(1);
    expect(eventsOf(events, "run.started")).toHaveLength(1 + 8 + 64);
  });

  it("a child that meets its share ends alone, with a partial answer marked so", async () => {
    const { result, events } = await asked(
      byQuestion({
        "What is it?": [cell('list();\nFINAL(await rlm_query("child?", "text"))')],
        "child?": [
          cell("read()"),
          cell("read()"),
          (last) => (last.includes("Write your best answer") ? answer("half") : cell("1")),
        ],
      }),
      { limits: { turns: 2 } },
    );
    expect(result).toMatchObject({
      stopReason: "answered",
      answer: "[partial: the child run was ended by its limit (turns)]\nhalf",
    });
    expect(eventsOf(events, "run.finished").map(({ stopReason }) => stopReason)).toEqual(["turns", "answered"]);
  });

  it("the cost of a run stays under its cap while calls go on in parallel", async () => {
    const price = { input: 10, cachedInput: 10, output: 40 };
    const { result } = await asked(
      replies(
        [
          cell('list();\nawait llm_query_batched(Array.from({ length: 40 }, (_, i) => "q".repeat(4000) + i));'),
          answer("partly"),
        ],
        () => "long ".repeat(400),
      ),
      { limits: { usd: 0.4, concurrency: 8 }, price },
    );
    expect(result.totals.costUsd).toBeLessThanOrEqual(0.4);
    expect(result.totals.costUsd).toBeGreaterThan(0.15);
    expect(result.answer).toBe("partly");
  });

  it("a small context that goes to the model whole is answered in part where the cap cuts the reply off", async () => {
    const { result } = await asked(() => ({ deltas: Array.from({ length: 100 }, () => "word ".repeat(40)) }), {
      directBelowTokens: 8_000,
      limits: { tokens: 2_000 },
    });
    expect(result.stopReason).toBe("tokens");
    expect(result.answer).toMatch(/^word .*cut off here by its token limit\.\]$/s);
  });

  it("--max-calls counts calls that one cell makes one by one, requests and all", async () => {
    const { result, server } = await asked(
      replies([
        cell(
          'list();\nfor (let i = 0; i < 9; i += 1) { try { await llm_query("q" + i) } catch (e) { print(e.message) } }',
        ),
        (last) => answer(last),
      ]),
      { limits: { calls: 3 } },
    );
    expect(prompts(server.requests)).toBe(3);
    expect(result).toMatchObject({ stopReason: "calls", totals: { calls: 3 } });
  });

  it("a reply is cut off when it would pass the cap on tokens, and the run ends with what it has", async () => {
    const { result } = await asked(
      ({ messages }) => {
        if ((messages.at(-1)?.content ?? "").includes("Write your best answer")) return answer("as far as known");
        return { deltas: Array.from({ length: 4_000 }, () => "word ".repeat(40)) };
      },
      { limits: { tokens: 60_000 } },
    );
    expect(result).toMatchObject({ stopReason: "tokens", answer: "as far as known" });
    const { input, output } = result.totals.usage;
    expect(input + output).toBeLessThanOrEqual(60_000);
  });
});
