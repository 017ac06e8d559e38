import { randomInt } from "node:crypto";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { answer, byQuestion, cell } from "../support/asking.ts";
import { type Script, type ScriptedServer, startScriptedServer } from "../support/scripted-server.ts";
import { noEditor } from "./editor.ts";
import { ask, ended, type Gate, gate, pressInNotification, sharedEditor, tidy, trace } from "./extension.ts";
import { notification, runCommand } from "./workbench.ts";

// The child finds it in its file; no script knows it.
const longestWait = randomInt(10_000, 99_999);

const files = {
  "src/net/retry.ts": `export const longestRetryWait = ${longestWait};\n`,
  "src/net/errors.ts": "export const codes = [408, 429];\n",
  "alpha.ts": "export const alpha = 1;\n",
};

const askChild = 'const wait = await rlm_query("How long?", ["src/net/retry.ts"]);';
const askMany = "const notes = await llm_query_batched(Array.from({ length: 8 }, (_, i) => `Part ${i}?`));";
const tell = 'print(notes.filter((note) => note.startsWith("Error")).length, "of", notes.length);';

let script: Script = () => "";
let server: ScriptedServer;

const skipped = await noEditor();

describe.skipIf(skipped)("child runs and large fan-outs in a real editor", () => {
  beforeAll(async () => {
    server = await startScriptedServer((request) => script(request), { models: ["writer", "reader", "thinker"] });
  });

  const editor = sharedEditor(async () => ({
    files,
    settings: { "rlm.directBelowTokens": 0, "rlm.askBeforeCalls": 6, "rlm.limits.cost": 2, "rlm.limits.depth": 3 },
    machineSettings: {
      "rlm.baseUrl": server.baseUrl,
      "rlm.model": "writer",
      "rlm.subModel": "reader",
      "rlm.childModel": "thinker",
    },
  }));

  afterAll(() => server.close());

  beforeEach(() => tidy(editor().page));

  const answeredBy = "Answered by writer with reader at";

  it("shows a child run below the cell that asked it, and makes many calls as the panel is told", async () => {
    const { page } = editor();
    script = byQuestion({
      "What is the wait?": [
        cell(`${askChild}\n${askMany}\n${tell}`),
        (last) => answer(`The child said. ${/\d of \d/.exec(last)?.[0]} failed.`),
      ],
      "How long?": [
        cell('list();\nprint(await rlm_query("In which line?"));'),
        (last) => answer(last.split("\n")[0] ?? ""),
      ],
      "In which line?": [cell('show(search("longestRetryWait"));'), lineAnswer],
    });
    const before = server.requests.length;
    await ask(page, "What is the wait?", answeredBy);
    const question = trace(page).getByRole("region", { name: "Cell 1 of turn 1 wants 8 sub-calls" });
    await question.waitFor();
    await ended(page, "Waiting for you: run 8 sub-calls?");

    const child = trace(page).locator(".tree-row", { hasText: "Child run" });
    await child.locator(".twistie").click();
    await child.last().locator(".twistie").click();
    expect(await rows(page)).toEqual([
      ...["1 Run", "2 Turn 1", "3 Cell 1", "4 Child run", "5 Turn 1", "6 Cell 1"],
      ...["7 Child run", "8 Turn 1", "9 Cell 1", "8 Turn 2", "5 Turn 2"],
    ]);
    await child.last().click();
    const shown = trace(page).locator(".details .markdown");
    expect(await shown.locator("strong").textContent()).toBe(`${longestWait} ms`);
    const facts = trace(page).locator(".details .facts").first();
    expect(await facts.textContent()).toMatch(/1 file, 1 line.*no child runs.*\$0\.500/);
    await shown.getByRole("button", { name: "retry.ts:1" }).click();
    await page.getByRole("tab", { name: "retry.ts" }).waitFor();
    expect(asked(before)).toBe(0);
    expect(new Set(server.requests.slice(before).map(({ model }) => model))).toEqual(new Set(["writer", "thinker"]));

    await question.getByRole("button", { name: "Run five first" }).click();
    const rest = trace(page).getByRole("region", { name: "Cell 1 of turn 1 wants 3 sub-calls" });
    await rest.waitFor();
    expect(asked(before)).toBe(5);
    await rest.getByRole("button", { name: "Run all" }).press("Enter");
    await ended(page, "Answered");
    expect(asked(before)).toBe(8);
    expect(await trace(page).locator(".figures").textContent()).toContain("2 turns · 8 sub-calls · 2 child runs");
    await trace(page).getByRole("button", { name: "Show answer" }).click();
    expect(await shown.textContent()).toContain("0 of 8 failed");
    expect(await facts.textContent()).toMatch(/3 files.*child runs 2 levels deep.*\$2\.00/);
  });

  it("asks in a notification where the panel is out of sight, which also leads back to it", async () => {
    const { page } = editor();
    const started = gate();
    script = manyCalls(started);
    const before = server.requests.length;
    await ask(page, "Are they many?", answeredBy);
    await ended(page, "waiting for the model");
    await runCommand(page, "View: Close All Editors");
    started.open();
    await pressInNotification(page, "Cell 1 of turn 1 wants 8 sub-calls: ≈", "Show Trace");
    await trace(page).getByRole("button", { name: "Stop these calls" }).click();
    await ended(page, "Answered");
    expect(asked(before)).toBe(0);
    await tidy(page);

    script = manyCalls();
    await ask(page, "Are they many?", answeredBy);
    await trace(page).getByRole("button", { name: "Run all" }).waitFor();
    expect(await notification(page, "wants 8 sub-calls").count()).toBe(0);
    await page.locator(".explorer-folders-view .monaco-list-row", { hasText: "alpha.ts" }).dblclick();
    await pressInNotification(page, "Cell 1 of turn 1 wants 8 sub-calls: ≈", "Run all");
    await vi.waitFor(() => expect(asked(before)).toBe(8));
    await page.getByRole("tab", { name: "Are they many?" }).click();
    await ended(page, "Answered");
  });

  it("ends the wait with the run, and shows the trace of one that goes on again by command", async () => {
    const { page } = editor();
    script = manyCalls();
    const before = server.requests.length;
    await ask(page, "Are they many?", answeredBy);
    await trace(page).getByRole("button", { name: "Run all" }).waitFor();
    await runCommand(page, "View: Close All Editors");
    await runCommand(page, "RLM: Show Trace");
    await trace(page).getByRole("button", { name: "Run all" }).waitFor();
    await runCommand(page, "RLM: Stop");
    await ended(page, "Cancelled");
    expect(await trace(page).getByRole("button", { name: "Run all" }).count()).toBe(0);
    expect(asked(before)).toBe(0);
  });

  /** Sub-calls that have reached the server. */
  function asked(since: number): number {
    return server.requests.slice(since).filter(({ messages }) => /^Part \d\?$/.test(messages.at(-1)?.content ?? ""))
      .length;
  }
});

function lineAnswer(last: string): string {
  const [, line, ms] = /(\d+): export const longestRetryWait = (\d+)/.exec(last) ?? [];
  return answer(`It is **${ms} ms** [src/net/retry.ts:${line}].`);
}

/** A run whose first cell wants many calls; where a gate is given, once it is open. */
function manyCalls(until?: Gate): Script {
  const scripted = byQuestion({
    "Are they many?": [
      cell(`show("alpha.ts");\n${askMany}\n${tell}`),
      (last) => answer(`${/\d of \d/.exec(last)?.[0]} failed.`),
    ],
  });
  return async (request) => {
    await until?.opened;
    return scripted(request);
  };
}

function rows(page: Page): Promise<string[]> {
  return trace(page)
    .locator(".tree-row")
    .evaluateAll((all) =>
      all.map((row) => `${row.getAttribute("aria-level")} ${row.querySelector(".label")?.textContent}`),
    );
}
