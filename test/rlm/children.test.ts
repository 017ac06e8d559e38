import { describe, expect, it } from "vitest";
import { asked, byQuestion, cell, eventsOf } from "../support/asking.ts";

const files = Object.fromEntries(
  Array.from({ length: 6 }, (_, i) => [`src/f${i}.ts`, `export const a${i} = 1;\nexport const b${i} = ${i};\n`]),
);

describe("rlm_query", () => {
  it("asks a child run with its own cells and variables over the files that it names", async () => {
    const { result, events } = await asked(
      byQuestion({
        "What is it?": [
          cell('var mine = 1;\nconst said = await rlm_query("child?", ["src/f1.ts", "src/f2.ts"]);\nFINAL(said)'),
        ],
        "child?": [
          cell('print(typeof mine);\nvar found = list();\nshow("src/f1.ts")'),
          cell('FINAL(found.join() + " " + count("export") + " [src/f1.ts:2]")'),
        ],
      }),
      { files },
    );
    expect(result).toMatchObject({ stopReason: "answered", answer: "src/f1.ts,src/f2.ts 4 [src/f1.ts:2]" });
    const [root, child] = eventsOf(events, "run.started");
    expect(child).toMatchObject({ depth: 1, question: "child?", parent: { runId: root?.runId } });
    const [call] = eventsOf(events, "call.started");
    expect(call).toMatchObject({ kind: "rlm", callId: child?.parent?.callId, depth: 0 });
    const ended = eventsOf(events, "run.finished");
    expect(ended.map(({ depth }) => depth)).toEqual([1, 0]);
    expect(ended[0]).toMatchObject({ citations: [{ path: "src/f1.ts", status: "seen" }], totals: { turns: 2 } });
    expect(
      eventsOf(events, "cell.output").some(({ text, depth }) => depth === 1 && String(text).includes("undefined")),
    ).toBe(true);
  });

  it.each([
    ["a text", '"alpha\\nbeta"', "text: alpha"],
    ["a chunk", "chunks({ maxChars: 1000 })[0]", "src/f0.ts"],
    ["hits", 'search("a3 = 1")', "src/f3.ts"],
    ["a regular expression over paths", "/f4/", "src/f4.ts"],
    ["nothing, for all that the parent has", "", "src/f0.ts"],
  ])("takes %s", async (_name, sub, first) => {
    const { result } = await asked(
      byQuestion({
        "What is it?": [cell(`FINAL(await rlm_query("child?"${sub && `, ${sub}`}))`)],
        "child?": [cell('FINAL(typeof context === "string" ? "text: " + read(1, 1) : list()[0])')],
      }),
      { files },
    );
    expect(result.answer).toBe(first);
  });

  it("keeps the line numbers of the file in a child that sees a part of it", async () => {
    const lines = Array.from({ length: 400 }, (_, i) => `line ${i + 1} ${i === 254 ? "needle" : ""}`).join("\n");
    const { result } = await asked(
      byQuestion({
        "What is it?": [
          cell(
            'const part = chunks({ maxChars: 2000 }).find((c) => c.text.includes("needle"));\nFINAL(await rlm_query("child?", part))',
          ),
        ],
        "child?": [
          cell(
            'const [hit] = search("needle");\nFINAL([hit.line, read(hit.path, hit.line, hit.line), count("^line"), outline()].join("|") + " [long.txt:255] [long.txt:1]")',
          ),
        ],
      }),
      { files: { "long.txt": lines } },
    );
    const [line, text, count] = (result.answer ?? "").split("|");
    expect([line, text]).toEqual(["255", "line 255 needle"]);
    expect(Number(count)).toBeLessThan(200);
  });

  it("sees only the piece of a long line that a chunk is", async () => {
    const text = Array.from({ length: 9_000 }, (_, i) => `wé${i}`).join(" ");
    const { result } = await asked(
      byQuestion({
        "What is it?": [
          cell(
            'const all = chunks({ maxChars: 20000 });\nFINAL(await rlm_query_batched([all[1], [all[1], all[2]]].map((sub) => ({ question: "child?", sub }))))',
          ),
        ],
        "child?": [cell("FINAL(JSON.stringify([context, search('w').map(({ line }) => line)[0]]))")],
      }),
      { context: { kind: "text", name: "line.txt", text } },
    );
    const [one, two] = JSON.parse(result.answer ?? "[]").map((said: string) => JSON.parse(said));
    expect([one[1], two[1]]).toEqual([1, 1]);
    expect(one[0].length).toBeLessThan(20_000);
    expect(one[0].length).toBeGreaterThan(19_000);
    expect(two[0].length).toBeGreaterThan(2 * one[0].length - 100);
    expect([text.includes(one[0]), text.startsWith(one[0]), two[0].startsWith(one[0])]).toEqual([true, false, true]);
  });

  it("outlines a part of a file with the file's line numbers", async () => {
    const source = `${"const x = 1;\n".repeat(150)}export function needle() {\n  return 1;\n}\n${"const y = 2;\n".repeat(150)}`;
    const { result } = await asked(
      byQuestion({
        "What is it?": [
          cell(
            'const part = chunks({ maxChars: 1000 }).find((c) => c.text.includes("needle"));\nFINAL(await rlm_query("child?", part))',
          ),
        ],
        "child?": [cell("FINAL(outline(list()))")],
      }),
      { files: { "long.ts": source } },
    );
    expect(result.answer).toMatch(/^ +151: export function needle/m);
  });

  it("becomes a plain call at the limit of depth, and says so", async () => {
    const { result, events, server } = await asked(
      byQuestion(
        { "What is it?": [cell('const said = await rlm_query("child?", ["src/f1.ts"]);\nFINAL(said)')] },
        (prompt) => `plain: ${prompt.includes("export const b1 = 1") && prompt.endsWith("child?")}`,
      ),
      { files, limits: { depth: 1 } },
    );
    expect(result.answer).toBe("plain: true");
    expect(eventsOf(events, "run.started")).toHaveLength(1);
    expect(eventsOf(events, "call.started")).toMatchObject([{ kind: "llm" }]);
    expect(
      eventsOf(events, "cell.output")
        .map(({ text }) => text)
        .join(""),
    ).toMatch(/one plain call.*deeper than 1/);
    expect(server.requests).toHaveLength(2);
  });

  it("at the limit of depth fails alone where it would be too long", async () => {
    const { result } = await asked(
      byQuestion({
        "What is it?": [
          cell(
            'list();\nFINAL(await rlm_query_batched([{ question: "a?", sub: "x\\n".repeat(300000) }, { question: "b?", sub: "small" }]))',
          ),
        ],
      }),
      { files, limits: { depth: 1 } },
    );
    const [long, small] = JSON.parse(result.answer ?? "[]");
    expect(long).toMatch(/^Error: rlm_query: .*too many for one plain call/);
    expect(small).toMatch(/^seen .*b\?$/s);
  });

  it("finds nothing of the child whose thread it has taken over", async () => {
    const { result } = await asked(
      byQuestion({
        "What is it?": [
          cell(
            'list();\nFINAL([await rlm_query("one?", "a"), await rlm_query("two?", "bb"), await rlm_query("two?", ["src/f1.ts"])])',
          ),
        ],
        "one?": [cell("var kept = 1;\nglobalThis.also = 2;\nFINAL(context + kept)")],
        "two?": [cell("FINAL([typeof kept, typeof also, SHOW_VARS().length, typeof context, budget().calls > 0])")],
      }),
      { files },
    );
    const [one, two, three] = JSON.parse(result.answer ?? "[]");
    expect(one).toBe("a1");
    expect(JSON.parse(two)).toEqual(["undefined", "undefined", 0, "string", true]);
    expect(JSON.parse(three)).toEqual(["undefined", "undefined", 0, "object", true]);
  });

  it("keeps its variables from turn to turn, whichever thread it goes on in", async () => {
    const parts = Array.from({ length: 10 }, (_, i) => `part ${i} ${"x".repeat(i * 50_000)}`);
    const { result } = await asked(
      byQuestion({
        "What is it?": [
          cell(`list();\nconst parts = Array.from({ length: 10 }, (_, i) => "part " + i + " " + "x".repeat(i * 50_000));
FINAL(await rlm_query_batched(parts.map((sub) => ({ question: "child?", sub }))))`),
        ],
        "child?": [
          cell("var mine = read(); var turns = [1]; function length() { return mine.length }"),
          cell("await llm_query('wait ' + mine.slice(0, 8)); turns.push(2)"),
          cell("turns.push(3); class Kept { static n = turns.length }"),
          cell("FINAL([mine.slice(0, 6), length(), turns.join(), Kept.n].join('|'))"),
        ],
      }),
      { files },
    );
    expect(JSON.parse(result.answer ?? "[]")).toEqual(parts.map((part, i) => `part ${i}|${part.length}|1,2,3|3`));
  });

  it("goes three levels deep where it may", async () => {
    const { result, events } = await asked(
      byQuestion({
        "What is it?": [cell('FINAL("root " + await rlm_query("one?"))')],
        "one?": [cell('FINAL("one " + await rlm_query("two?"))')],
        "two?": [cell("FINAL(`two ${list().length}`)")],
      }),
      { files, limits: { depth: 3 } },
    );
    expect(result.answer).toBe("root one two 6");
    expect(eventsOf(events, "run.started").map(({ depth }) => depth)).toEqual([0, 1, 2]);
  });

  it("hands a batch's answers back in order, and a child without an answer as an error", async () => {
    const { result } = await asked(
      byQuestion({
        "What is it?": [
          cell(
            'const all = await rlm_query_batched([{ question: "one?" }, { question: "two?", sub: "text" }, "three?"]);\nFINAL(all)',
          ),
        ],
        "one?": [cell("FINAL(1)")],
        "two?": [cell("read(); throw new Error('no')")],
        "three?": [cell("list(); FINAL(3)")],
      }),
      { files, limits: { errors: 2 } },
    );
    const [one, two, three] = JSON.parse(result.answer ?? "[]");
    expect([one, three]).toEqual(["1", "3"]);
    expect(two).toMatch(/^Error: The child run ended without an answer/);
  });

  it("answers a small part of the context directly, in one call", async () => {
    const { result, events } = await asked(
      ({ messages }) => {
        if (messages[0]?.content.startsWith("You answer a question about text")) return "direct says 7 [text:1]";
        return messages[0]?.role === "system" ? cell('FINAL(await rlm_query("child?", "seven"))') : "no";
      },
      { files, directBelowTokens: 20 },
    );
    expect(result.answer).toBe("direct says 7 [text:1]");
    expect(eventsOf(events, "run.finished")[0]).toMatchObject({ depth: 1, stopReason: "direct" });
  });
});
