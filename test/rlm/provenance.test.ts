import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Intervals } from "../../src/rlm/intervals.ts";
import { answer, asked, byQuestion, cell, eventsOf, replies } from "../support/asking.ts";

const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `const ${name}${i + 1} = ${(i * 7919) % 1000};`).join("\n");
const files = {
  "src/a.ts": numbered("alpha", 60),
  "src/b.ts": numbered("beta", 60),
  "src/c.ts": "}\n}\n}\n",
  "src/d.ts": "{\n}\n",
};
const blank = { "blank.ts": "const one = 1;\n\nconst three = 3;\n" };
const cited = "[src/a.ts:3] [src/a.ts:1-5] [src/a.ts:50] [src/b.ts:2] [src/zz.ts:1]";
const statuses = ["seen", "seen", "exists", "exists", "missing"];

describe("a citation is seen only if a model of the run was shown its lines", () => {
  it.each([
    ["numbered, by show", 'show("src/a.ts", 1, 10)'],
    ["raw, by read and print", 'print(read("src/a.ts", 1, 10))'],
    ["as the last value of a cell", 'read("src/a.ts", 1, 10)'],
    [
      "as part of a chunk",
      'print(chunks({ glob: "src/a.ts", maxChars: 1000 })[0].text.split("\\n").slice(0, 9).join("\\n"))',
    ],
    ["as hits with the lines round them", 'search("alpha3 ", { before: 2, after: 2 })'],
    ["in a sub-call's prompt", 'const t = read("src/a.ts", 1, 10); await llm_query("Look:\\n" + t + "\\nWhat?")'],
    [
      "through a string that code has cut and joined",
      'const t = context["src/a.ts"].split("\\n"); print("x " + t[1] + "\\n" + t.slice(0, 8).join("\\n") + "\\nend")',
    ],
  ])("shown %s", async (_name, code) => {
    const { result } = await asked(replies([cell(code), answer(cited)]), { files });
    expect(result.citations.map(({ status }) => status)).toEqual(statuses);
  });

  it.each([
    ["read by code alone", 'const t = read("src/a.ts"); print(t.length)'],
    ["a line too short to tell where it is from", 'read("src/d.ts"); print("}")'],
    ["lines that many files have", 'read("src/a.ts"); print("}\\n")'],
    ["text that only looks like it", 'list(); print("src/a.ts:1-5\\n1: something else\\n3: nor this")'],
    [
      "cut away in the middle of a long output",
      'print("x".repeat(15000)); show("src/a.ts", 1, 10); print("y".repeat(15000))',
    ],
  ])("not when %s", async (_name, code) => {
    const { result } = await asked(replies([cell(code), answer("[src/a.ts:3] [src/a.ts:1-5] [src/d.ts:2]")]), {
      files,
    });
    expect(result.citations.map(({ status }) => status)).toEqual(["exists", "exists", "exists"]);
  });

  it("also where an empty line is the last that was shown", async () => {
    const { result } = await asked(replies([cell('show("blank.ts", 1, 2)'), answer("[blank.ts:1-2]")]), {
      files: blank,
    });
    expect(result.citations).toMatchObject([{ status: "seen" }]);
  });

  it.each([
    ["a text of the same name", { kind: "text", name: "text", text: files["src/a.ts"] } as const, "exists"],
    ["no such file", undefined, "missing"],
  ])("not because a child run was shown a text that a cell had made: %s", async (_name, context, status) => {
    const { result, events } = await asked(
      byQuestion({
        "What is it?": [
          cell(
            'search("alpha"); await rlm_query("one?", "one\\ntwo\\nthree"); await rlm_query("two?", "four\\nfive\\nsix")',
          ),
          answer("[text:2]"),
        ],
        "one?": [cell("show(1, 3)"), answer("[text:2]")],
        "two?": [cell("show(1, 1)"), answer("[text:2]")],
      }),
      { files, ...(context ? { context } : {}) },
    );
    const ended = eventsOf(events, "run.finished").map(({ citations }) => citations[0]?.status);
    expect(ended).toEqual(["seen", "exists", status]);
    expect(result.coverage?.shownLines).toBe(0);
  });

  it("and quoted, if the answer holds one of them", async () => {
    const { result } = await asked(
      replies([cell('show("src/a.ts", 1, 4)'), answer("It is `const alpha3 = 838;` [src/a.ts:3], not [src/a.ts:4].")]),
      { files },
    );
    expect(result.citations.map(({ status }) => status)).toEqual(["quoted", "seen"]);
  });

  it("by a child run too, whose answer the root passes on", async () => {
    const { result } = await asked(
      byQuestion({
        "What is it?": [cell('FINAL(await rlm_query("child?", "src/b.ts"))'.replace('"src/b.ts"', '["src/b.ts"]'))],
        "child?": [cell('show("src/b.ts", 1, 5)'), answer("[src/b.ts:2] [src/b.ts:9]")],
      }),
      { files },
    );
    expect(result.citations.map(({ status }) => status)).toEqual(["seen", "exists"]);
  });

  it("as all of a context that went to the model directly", async () => {
    const { result } = await asked(() => "[src/a.ts:60] [src/b.ts:1-60]", { files, directBelowTokens: 8_000 });
    expect(result).toMatchObject({ stopReason: "direct", coverage: { files: 4, shown: 4, shownLines: 125 } });
    expect(result.citations.map(({ status }) => status)).toEqual(["seen", "seen"]);
  });
});

describe("coverage", () => {
  it("tells what was listed, searched, read by code and shown, children included", async () => {
    const { result, events } = await asked(
      byQuestion({
        "What is it?": [
          cell(
            'list("src/a.ts"); count("alpha", { glob: "src/a.ts" }); read("src/a.ts", 1, 2); show("src/a.ts", 1, 3); show("src/a.ts", 2, 4)',
          ),
          cell('FINAL(await rlm_query("child?", ["src/b.ts"]))'),
        ],
        "child?": [cell('search("beta7 ")'), answer("done")],
      }),
      { files },
    );
    expect(result.coverage).toEqual({ files: 4, listed: 2, searched: 2, read: 2, shown: 2, lines: 125, shownLines: 5 });
    expect(eventsOf(events, "run.finished").at(-1)?.coverage).toEqual(result.coverage);
  });

  it("is mapped by area, once, with the state of every file", async () => {
    const { events } = await asked(
      replies([cell('count("alpha", { glob: "src/a.ts" }); show("src/b.ts", 2)'), answer("x")]),
      { files },
    );
    const maps = eventsOf(events, "coverage.mapped");
    expect(maps).toHaveLength(1);
    const states = maps[0]?.areas.map(({ path, files, searched, read, shown }) => [path, files, searched, read, shown]);
    expect(states).toEqual([
      ["src/a.ts", 1, 1, 0, 0],
      ["src/b.ts", 1, 1, 1, 1],
      ["src/c.ts", 1, 0, 0, 0],
      ["src/d.ts", 1, 0, 0, 0],
    ]);
  });

  it("names what each turn's messages hold, and the lines of files in them", async () => {
    const { events, server } = await asked(replies([cell('show("src/a.ts", 3, 5)'), answer("x")]), { files });
    const told = eventsOf(events, "message.added").map(({ turn, role, text }) => ({ turn, role, text }));
    expect(told.map(({ turn, role }) => `${turn} ${role}`)).toEqual(["1 system", "1 user", "2 user"]);
    expect(told[2]?.text).toBe(server.requests[1]?.messages[3]?.content);
    expect(eventsOf(events, "message.seen").map(({ turn, seen }) => ({ turn, seen }))).toEqual([
      { turn: 2, seen: [{ path: "src/a.ts", from: 3, to: 5 }] },
    ]);
  });

  it("says of each cited file what it held, so that a change is seen later", async () => {
    const { result } = await asked(replies([cell('show("src/c.ts")'), answer("[src/c.ts:1] [src/zz.ts:1]")]), {
      files,
    });
    const held = createHash("sha256").update(files["src/c.ts"]).digest("hex");
    expect(result.citations.map(({ sha256 }) => sha256)).toEqual([held, undefined]);
  });

  it("names what a sub-call saw", async () => {
    const { events } = await asked(
      replies([
        cell('await llm_query(chunks({ glob: "src/b.ts" })[0].text + "\\n" + read("src/a.ts", 7, 9)); FINAL(1)'),
      ]),
      { files },
    );
    expect(eventsOf(events, "call.finished")[0]?.seen).toEqual([
      { path: "src/b.ts", from: 1, to: 60 },
      { path: "src/a.ts", from: 7, to: 9 },
    ]);
  });

  it.each([
    ["How many consts are there?", 'count("const", { glob: "src/a.ts" })', /3 were never searched or read/],
    [
      "List every const.",
      'try { await llm_query("") } catch {} ; await llm_query_batched(["bad"]); count("const")',
      /1 sub-call failed/,
    ],
  ])("a question about all of something is told what was left: %s", async (question, code, warning) => {
    const { result } = await asked(
      ({ model, messages }) => {
        if (model === "scripted-sub") return { text: "", finishReason: "content_filter" };
        return replies([cell(code), answer("Some.")])({ messages } as never);
      },
      { files, question },
    );
    expect(result.answer).toMatch(/^Some\.\n\n> This may be incomplete: /);
    expect(result.answer).toMatch(warning);
  });

  it("and of calls that the user has stopped, but not of one that failed and then succeeded", async () => {
    const stopped = await asked(replies([cell('count("x"); await llm_query_batched(["a", "b"])'), answer("Some.")]), {
      question: "List all.",
      fanOut: { calls: 1 },
      approve: async () => "stop",
    });
    expect(stopped.result.answer).toMatch(/2 sub-calls failed/);
    let tries = 0;
    const again = await asked(
      (request) => {
        if (request.model === "scripted-sub") return ++tries === 1 ? { text: "", finishReason: "content_filter" } : "b";
        const first = cell('count("x"); try { await llm_query("q") } catch {}');
        return replies([first, cell('FINAL(await llm_query("q"))')])(request);
      },
      { question: "List all." },
    );
    expect([again.result.answer, tries]).toEqual(["b", 2]);
  });

  it("and not where all of it went to a model as it is", async () => {
    const direct = await asked(() => "Four.", { files, question: "How many files?", directBelowTokens: 8_000 });
    expect(direct.result.answer).toBe("Four.");
    const plain = await asked(
      byQuestion({ "How many files?": [cell('FINAL(await rlm_query("n?"))')] }, () => "Four."),
      { files, question: "How many files?", limits: { depth: 1 } },
    );
    expect(plain.result.answer).toBe("Four.");
  });

  it.each([
    ["How many consts are there?", 'count("const")'],
    ["Where is alpha3 set?", 'count("const", { glob: "src/a.ts" })'],
  ])("and others, or ones that saw all, are not: %s", async (question, code) => {
    const { result } = await asked(replies([cell(code), answer("Some.")]), { files, question });
    expect(result.answer).toBe("Some.");
  });
});

it("a set of intervals holds what was added to it, and nothing else", () => {
  const interval = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 9 }));
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 20 }), interval, (added, [from, length]) => {
      const set = new Intervals();
      const numbers = new Set<number>();
      for (const [start, more] of added) {
        set.add(start, start + more);
        for (let n = start; n <= start + more; n += 1) numbers.add(n);
      }
      expect(set.size).toBe(numbers.size);
      expect(set.covers(from, from + length)).toBe(
        Array.from({ length: length + 1 }, (_, i) => from + i).every((n) => numbers.has(n)),
      );
      for (const [i, [start]] of set.list.entries()) expect(start).toBeGreaterThan((set.list[i - 1]?.[1] ?? -1) + 1);
    }),
  );
});
