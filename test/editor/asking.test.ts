import { randomInt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { answer, cell, replies } from "../support/asking.ts";
import { type Script, type ScriptedServer, startScriptedServer } from "../support/scripted-server.ts";
import { noEditor } from "./editor.ts";
import {
  ask,
  ended,
  gate,
  heldReply,
  machineSettingsFile,
  openQuestion,
  pressInNotification,
  setMachineSettings,
  sharedEditor,
  tidy,
  trace,
} from "./extension.ts";
import { answerQuickInput, notification, pickQuickItem, quickInput, runCommand } from "./workbench.ts";

// Nothing of these is known to the scripts: they read the numbers from what the engine sends them.
const longestWait = randomInt(10_000, 99_999);
const secret = `value-${randomInt(1_000_000, 9_999_999)}`;
const waitLine = randomInt(20, 90);
const rightKey = `right-${randomInt(1_000_000, 9_999_999)}-key`;
const wrongKey = `wrong-${randomInt(1_000_000, 9_999_999)}-key`;

const retry = [
  ...Array.from({ length: waitLine - 2 }, (_, i) => `// Note ${i + 1} on the network.`),
  "/** The longest wait before a failed request is tried again, in milliseconds. */",
  `export const longestRetryWait = ${longestWait};`,
  "export function waitBeforeRetry(attempt: number): number {",
  "  return Math.min(longestRetryWait, 500 * 2 ** attempt);",
  "}",
].join("\n");

const files = {
  "src/net/retry.ts": retry,
  "alpha.ts": "export const alpha = 1;\n",
  "beta.ts": "export const beta = 2;\n",
  "gamma.ts": "export const gamma = 3;\n",
  "README.md": "# Sample\n\nA client that sends requests.\n",
  ".env": `SERVICE_PASSWORD=${secret}\n`,
};

/** Answers every run; a test puts its own script here. */
let script: Script = () => "";
let server: ScriptedServer;
let locked: ScriptedServer;
let trap: ScriptedServer;

const skipped = await noEditor();

describe.skipIf(skipped)("the extension in a real editor", () => {
  beforeAll(async () => {
    const now: Script = (request) => script(request);
    server = await startScriptedServer(now, { models: ["writer", "reader"] });
    locked = await startScriptedServer(now, { models: ["writer"], apiKey: rightKey });
    trap = await startScriptedServer(now);
  });

  const editor = sharedEditor(async () => ({
    files: { ...files, ".vscode/settings.json": JSON.stringify({ "rlm.baseUrl": trap.baseUrl, "rlm.model": "trap" }) },
    settings: { "rlm.directBelowTokens": 0, "files.autoSave": "off", "explorer.autoReveal": false },
  }));

  afterAll(async () => {
    for (const each of [server, locked, trap]) await each.close();
  });

  beforeEach(() => tidy(editor().page));

  /** From now on a server answers, as its `writer` with its `reader`. @returns who answers, as the question's box says */
  const answerBy = (by: ScriptedServer): string => {
    setMachineSettings(editor(), { "rlm.baseUrl": by.baseUrl, "rlm.model": "writer", "rlm.subModel": "reader" });
    return `Answered by writer with reader at ${new URL(by.baseUrl).host}.`;
  };

  it("answers offline without a key, says so, and opens what it cites with the lines selected", async () => {
    const { page } = editor();
    await ask(page, "What is the longest wait before a retry?", "Answered offline, by search.");
    await ended(page, "Answered offline, by search");
    const shown = trace(page).locator(".details .markdown");
    expect(await shown.textContent()).toContain(`export const longestRetryWait = ${longestWait};`);
    expect(await shown.textContent()).toContain("without a language model");

    await page.keyboard.press("ArrowDown");
    expect(await trace(page).locator("[aria-selected=true] .label").textContent()).toBe("Turn 1");
    await trace(page).getByRole("button", { name: "Show answer" }).click();

    const citation = trace(page)
      .getByRole("button", { name: /^retry\.ts:/ })
      .first();
    const [from = 0, to = from] = ((await citation.textContent()) ?? "").match(/\d+/g)?.map(Number) ?? [];
    const cited = retry.split("\n").slice(from - 1, to);
    await citation.click();
    const column = (cited.at(-1)?.length ?? 0) + 1;
    await page.getByText(`Ln ${to}, Col ${column} (${cited.join("\n").length} selected)`).waitFor();
    expect(await openTabs(page)).toEqual(["What is the longest wait before a retry?", "retry.ts"]);
    expect(await shown.isVisible()).toBe(true);
    expect(trap.requests).toEqual([]);
  });

  it("shows turns, cells, output and sub-calls as they come, then the answer with what is wrong in it marked", async () => {
    const { page } = editor();
    const [firstReply, subCalls] = [gate(), gate()];
    script = async ({ messages, model }) => {
      const last = messages.at(-1)?.content ?? "";
      const turn = messages.filter(({ role }) => role === "assistant").length;
      if (model === "reader") {
        await subCalls.opened;
        return `It waits ${/= (\d{5})/.exec(last)?.[1]} ms.`;
      }
      if (turn === 0) {
        return heldReply(
          "I look for the wait.\n\n",
          cell('const hits = search("longestRetryWait =");\nshow(hits);'),
          firstReply,
        );
      }
      if (turn === 1) {
        const ask =
          "const notes = await llm_query_batched(hits.map((hit) => `How long?\\n${hit.text}`).concat('Is it long?'));";
        return cell(`${ask}\nprint(notes[0], "at", hits[0].path, hits[0].line);`);
      }
      const [, ms, path, line] = /It waits (\d+) ms\. at (\S+) (\d+)/.exec(last) ?? [];
      return answer(`It waits at most **${ms} ms** [${path}:${line}], as the notes say [notes.md:3].`);
    };
    await ask(page, "How long is the longest wait?", answerBy(server));

    await ended(page, "Turn 1: the model is writing");
    await trace(page).locator(".details", { hasText: "I look for the wait." }).waitFor();
    firstReply.open();
    await ended(page, "Asking 2 sub-models: 0 done");
    expect(await rowLabels(page)).toEqual(["Run", "Turn 1", "Cell 1", "Turn 2", "Cell 1", "Sub-call 1", "Sub-call 2"]);
    await trace(page).locator(".tree-row", { hasText: "Cell 1" }).first().click();
    await trace(page)
      .locator(".details", { hasText: `${waitLine}: export const longestRetryWait` })
      .waitFor();
    subCalls.open();
    await ended(page, "Answered");

    await trace(page).getByRole("button", { name: "Show answer" }).click();
    const shown = trace(page).locator(".details .markdown");
    expect(await shown.locator("strong").textContent()).toBe(`${longestWait} ms`);
    expect(await shown.getByRole("button").allInnerTexts()).toEqual([`retry.ts:${waitLine}`, "notes.md:3 not found"]);
    expect(new Set(server.requests.map(({ model }) => model))).toEqual(new Set(["writer", "reader"]));
    expect(server.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  it("stops a run that hangs, by the command and by the panel's button, and lets go of the request", async () => {
    const { page } = editor();
    script = () => heldReply("I begin", "", null);
    const stops = [
      () => runCommand(page, "RLM: Stop"),
      () => trace(page).getByRole("button", { name: "Stop" }).click(),
    ];
    for (const stop of stops) {
      const before = server.abandoned;
      await ask(page, "Will it end?", answerBy(server));
      await ended(page, "the model is writing");
      await stop();
      await ended(page, "Cancelled");
      await vi.waitFor(() => expect([server.inFlight, server.abandoned]).toEqual([0, before + 1]));
      await tidy(page);
    }
  });

  it("asks only about the files that are selected in the explorer", async () => {
    const { page } = editor();
    const before = server.requests.length;
    script = replies([cell('print(list().join(" "));\nshow("alpha.ts");\nshow("beta.ts");'), answer("Both.")]);
    await openQuestion(page, answerBy(server));
    await page.keyboard.press("Escape");
    await explorerRow(page, "alpha.ts").click();
    await explorerRow(page, "beta.ts").click({ modifiers: ["ControlOrMeta"] });
    await explorerRow(page, "beta.ts").click({ button: "right" });
    await page.getByRole("menuitem", { name: "Ask About Selected Files…" }).hover();
    await page.keyboard.press("Enter"); // A menu takes no click in its first moments.
    await answerQuickInput(page, "What are they?", "2 selected files and folders");
    await ended(page, "Answered");
    const told = server.requests
      .slice(before)
      .flatMap(({ messages }) => messages.filter(({ role }) => role === "user"));
    const sent = JSON.stringify(told);
    expect(sent).toContain("alpha.ts beta.ts");
    expect(sent).toContain("export const beta = 2;");
    expect(sent).not.toMatch(/gamma|README|retry/);
  });

  it("counts what is not saved yet over the file on disk, and sends nothing of a secret file", async () => {
    const { page, profile } = editor();
    const before = server.requests.length;
    script = replies([
      cell('print(read("alpha.ts"));\nprint(list());\nprint(omitted());\nprint(search("PASSWORD|value-"));'),
      cell('print(read(".env"));'),
      answer("It is read."),
    ]);
    await explorerRow(page, "alpha.ts").dblclick();
    await page.locator(".editor-instance .view-line").first().click();
    await page.keyboard.press("ControlOrMeta+End");
    await page.keyboard.type("export const unsaved = 71;");
    onTestFinished(async () => {
      await page.getByRole("tab", { name: "alpha.ts" }).click();
      await runCommand(page, "File: Revert File");
    });
    await ask(page, "What is in alpha?", answerBy(server));
    await ended(page, "Answered");
    const sent = server.requests.slice(before).map(({ messages }) => JSON.stringify(messages));
    expect(sent.join()).toContain("export const unsaved = 71;");
    expect(readFileSync(join(profile.workspace, "alpha.ts"), "utf8")).toBe(files["alpha.ts"]);
    expect(sent.join()).not.toContain(secret);
    // In the last turn the path is there, as the script itself has named it.
    expect(sent.slice(0, 2).join().replaceAll('read(\\".env\\")', "")).not.toContain(".env");
  });

  it("keeps a key for its endpoint alone, says when it is refused, and never shows or writes it", async () => {
    const { page, profile } = editor();
    script = replies([cell('show("beta.ts");'), answer("Two.")]);
    const { host } = new URL(locked.baseUrl);
    await ask(page, "What is beta?", answerBy(locked));
    await pressInNotification(page, `${host} wants a key (401)`, "Set API Key…");
    await answerQuickInput(page, wrongKey, "RLM: Set API Key");
    await notification(page, `The API key for ${host} is set.`).waitFor();
    await tidy(page);

    await ask(page, "What is beta?", host);
    await ended(page, `Failed: The key was refused by ${host} (401)`);
    const refused = notification(page, `The key was refused by ${host} (401)`);
    expect(await refused.locator(".notification-list-item-message").textContent()).toBe(
      `RLM: The key was refused by ${host} (401).`,
    );
    expect(await trace(page).locator("body").textContent()).not.toContain(wrongKey);
    await pressInNotification(page, "The key was refused", "Set API Key…");
    await answerQuickInput(page, rightKey, "RLM: Set API Key");
    await notification(page, `The API key for ${host} is set.`).waitFor();
    await tidy(page);

    await ask(page, "What is beta?", host);
    await ended(page, "Answered");
    expect(new Set(locked.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set([`Bearer ${rightKey}`]),
    );
    expect(await trace(page).locator("body").textContent()).not.toContain(rightKey);

    await ask(page, "What is beta?", answerBy(server));
    await ended(page, "Answered");
    expect(server.requests.at(-1)?.headers.authorization).toBeUndefined();
    const written = [profile.log, ...filesUnder(profile.userData), ...filesUnder(profile.workspace)];
    expect(written.filter((file) => /right-\d+-key|wrong-\d+-key/.test(readFileSync(file, "utf8")))).toEqual([]);
  });

  it("lists the endpoint's models and the offline one, and asks the one that is chosen", async () => {
    const { page, profile } = editor();
    script = replies([cell('show("beta.ts");'), answer("Two.")]);
    await openQuestion(page, answerBy(server));
    await page.keyboard.press("Escape");
    await runCommand(page, "RLM: Choose Model…");
    await quickInput(page, "Now: writer").waitFor();
    const labels = page.locator(".quick-input-list .label-name");
    await labels.filter({ hasText: "offline" }).waitFor();
    expect((await labels.allInnerTexts()).slice(0, 4).map((label) => label.trim())).toEqual([
      ...["writer", "reader"],
      ...["Another name…", "offline"],
    ]);
    await pickQuickItem(page, "reader");
    await ask(page, "What is beta?", "Answered by reader at");
    await ended(page, "Answered");
    expect(server.requests.at(-1)?.model).toBe("reader");
    expect(JSON.parse(readFileSync(machineSettingsFile(profile.userData), "utf8"))).toMatchObject({
      "rlm.model": "reader",
    });

    await runCommand(page, "RLM: Choose Model…");
    await pickQuickItem(page, "offline", "Now: reader");
    const before = server.requests.length;
    await ask(page, "What is the longest wait before a retry?", "Answered offline, by search.");
    await ended(page, "Answered offline, by search");
    expect(server.requests).toHaveLength(before);
  });
});

function explorerRow(page: Page, name: string) {
  return page.locator(".explorer-folders-view .monaco-list-row").filter({ has: page.getByText(name, { exact: true }) });
}

function openTabs(page: Page): Promise<string[]> {
  const tabs = page.locator(".tabs-container .tab");
  return tabs.evaluateAll((all) => all.map((tab) => tab.getAttribute("aria-label")?.split(",")[0] ?? ""));
}

function rowLabels(page: Page): Promise<string[]> {
  return trace(page).locator(".tree-row .label").allInnerTexts();
}

function filesUnder(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
