import { randomInt, randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../src/rlm/events.ts";
import { answer, asked, cell, replies, someFiles, startAsking } from "./support/asking.ts";

const look = cell("list()");

describe("an answer", () => {
  test("comes from what the engine showed, with its citation checked", async () => {
    const secret = randomUUID();
    const name = `src/mod-${randomInt(1000)}.ts`;
    const line = randomInt(2, 40);
    const text = Array.from({ length: 50 }, (_, i) =>
      i + 1 === line ? `const token = "${secret}";` : `// line ${i + 1}`,
    );
    const { result } = await asked(
      replies([
        cell("search(/const token/)"),
        (seen) => {
          const [, path, found] = /^(\S+\.ts)\n\s*(\d+): const token/m.exec(seen) ?? [];
          return cell(`show("${path}", ${found}, ${found})`);
        },
        (seen) => {
          const [, path, at, value] = /^(\S+):(\d+)-\d+\n\s*\d+: const token = "(.+)";/m.exec(seen) ?? [];
          return answer(`It is ${value} [${path}:${at}], not [nowhere.ts:1].`);
        },
      ]),
      { files: { ...someFiles, [name]: `${text.join("\n")}\n` } },
    );
    expect(result).toMatchObject({
      answer: `It is ${secret} [${name}:${line}], not [nowhere.ts:1].`,
      stopReason: "answered",
      citations: [
        { path: name, from: line, to: line, status: "seen" },
        { path: "nowhere.ts", from: 1, to: 1, status: "missing" },
      ],
      totals: { turns: 3, calls: 0 },
    });
  });

  test("a computed value is handed in with FINAL, and counts even if the cell fails later", async () => {
    const { result } = await asked(replies([cell("FINAL(list().length); nowhere()")]));
    expect(result).toMatchObject({ answer: "2", stopReason: "answered" });
  });

  test("an object becomes JSON", async () => {
    const { result } = await asked(replies([cell("FINAL({ files: list() })")]));
    expect(JSON.parse(result.answer ?? "")).toEqual({ files: ["README.md", "src/main.ts"] });
  });

  test.each([
    [cell("list();\nvar total = 40 + 2;\nFINAL_VAR('total')"), "42"],
    [cell("list();\nanswer.content = 'said'; answer.ready = true"), "said"],
    [cell("list();\nanswer = { content: 'anew', ready: true }"), "anew"],
    [`${cell("list();\nvar total = 42")}\nFINAL_VAR(total)`, "42"],
    [`${cell("list()")}\nFINAL(f(x) holds (mostly))`, "f(x) holds (mostly)"],
  ])("other dialects hand it in too: %s", async (reply, expected) => {
    const { result } = await asked(replies([reply]));
    expect(result.answer).toBe(expected);
  });

  test("an unknown variable is no answer: the model is told which exist", async () => {
    const told = /There is no variable "nothing" to answer with\. There are: kept\./;
    const { result } = await asked(
      replies([
        `${cell("list();\nvar kept = 1")}\nFINAL_VAR(nothing)`,
        (seen) => (told.test(seen) ? answer("told") : look),
      ]),
    );
    expect(result.answer).toBe("told");
  });

  test("is refused once before anything of the context was looked at", async () => {
    const { result } = await asked(
      replies([answer("a guess"), (seen) => (/before looking/.test(seen) ? answer("still") : look)]),
    );
    expect(result).toMatchObject({ answer: "still", totals: { turns: 2 } });
  });

  test("beside a cell that failed is not taken", async () => {
    const { result } = await asked(
      replies([
        `${cell("list(); nowhere()")}\n${answer("hasty")}`,
        (seen) => answer(/was not taken/.test(seen) ? "careful" : "wrong"),
      ]),
    );
    expect(result.answer).toBe("careful");
  });

  test("is refused while it is empty", async () => {
    const { result } = await asked(
      replies([
        `${look}\n${answer(" ")}`,
        cell("FINAL('')"),
        (seen) => answer(/answer was empty/.test(seen) ? "full" : "?"),
      ]),
    );
    expect(result).toMatchObject({ answer: "full", totals: { turns: 3 } });
  });

  test("a reply with neither cell nor answer is kept, and the model is told what counts", async () => {
    const { result, server } = await asked(
      replies([
        "I will think about it.",
        (seen) => (/neither a ```js cell nor an answer/.test(seen) ? look : answer("?")),
        answer("so"),
      ]),
    );
    expect(result.answer).toBe("so");
    expect(server.requests.at(-1)?.messages.map((m) => m.role)).toEqual([
      "system",
      "user",
      "assistant",
      "user",
      "assistant",
      "user",
    ]);
  });

  test("a small context is answered directly, from its numbered lines", async () => {
    const secret = randomUUID();
    const { result, server } = await asked(
      ({ messages }) => `It is in [a.ts:2]: ${/2: (.*)/.exec(messages.at(-1)?.content ?? "")?.[1]}`,
      { files: { "a.ts": `first\n${secret}\n` }, directBelowTokens: 8000 },
    );
    expect(result).toMatchObject({
      answer: `It is in [a.ts:2]: ${secret}`,
      stopReason: "direct",
      totals: { turns: 1 },
    });
    expect(result.citations).toMatchObject([{ path: "a.ts", from: 2, to: 2, status: "quoted" }]);
    expect(server.requests).toHaveLength(1);
  });
});

describe("cells", () => {
  test("run in order, share their variables, and show prints and the last value in one message", async () => {
    const { server } = await asked(
      replies([`${cell("list();\nconst a = 20;\nprint('one', a)")}\n${cell("const b = a + 1;\nb * 2")}`, answer("x")]),
    );
    const [, , reply, feedback] = server.requests[1]?.messages ?? [];
    expect(reply?.role).toBe("assistant");
    expect(feedback?.content).toContain("### Cell 1\none 20\n\n### Cell 2\n42\n");
    expect(feedback?.content).toMatch(/Turn 2 of 20\. Left: 19 turns, 200 sub-calls, [\d,]+ tokens, \d+ s\.$/);
  });

  test("after an error the later cells do not run, and the error shows its line with a caret", async () => {
    const { result, server } = await asked(
      replies([`${cell("const kept = 7;\n  kept.no.thing")}\n${cell("print('never')")}`, cell("list();\nFINAL(kept)")]),
    );
    const feedback = server.requests[1]?.messages.at(-1)?.content ?? "";
    expect(feedback).toContain(
      "TypeError: cannot read property 'thing' of undefined (line 2, column 10)\n2 |   kept.no.thing\n             ^",
    );
    expect(feedback).not.toContain("never");
    expect(result.answer).toBe("7");
  });

  test("much output is cut in the middle, never the error behind it", async () => {
    const { server } = await asked(
      replies([cell("print('head' + '.'.repeat(90000) + 'tail'); list(); nowhere()"), answer("x")]),
    );
    const feedback = server.requests[1]?.messages.at(-1)?.content ?? "";
    expect(feedback.length).toBeLessThan(21_000);
    expect(feedback).toMatch(/head\.+\n\[… [\d,]+ characters left out …\]\n\.+tail\n/);
    expect(feedback).toContain("ReferenceError: 'nowhere' is not defined");
  });

  test("a cut reply does not run its last cell, and the model is told", async () => {
    const { result } = await asked(({ messages }) => {
      const last = messages.at(-1)?.content ?? "";
      if (last.includes("was cut by the token limit inside a cell")) return `${look}\n${answer("told")}`;
      return messages.length > 2 ? look : { text: "```js\nlist(); FINAL('half", finishReason: "length" };
    });
    expect(result.answer).toBe("told");
  });

  test("a Python cell is answered with: the REPL is JavaScript", async () => {
    const { result } = await asked(
      replies([
        "```python\nprint(1)\n```",
        (seen) => (/the REPL is JavaScript/.test(seen) ? `${look}\n${answer("js")}` : look),
      ]),
    );
    expect(result.answer).toBe("js");
  });
});

describe("sub-calls", () => {
  test("of a batch keep their order and never exceed the concurrency", async () => {
    const { result, server } = await asked(
      async ({ messages, model }) => {
        if (messages[0]?.role === "system") {
          return cell(
            "list();\nFINAL((await llm_query_batched(Array.from({ length: 12 }, (_, i) => 'part ' + i))).join())",
          );
        }
        return { text: `${model} ${messages[0]?.content}`, delayMs: 20 };
      },
      { limits: { concurrency: 3 } },
    );
    expect(result.answer).toBe(Array.from({ length: 12 }, (_, i) => `scripted-sub part ${i}`).join());
    expect(result.totals.calls).toBe(12);
    expect(server.maxInFlight).toBe(3);
  });

  test("a failed slot of a batch is an error text and a warning; llm_query throws", async () => {
    const script = replies(
      [
        cell(
          "list();\nvar batch = await llm_query_batched(['good', 'bad'], {});\nvar one;\ntry { await llm_query('bad') } catch (e) { one = e.message }\nFINAL({ batch, one })",
        ),
      ],
      (prompt) => prompt,
    );
    const { result, events } = await asked((request) => {
      if (request.messages.at(-1)?.content !== "bad") return script(request);
      return {
        raw: (_req, res) =>
          void res.writeHead(400, { "content-type": "application/json" }).end('{"error":{"message":"no such thing"}}'),
      };
    });
    const handed = JSON.parse(result.answer ?? "{}");
    expect(handed.batch[0]).toBe("good");
    expect(handed.batch[1]).toMatch(/^Error: .*no such thing/);
    expect(handed.one).toMatch(/no such thing/);
    expect(events.filter((event) => event.type === "warning")).toHaveLength(1);
  });

  test("a model can be asked for by name", async () => {
    const { result, server } = await asked(
      replies([cell("list();\nFINAL(await llm_query('hi', { model: 'other' }))")]),
    );
    expect(result.answer).toBe("seen hi");
    expect(server.requests.map((request) => request.model)).toEqual(["scripted", "other"]);
  });
});

describe("limits end a run with its best answer, marked with the limit", () => {
  const last = (seen: string, otherwise: string) =>
    /No more cells are run/.test(seen) ? answer("best guess") : otherwise;

  test("turns", async () => {
    const { result } = await asked(replies([(seen) => last(seen, look)]), { limits: { turns: 3 } });
    expect(result).toMatchObject({ answer: "best guess", stopReason: "turns", totals: { turns: 4 } });
  });
  test("calls", async () => {
    const ask = cell("list();\nawait llm_query('a'); await llm_query('b'); await llm_query('c')");
    const { result, server } = await asked(replies([(seen) => last(seen, ask)]), { limits: { calls: 2 } });
    expect(result).toMatchObject({ answer: "best guess", stopReason: "calls", totals: { calls: 2 } });
    expect(server.requests.at(-1)?.messages.at(-1)?.content).toContain("The run's 2 sub-calls are used up.");
  });
  test("tokens", async () => {
    const { result } = await asked(replies([(seen) => last(seen, cell("list();\nprint('x'.repeat(15000))"))]), {
      limits: { tokens: 40_000 },
    });
    expect(result).toMatchObject({ answer: "best guess", stopReason: "tokens" });
    expect(result.totals.usage.input + result.totals.usage.output).toBeLessThan(40_000);
  });
  test("errors in a row", async () => {
    const { result } = await asked(replies([(seen) => last(seen, cell("nowhere()"))]), { limits: { errors: 2 } });
    expect(result).toMatchObject({ answer: "best guess", stopReason: "errors", totals: { turns: 3 } });
  });
  test("a limit of time beyond what a timer can hold is no limit", async () => {
    const { result } = await asked(replies([look, answer("x")]), { limits: { seconds: 3_000_000 } });
    expect(result.stopReason).toBe("answered");
  });
  test("time, in a direct call", async () => {
    const { result } = await asked(() => ({ text: "late", delayMs: 30_000 }), {
      limits: { seconds: 1 },
      directBelowTokens: 8000,
    });
    expect(result).toMatchObject({ answer: null, stopReason: "time" });
  });
  test("a variable named in the last call is the answer", async () => {
    const { result } = await asked(
      replies([(seen) => (/No more cells/.test(seen) ? "FINAL_VAR(kept)" : cell("list();\nvar kept = 'found'"))]),
      { limits: { turns: 1 } },
    );
    expect(result).toMatchObject({ answer: "found", stopReason: "turns" });
  });
  test("time, although a cell would go on for ever", async () => {
    const { result } = await asked(replies([(seen) => last(seen, cell("list();\nfor (;;) {}"))]), {
      limits: { seconds: 2 },
    });
    expect(result).toMatchObject({ answer: "best guess", stopReason: "time" });
  });
  test("time, while the model is silent", async () => {
    const { result } = await asked(
      ({ messages }) =>
        messages.length > 2 || /No more cells/.test(messages.at(-1)?.content ?? "")
          ? answer("best guess")
          : { text: look, delayMs: 30_000 },
      { limits: { seconds: 2 } },
    );
    expect(result).toMatchObject({ answer: "best guess", stopReason: "time" });
  });
});

describe("cancel ends a run", () => {
  const untilEvent = async (events: AsyncIterable<RunEvent>, type: RunEvent["type"]) => {
    for await (const event of events) if (event.type === type) return;
  };

  test("while the model is silent, and its request with it", async () => {
    const { run, server } = await startAsking(() => ({ text: look, delayMs: 60_000 }));
    await untilEvent(run.events(), "turn.started");
    await expect.poll(() => server.inFlight).toBe(1);
    run.cancel();
    expect(await run.result).toMatchObject({ answer: null, stopReason: "cancelled" });
    await expect.poll(() => server.abandoned).toBe(1);
  });
  test("while a cell never ends", async () => {
    const { run } = await startAsking(replies([cell("list();\nfor (;;) {}")]));
    await untilEvent(run.events(), "cell.started");
    run.cancel();
    expect(await run.result).toMatchObject({ answer: null, stopReason: "cancelled" });
  });
  test("while sub-calls are out, and all of them with it", async () => {
    const { run, server } = await startAsking(({ messages }) =>
      messages[0]?.role === "system"
        ? cell("list();\nawait llm_query_batched(['a', 'b', 'c'])")
        : { text: "late", delayMs: 60_000 },
    );
    await untilEvent(run.events(), "call.started");
    await expect.poll(() => server.inFlight).toBe(3);
    run.cancel();
    expect(await run.result).toMatchObject({ stopReason: "cancelled" });
    await expect.poll(() => server.abandoned).toBe(3);
  });
  test("before it has begun", async () => {
    const { run, server } = await startAsking(replies([look]));
    run.cancel();
    expect(await run.result).toMatchObject({ stopReason: "cancelled" });
    expect(server.requests).toHaveLength(0);
  });
});

describe("a failure ends a run with one line and a code", () => {
  test("a wrong key", async () => {
    const { result } = await asked(replies([look]), { server: { apiKey: "right" }, apiKey: "sk-wrong-123" });
    expect(result).toMatchObject({ answer: null, stopReason: "failed", error: { code: "auth" } });
    expect(result.error?.message).not.toMatch(/\n|sk-wrong-123/);
  });
  test("a folder that is not there", async () => {
    const { result } = await asked(replies([look]), {
      context: { kind: "paths", paths: ["/no/such/folder"], cwd: "/" },
    });
    expect(result).toMatchObject({ stopReason: "failed", error: { code: "not-found" } });
    expect(result.error?.message).toContain("/no/such/folder");
  });
});

describe("events", () => {
  test("are numbered without gaps, the same for every reader, from any number on", async () => {
    const { run } = await startAsking(replies([cell("print('x'.repeat(10000)); list()"), answer("x")]));
    const read = async (from: number) => {
      const seen: RunEvent[] = [];
      for await (const event of run.events(from)) seen.push(event);
      return seen;
    };
    const [first, second] = await Promise.all([read(0), read(0)]);
    expect(first).toEqual(second);
    expect(first.map((event) => event.seq)).toEqual(first.map((_, i) => i));
    expect(await read(5)).toEqual(first.slice(5));
    expect(first.at(0)?.type).toBe("run.started");
    expect(first.at(-1)?.type).toBe("run.finished");
  });

  test("carry a long text once, before the first that names it", async () => {
    const long = "y".repeat(9000);
    const { events } = await asked(replies([cell(`list();\nvar s = "${long}"; print(s); print(s)`), answer("x")]));
    const blobs = events.filter((event) => event.type === "blob.added");
    expect(
      blobs.every((blob) =>
        events.some((event) => event.seq > blob.seq && JSON.stringify(event).includes(blob.sha256)),
      ),
    ).toBe(true);
    expect(new Set(blobs.map((blob) => blob.sha256)).size).toBe(blobs.length);
  });

  test("sum up to the run's totals", async () => {
    const { result, events } = await asked(
      replies([cell("list();\nawait llm_query_batched(['a', 'b'])"), answer("x")]),
    );
    const paid = events.filter((event) => event.type === "reply.finished" || event.type === "call.finished");
    const sum = (pick: "input" | "output") => paid.reduce((total, event) => total + event.usage[pick], 0);
    expect(result.totals.usage).toMatchObject({ input: sum("input"), output: sum("output") });
    expect(result.totals).toMatchObject({ turns: 2, calls: 2, costUsd: null });
  });
});
