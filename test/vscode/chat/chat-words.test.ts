import { describe, expect, it } from "vitest";
import { defaultLimits } from "../../../src/rlm/limits.ts";
import { foldEvents } from "../../../src/rlm/run-tree.ts";
import { exampleQuestions } from "../../../src/vscode/chat/chat-examples.ts";
import { figuresOf, raisedLimits, resultOf, witnessesOf } from "../../../src/vscode/chat/chat-words.ts";
import { globFor, rankPaths } from "../../../src/vscode/chat/path-completions.ts";
import { sampleAnswer, sampleRun } from "../../support/sample-run.ts";

describe("the figures of a run", () => {
  it("grow while it goes on, with its limit, and end with its time", () => {
    expect(figuresOf(foldEvents(sampleRun("running"))).at(-1)).toBe("$0.024 of $1.00");
    const figures = figuresOf(foldEvents(sampleRun("answered")));
    expect(figures.slice(0, 2)).toEqual(["4 turns", "12 calls"]);
    expect(figures[2]).toMatch(/^[\d.]+k tok \(\d+ % cached\)$/);
    expect(figures.slice(3)).toEqual([expect.stringMatching(/^\$0\.\d{3}$/), expect.stringMatching(/^[\d.]+ s$/)]);
  });

  it("say nothing of tokens and money of a run that was answered offline", () => {
    const events = sampleRun("answered").map((event) =>
      event.type === "run.started" ? { ...event, models: { root: "offline", sub: "offline", offline: true } } : event,
    );
    expect(figuresOf(foldEvents(events)).join()).not.toMatch(/tok|\$/);
  });
});

describe("what is kept of a run", () => {
  it("is null while it goes on, then the answer with its citations, steps and what it was about", () => {
    expect(resultOf(foldEvents(sampleRun("running")))).toBeNull();
    const result = resultOf(foldEvents(sampleRun("answered")));
    expect(result).toMatchObject({ answer: sampleAnswer, stopReason: "answered", collected: { files: 1_204 } });
    expect(result?.citations).toHaveLength(4);
    expect(result?.steps).toHaveLength(4);
  });
});

describe("asking again under a higher limit", () => {
  it("doubles the limit that has ended the run, and no other", () => {
    expect(raisedLimits("cost", defaultLimits)).toEqual({
      limits: { usd: 2 },
      label: "Ask again with up to $2.00",
    });
    expect(raisedLimits("turns", defaultLimits)?.limits).toEqual({ turns: 40 });
    expect(raisedLimits("time", defaultLimits)?.label).toBe("Ask again with 30 min");
    expect(raisedLimits("calls", { ...defaultLimits, calls: 0 })?.limits).toEqual({ calls: 10 });
    for (const reason of ["answered", "cancelled", "failed", "errors"] as const) {
      expect(raisedLimits(reason, defaultLimits)).toBeNull();
    }
  });
});

describe("who saw lines", () => {
  it("is named, and counted beyond a few", () => {
    const events = sampleRun("answered").map((event) =>
      event.type === "call.finished" ? { ...event, seen: [{ path: "src/net/retry.ts", from: 30, to: 60 }] } : event,
    );
    const named = witnessesOf(foldEvents(events), { path: "src/net/retry.ts", from: 41, to: 52 });
    expect(named.slice(0, 2)).toEqual(["Turn 3, sub-call 1", "Turn 3, sub-call 2"]);
    expect(named.at(-1)).toBe("and 6 more");
    expect(witnessesOf(foldEvents(events), { path: "src/net/retry.ts", from: 61, to: 70 })).toEqual([]);
  });
});

describe("example questions", () => {
  it("are three that fit what is there", () => {
    expect(exampleQuestions(["README.md", "src/", "test/", "package.json"])).toEqual([
      "What does this project do, and where does it start?",
      "Which modules are there, and how do they depend on each other?",
      "What do the tests cover, and what do they leave out?",
    ]);
    expect(exampleQuestions(["Cargo.toml", "main.rs"])[1]).toContain("crates");
    expect(exampleQuestions([])).toHaveLength(3);
  });
});

describe("completing paths", () => {
  it("finds them in capitals or not, and takes nothing typed for a pattern", () => {
    expect(globFor("reT")).toBe("{**/*[rR][eE][tT]*,**/*[rR][eE][tT]*/**}");
    expect(globFor("a{b,c}")).toBe("{**/*[aA]?[bB]?[cC]?*,**/*[aA]?[bB]?[cC]?*/**}");
    expect(globFor("x*")).toBe("{**/*[xX]?*,**/*[xX]?*/**}");
    expect(globFor("")).toBe("**/*");
  });

  it("names files and folders, the likeliest first", () => {
    const paths = ["src/net/retry.ts", "src/retry/index.ts", "docs/retries.md", "src/net/old-retry.ts", "a.ts"];
    expect(rankPaths(paths, "retry").map(({ path }) => path)).toEqual([
      "src/retry",
      "src/net/retry.ts",
      "src/net/old-retry.ts",
      "src/retry/index.ts",
    ]);
    expect(rankPaths(paths, "SRC/NET")[0]).toEqual({ path: "src/net", icon: "folder" });
  });
});
