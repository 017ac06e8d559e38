import { describe, expect, it } from "vitest";
import { answerSoFar } from "../../src/rlm/answer-so-far.ts";
import type { RunEvent } from "../../src/rlm/events.ts";
import { foldEvents } from "../../src/rlm/run-tree.ts";
import { stepsOf } from "../../src/rlm/steps.ts";
import { sampleAnswer, sampleRun, sampleTree } from "../support/sample-run.ts";

function steps(events: readonly RunEvent[]): string[] {
  const { root } = foldEvents(events);
  return (root ? stepsOf(root) : []).map(({ text, detail, progress, state }) =>
    [text, detail, progress ? `${progress.done}/${progress.of}` : "", state === "done" ? "" : state]
      .filter((part) => part !== "")
      .join(" · "),
  );
}

/** The steps of a run whose only cell has this code. */
function stepsOfCode(code: string, output = ""): string[] {
  const events = sampleRun("running");
  const at = events.findIndex(({ type }) => type === "cell.started");
  const [started, printed] = [events[at], events.find(({ type }) => type === "cell.output")];
  if (started?.type !== "cell.started" || printed?.type !== "cell.output") throw new Error("The sample has no cell.");
  const finished = events.find(({ type }) => type === "cell.finished");
  if (finished?.type !== "cell.finished") throw new Error("The sample has no finished cell.");
  const { value: _, ...end } = finished;
  return steps([
    ...events.slice(0, at),
    { ...started, code },
    { ...printed, seq: at + 1, text: output },
    { ...end, seq: at + 2 },
  ]);
}

describe("the steps of a run", () => {
  it("names what was searched with what was found, what was read, and who was asked", () => {
    expect(steps(sampleRun("answered"))).toEqual([
      "searched /retry|backoff/i · 263 hits, 39 files",
      "read src/net/retry.ts 30–80 · ReferenceError, to be mended · failed",
      "split all into pieces",
      "asked 12 sub-models · 1 failed · 12/12",
    ]);
  });

  it("counts the calls that are answered while a cell waits for them", () => {
    expect(steps(sampleRun("running")).slice(-2)).toEqual([
      "split all into pieces",
      "asking 12 sub-models · 1 failed · 7/12 · running",
    ]);
    expect(steps(sampleTree("running")).at(-1)).toMatch(/^asking 2 child runs · 1\/2 · running$/);
  });

  it("says of a run that was stopped which steps did not end", () => {
    expect(steps(sampleRun("cancelled")).at(-1)).toMatch(/stopped$/);
  });

  it("reads strings, patterns, templates and lines, each call once", () => {
    expect(
      stepsOfCode(
        [
          'const a = search("retryWait =", { glob: "src" });',
          "const b = find('where is \"it\"?'); find('where is \"it\"?');",
          "show(`src/a.ts:10-20`); read('src/b.ts', 7);",
          'print(outline("src/net"));',
        ].join("\n"),
        "src/a.ts\n  3: x\n[1 hit in 1 file]\n",
      ),
    ).toEqual([
      "searched “retryWait =” · 1 hit, 1 file",
      'looked for “where is "it"?”',
      "read src/a.ts 10–20",
      "read src/b.ts from 7",
      "outlined src/net",
    ]);
  });

  it("says that something was read without its name only where there is no more to say", () => {
    expect(stepsOfCode("show(hits); read(path);")).toEqual(["read what was found"]);
    expect(stepsOfCode("show(hits); list();")).toEqual(["listed files"]);
  });

  it("takes no name in a comment, a string or a method for a call", () => {
    const code = "// search(/a/)\n/* read('b') */\nprint(\"find('c')\", text.search(/d/), `show('e')`);";
    expect(stepsOfCode(code)).toEqual(["ran code"]);
  });

  it("is not misled by a quote inside a pattern", () => {
    expect(stepsOfCode(`search(/"/); search(/'x/);`)).toEqual([`searched /"/`, "searched /'x/"]);
  });

  it("tells no number of hits where it can't tell whose they are", () => {
    expect(stepsOfCode("search(/a/); show(search(/b/));", "[3 hits in 2 files]\n")).toEqual([
      "searched /a/",
      "searched /b/",
    ]);
  });

  it("names the first looks of a cell and counts the others", () => {
    const code = Array.from({ length: 8 }, (_, i) => `read("src/${i}.ts")`).join("\n");
    expect(stepsOfCode(code)).toEqual([...Array.from({ length: 5 }, (_, i) => `read src/${i}.ts`), "and 3 more looks"]);
  });
});

describe("the answer so far", () => {
  const whole = sampleRun("answered");
  const end = whole.findLastIndex(({ type }) => type === "reply.delta");

  it("is the text of the answer fence as far as it has come", () => {
    const so = answerSoFar(foldEvents(whole.slice(0, end)));
    expect(so.length).toBeGreaterThan(20);
    expect(sampleAnswer.startsWith(so.replace(/`*$/, "").trimEnd())).toBe(true);
  });

  it("is empty while the model writes code, and once the run is over", () => {
    expect(answerSoFar(foldEvents(sampleRun("writing")))).toBe("");
    expect(answerSoFar(foldEvents(whole))).toBe("");
  });

  it("is the reply itself where everything went to the model in one call", () => {
    const started = whole.findIndex(({ type }) => type === "turn.started");
    const [turn, delta] = [whole[started], whole[end]];
    if (turn?.type !== "turn.started" || delta?.type !== "reply.delta") throw new Error("The sample has no reply.");
    const { last: _, ...first } = turn;
    const events: RunEvent[] = [
      ...whole.slice(0, started),
      { ...first, turn: 1, of: 1 },
      { ...delta, seq: started + 1, turn: 1, text: "It waits **8 s**" },
    ];
    expect(answerSoFar(foldEvents(events))).toBe("It waits **8 s**");
  });
});
