import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { answer, cell, replies } from "../support/asking.ts";
import { type Script, type ScriptedServer, startScriptedServer } from "../support/scripted-server.ts";
import { noEditor } from "./editor.ts";
import { ask, ended, heldReply, sharedEditor, tidy, trace } from "./extension.ts";
import { quickInput, runCommand } from "./workbench.ts";

const files = {
  "src/net/retry.ts": "export const base = 500;\nexport const cap = 8_000;\nexport const tries = 5;\n",
  "src/net/errors.ts": "export const codes = [408, 429];\n",
  "alpha.ts": "export const alpha = 1;\n",
};

let script: Script = () => "";
let server: ScriptedServer;

const skipped = await noEditor();

describe.skipIf(skipped)("the trace panel in a real editor", () => {
  beforeAll(async () => {
    server = await startScriptedServer((request) => script(request), { models: ["writer", "reader"] });
  });

  const editor = sharedEditor(async () => ({
    files,
    settings: { "rlm.directBelowTokens": 0, "files.autoSave": "off" },
    machineSettings: { "rlm.baseUrl": server.baseUrl, "rlm.model": "writer", "rlm.subModel": "reader" },
  }));

  afterAll(() => server.close());

  beforeEach(() => tidy(editor().page));

  const answeredBy = "Answered by writer with reader at";
  const readAndAnswer = replies([
    cell('show("src/net/retry.ts");\nprint(await llm_query("Sum up.\\n" + read("alpha.ts")));'),
    answer("The cap is **8 s** [src/net/retry.ts:2]. Alpha is one [alpha.ts:1]."),
  ]);

  it("comes back after its window was loaded anew, as it was left", async () => {
    const { page } = editor();
    script = readAndAnswer;
    await ask(page, "What is the cap?", answeredBy);
    await ended(page, "Answered");
    await row(page, "Turn 2").click();
    await trace(page).getByRole("slider", { name: "Show from" }).press("ArrowRight");
    const requests = server.requests.length;
    const look = async () => [
      await trace(page).locator(".tree-row.selected .label").innerText(),
      await trace(page).locator(".zoom-line").innerText(),
      await trace(page).locator(".figures").innerText(),
    ];
    const before = await look();
    await runCommand(page, "RLM: Ask About Workspace…");
    await page.keyboard.press("Escape");
    await runCommand(page, "Help: Welcome");
    await page.getByRole("tab", { name: "What is the cap?" }).click();
    await ended(page, "Answered");
    expect(await look()).toEqual(before);

    await runCommand(page, "Developer: Reload Window");
    await ended(page, "Answered");
    expect(await look()).toEqual(before);
    expect(server.requests.length).toBe(requests);
    await trace(page).getByRole("button", { name: "Export" }).click();
    await quickInput(page, "RLM: Export Run").waitFor();
    await page.keyboard.press("Escape");
  });

  it("shows a run that was under way when its window was loaded anew, and where its log has no end says so", async () => {
    const { page, profile } = editor();
    script = () => heldReply("I begin", "", null);
    await ask(page, "Will it end?", answeredBy);
    await ended(page, "the model is writing");
    await runCommand(page, "Developer: Reload Window");
    // As far as the window had time to end it.
    await ended(page, /^(Cancelled|Interrupted)/);
    const log = logOf(profile.userData, "Will it end?");
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    writeFileSync(log, `${lines.filter((line) => !line.includes('"run.finished"')).join("\n")}\n`);
    await runCommand(page, "Developer: Reload Window");
    await ended(page, "Interrupted");
    expect(await row(page, "Turn 1").count()).toBe(1);
    expect(await trace(page).getByRole("button", { name: "Stop" }).count()).toBe(0);
  });

  it("leads from a sentence to the lines and turns behind it, and says when its file has changed", async () => {
    const { page } = editor();
    script = readAndAnswer;
    await ask(page, "What is the cap?", answeredBy);
    await ended(page, "Answered");
    await trace(page).getByText("The cap is").hover();
    const popup = trace(page).getByRole("group", { name: "Behind this sentence" });
    expect(await popup.innerText()).toMatch(/src\/net\/retry\.ts:2\s+Turn 2 line 2/);
    await popup.getByRole("button", { name: "src/net/retry.ts:2" }).click();
    await page.getByText("Ln 2, Col 26 (25 selected)").waitFor();
    expect(
      await trace(page)
        .getByRole("button", { name: /changed since/ })
        .count(),
    ).toBe(0);
    await page.keyboard.press("ControlOrMeta+End");
    await page.keyboard.type("// later");
    await page.keyboard.press("ControlOrMeta+S");
    await trace(page).getByRole("button", { name: "retry.ts:2 changed since" }).waitFor();
    expect(await trace(page).getByRole("button", { name: "alpha.ts:1" }).innerText()).toBe("alpha.ts:1");
  });

  it("opens a file from the map of what was looked at", async () => {
    const { page } = editor();
    script = readAndAnswer;
    await ask(page, "What is the cap?", answeredBy);
    await ended(page, "Answered");
    const fold = trace(page).getByRole("button", { name: "Coverage" });
    if ((await fold.getAttribute("aria-expanded")) === "false") await fold.click();
    await trace(page).getByRole("option", { name: "src/net/errors.ts" }).click();
    await page.getByRole("tab", { name: "errors.ts" }).waitFor();
  });
});

/** The log of the run with this question. */
function logOf(userData: string, question: string): string {
  const entries = readdirSync(userData, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".jsonl"),
  );
  const found = entries
    .map((name) => join(userData, name))
    .find((file) => readFileSync(file, "utf8").includes(question));
  if (!found) throw new Error(`No log of “${question}” among ${entries.join(", ") || "none"}.`);
  return found;
}

function row(page: Page, label: string) {
  return trace(page)
    .locator(".tree-row")
    .filter({ has: page.getByText(label, { exact: true }) });
}
