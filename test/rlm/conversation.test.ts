import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { answer, asked, cell, replies } from "../support/asking.ts";
import { tempFolder } from "../support/temp-folder.ts";

const history = [
  { question: "Where is the wait?", answer: "In `retry.ts` [retry.ts:7]." },
  { question: "And its cap?", answer: `It is ${"very ".repeat(1_000)}long: 64 s.` },
];
const script = replies([cell("list().length"), answer("Done.")]);

describe("a question of a conversation", () => {
  it("comes with what was asked and answered before it, long answers cut", async () => {
    const { server } = await asked(script, { history });
    const first = server.requests[0]?.messages[1]?.content ?? "";
    expect(first).toMatch(/^# Question\n\nWhat is it\?\n\n# Earlier in this conversation/);
    expect(first).toContain("## 1. Where is the wait?\n\nIn `retry.ts` [retry.ts:7].");
    expect(first).toContain("## 2. And its cap?");
    expect(first).toContain("long: 64 s.");
    expect(first.length).toBeLessThan(5_000);
  });

  it("tells the newest exchanges of many, and how many came before", async () => {
    const many = Array.from({ length: 20 }, (_, i) => ({ question: `Question ${i + 1}?`, answer: "Yes." }));
    const { server } = await asked(script, { history: many });
    const first = server.requests[0]?.messages[1]?.content ?? "";
    expect(first).toContain("(12 questions before these)");
    expect(first.match(/^## .*$/gm)?.[0]).toBe("## 13. Question 13?");
  });

  it("is told so in a direct call too", async () => {
    const { server } = await asked(() => "Yes.", { history, directBelowTokens: 8_000 });
    expect(server.requests[0]?.messages[1]?.content).toContain("## 1. Where is the wait?");
  });

  it("is told which files have changed since the last one", async () => {
    const folder = tempFolder({ "a.ts": "1\n", "b.ts": "2\n", "c.ts": "3\n" });
    const context = { kind: "paths", paths: [folder], cwd: "/" } as const;
    const first = await asked(script, { context });
    const since = first.run.digests();
    expect(since?.files).toBe(3);
    writeFileSync(join(folder, "b.ts"), "4\n");
    writeFileSync(join(folder, "d.ts"), "5\n");
    rmSync(join(folder, "c.ts"));
    const told = { context, history, ...(since ? { since } : {}) };
    const second = await asked(script, told);
    expect(second.server.requests[0]?.messages[1]?.content).toContain(
      "Since the last question: 1 changed (b.ts); 1 new (d.ts); 1 gone (c.ts).",
    );
    const now = second.run.digests();
    const third = await asked(script, { ...told, ...(now ? { since: now } : {}) });
    expect(third.server.requests[0]?.messages[1]?.content).toContain(
      "The files are as they were at the last question.",
    );
  });

  it("says nothing of earlier ones where there are none", async () => {
    const { server } = await asked(script, {});
    expect(server.requests[0]?.messages[1]?.content).not.toContain("# Earlier");
  });
});
