import { randomInt } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { answer, cell, replies } from "../support/asking.ts";
import { packageCompanion } from "../support/packaged.ts";
import { type Script, type ScriptedServer, startScriptedServer } from "../support/scripted-server.ts";
import { noEditor } from "./editor.ts";
import {
  ask,
  ended,
  gate,
  heldReply,
  machineSettingsFile,
  openQuestion,
  openWorkspaceFile,
  setMachineSettings,
  sharedEditor,
  tidy,
  trace,
} from "./extension.ts";
import { answerQuickInput, notification, pickQuickItem, quickInput, runCommand } from "./workbench.ts";

// No script knows it: it is read from what the engine sends.
const longestWait = randomInt(10_000, 99_999);
const wrongKey = `wrong-${randomInt(1_000_000, 9_999_999)}-key`;

const notebook = JSON.stringify({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { language_info: { name: "python" } },
  cells: [
    { cell_type: "markdown", metadata: {}, source: ["# Waits\n", "Some notes."] },
    {
      cell_type: "code",
      metadata: {},
      source: ["a = 1\n", "quiet_ending = 71\n", "b = 2"],
      outputs: [],
      execution_count: null,
    },
  ],
});

const files = {
  "src/net/retry.ts": `export const longestRetryWait = ${longestWait};\n`,
  "src/gen/a.ts": "export const generatedOne = 1;\n".repeat(40),
  "src/gen/b.ts": "export const generatedTwo = 2;\n".repeat(40),
  "notes.ipynb": notebook,
  "README.md": "# Sample\n",
  ".env": "SERVICE_PASSWORD=1\n",
  ".gitignore": "build/\n",
  "build/out.js": "built\n",
  "logo.png": "binary",
};

const virtualFiles = {
  "/app/src/wait.ts": `export const longestRetryWait = ${longestWait};\n`,
  "/app/.env": "KEY=1\n",
};

let script: Script = () => "";
let server: ScriptedServer;
let scratch: string;
/** What the editor's own model replies, turn by turn. */
const setReplies = (all: readonly string[]) =>
  writeFileSync(join(scratch, "script.json"), JSON.stringify({ replies: all }));

const skipped = await noEditor();

describe.skipIf(skipped)("the native views and commands in a real editor", () => {
  beforeAll(async () => {
    server = await startScriptedServer((request) => script(request), { models: ["writer", "reader"] });
    scratch = mkdtempSync(join(tmpdir(), "rlm-native-"));
    writeFileSync(join(scratch, "files.json"), JSON.stringify(virtualFiles));
    const folders = [{ uri: "memory:/app", name: "app" }];
    writeFileSync(join(scratch, "virtual.code-workspace"), JSON.stringify({ folders }));
    for (const name of ["client", "server"]) {
      mkdirSync(join(scratch, name));
      writeFileSync(join(scratch, name, "main.ts"), `export const ${name} = 1;\n`);
      writeFileSync(join(scratch, name, "other.ts"), "export const other = 2;\n");
    }
    const several = [{ path: "client" }, { path: "server" }];
    writeFileSync(join(scratch, "several.code-workspace"), JSON.stringify({ folders: several }));
    setReplies(["Hello."]);
  });

  const editor = sharedEditor(async () => ({
    files,
    vsix: [await packageCompanion(scratch)],
    env: { COMPANION_SCRIPT: join(scratch, "script.json"), COMPANION_FILES: join(scratch, "files.json") },
    settings: { "rlm.directBelowTokens": 0, "workbench.editor.enablePreview": true },
    viewport: { width: 1400, height: 1000 },
  }));

  afterAll(async () => {
    await server.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  beforeEach(() => tidy(editor().page));

  const useServer = () => {
    const change = { "rlm.baseUrl": server.baseUrl, "rlm.model": "writer", "rlm.subModel": "reader" };
    setMachineSettings(editor(), change);
    return "Answered by writer with reader at";
  };
  const useOffline = () => {
    setMachineSettings(editor(), { "rlm.baseUrl": "", "rlm.model": "offline", "rlm.subModel": "" });
    return "Answered offline, by search.";
  };
  const runsOnDisk = () => {
    const storage = join(editor().profile.userData, "User/globalStorage/recursive-lm.rlm-vscode/workspaces");
    const all = readdirSync(storage, { recursive: true, encoding: "utf8" });
    return all.filter((name) => name.endsWith(".jsonl")).map((name) => join(storage, name));
  };

  it("lists a run by its day with cost and time, opens its trace from the log, exports and deletes it", async () => {
    const { page, profile } = editor();
    await ask(page, "What is the longest wait before a retry?", useOffline());
    await ended(page, "Answered offline");
    const runs = await openView(page, "Runs");
    expect(await labels(runs)).toEqual(["Today", "What is the longest wait before a retry?"]);
    const row = rowOf(runs, "What is the longest wait");
    expect(await row.locator(".label-description").textContent()).toMatch(/^\$0 · [\d.]+ m?s$/);
    expect(await row.getAttribute("aria-label")).toContain("answered");
    expect(runsOnDisk()).toHaveLength(1);

    await runCommand(page, "View: Close All Editors");
    await row.click();
    await ended(page, "Answered offline");
    expect(await trace(page).locator(".details .markdown").textContent()).toContain(String(longestWait));

    await row.hover();
    await row.getByRole("button", { name: /Export Run/ }).click();
    await pickQuickItem(page, "Markdown");
    const name = "rlm-what-is-the-longest-wait-before-a-retry.md";
    const target = join(profile.workspace, name);
    // The dialog offers the name and completes it as it is typed: taken as it is.
    await quickInput(page, "RLM: Export Run").locator("input").first().press("Enter");
    await notification(page, `RLM: The run was exported to ${name}.`).waitFor();
    expect(readFileSync(target, "utf8")).toMatch(new RegExp(`## Question[\\s\\S]+longestRetryWait = ${longestWait}`));
    rmSync(target);

    await row.hover();
    await row.getByRole("button", { name: /Delete Run/ }).click();
    const dialog = page.locator(".monaco-dialog-box", { hasText: "Delete the run “What is the longest wait" });
    await dialog.getByRole("button", { name: "Delete" }).click();
    await runs.getByText("No question has been asked about this workspace yet.").waitFor();
    expect(runsOnDisk()).toEqual([]);
  });

  it("follows a run that goes on in the list and the status bar, and tells one that failed", async () => {
    const { page } = editor();
    const held = gate();
    script = () => heldReply("I begin", "", held);
    await ask(page, "Will it end?", useServer());
    await ended(page, "the model is writing");
    const runs = await openView(page, "Runs");
    const row = rowOf(runs, "Will it end?");
    await row.locator(".label-description", { hasText: "turn 1" }).waitFor();
    const status = page.locator("[id='recursive-lm.rlm-vscode.rlm.status']");
    await status.getByText("RLM turn 1").waitFor();
    await runCommand(page, "View: Close All Editors");
    await status.locator("a").click();
    await ended(page, "the model is writing");
    await row.hover();
    await row.getByRole("button", { name: "Stop Run" }).click();
    await ended(page, "Cancelled");
    await row.and(page.locator("[aria-label*=cancelled]")).waitFor();

    script = () => ({ raw: (_request, response) => void response.writeHead(400).end("{}") });
    await ask(page, "Will it fail?", "Answered by writer");
    await ended(page, "Failed");
    await status.locator(".codicon-error").waitFor();
    await rowOf(runs, "Will it fail?").and(page.locator("[aria-label*=failed]")).waitFor();
  });

  it("shows a run of another window of the same workspace, as long as it goes on there and after", async () => {
    const { page } = editor();
    const held = gate();
    script = () => heldReply("I begin", "", held);
    await openQuestion(page, useServer());
    await page.keyboard.press("Escape");
    const runs = await openView(page, "Runs");
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.locator(".monaco-workbench").waitFor();
    await ask(other, "Asked elsewhere?", "Answered by writer");
    await ended(other, "the model is writing");
    await page.bringToFront();
    const row = rowOf(runs, "Asked elsewhere?");
    await row.and(page.locator("[aria-label*=running]")).waitFor();
    await row.hover();
    expect(await row.getByRole("button", { name: "Stop Run" }).count()).toBe(0);
    await other.bringToFront();
    await runCommand(other, "RLM: Stop");
    await ended(other, "Cancelled");
    await other.close();
    await page.bringToFront();
    await row.and(page.locator("[aria-label*=cancelled]")).waitFor();
  });

  it("shows what would be asked about with sizes and reasons, and leaves out what is unchecked", async () => {
    const { page } = editor();
    useOffline();
    const context = await openView(page, "Context");
    await context.getByText(/^6 files · ≈[\d.]+k? tokens$/).waitFor();
    expect(await labels(context)).toEqual(["src", ".gitignore", "README.md", "notes.ipynb", "Left out"]);
    await rowOf(context, "Left out").locator(".monaco-tl-twistie").click();
    await rowOf(context, "Secret").locator(".monaco-tl-twistie").click();
    await rowOf(context, ".env").waitFor();
    await rowOf(context, "Ignored").waitFor();
    await rowOf(context, "Binary").waitFor();

    await rowOf(context, "src").locator(".monaco-tl-twistie").click();
    await rowOf(context, "gen").locator(".monaco-custom-toggle").click();
    await context.getByText(/^4 files · ≈/).waitFor();
    await rowOf(context, "src")
      .locator(".label-description", { hasText: /^1 of 3 files/ })
      .waitFor();
    script = replies([cell('print(list().join(" "));\nshow("README.md");'), answer("Done.")]);
    const before = server.requests.length;
    await ask(page, "What is there?", useServer());
    await ended(page, "Answered");
    const sent = JSON.stringify(server.requests.slice(before).map(({ messages }) => messages.slice(1)));
    expect(sent).toContain("src/net/retry.ts");
    expect(sent).not.toMatch(/src\/gen\/[ab]\.ts|generatedOne/);

    await editor().reload();
    const again = await openView(page, "Context");
    await again.getByText(/^4 files · ≈/).waitFor();
    // The editor's watcher may not have begun when the view shows, and what is written before that it does not tell.
    const write = () => writeFileSync(join(editor().profile.workspace, "new.ts"), "export const fresh = 1;\n");
    await vi.waitFor(
      async () => {
        write();
        await again.getByText(/^5 files · ≈/).waitFor({ timeout: 4_000 });
      },
      { timeout: 40_000 },
    );
    rmSync(join(editor().profile.workspace, "new.ts"));
    await runCommand(page, "RLM: Ask About Everything Again");
    await again.getByText(/^6 files · ≈/).waitFor();
  });

  it("tells by a short question whether a model answers, and what is wrong where it does not", async () => {
    const { page, profile } = editor();
    script = () => ({ deltas: ["one ", 20, "two ", "three"] });
    await openQuestion(page, useServer());
    await page.keyboard.press("Escape");
    await runCommand(page, "RLM: Test Connection");
    const both = notification(page, "RLM: writer at");
    await both.waitFor();
    expect(await both.textContent()).toMatch(
      /writer at \S+ answers: first words after .* reader at \S+ answers: first/,
    );
    await tidy(page);

    script = () => ({
      raw: (_request, response) => void response.writeHead(401).end(`{"error":{"message":"${wrongKey}"}}`),
    });
    await page.waitForTimeout(1_000); // VS Code shows no more than three notifications within 800 ms.
    await runCommand(page, "RLM: Test Connection");
    await notification(page, "wants a key (401)").getByRole("button", { name: "Set API Key…" }).waitFor();
    await tidy(page);

    await runCommand(page, "RLM: Show Log");
    await page
      .locator(".view-line", { hasText: /wants.a.key/ })
      .first()
      .waitFor();
    const logs = readdirSync(join(profile.userData, "logs"), { recursive: true, encoding: "utf8" });
    const ours = logs.filter((name) => name.endsWith("RLM.log"));
    expect(ours).not.toEqual([]);
    const written = ours.map((name) => readFileSync(join(profile.userData, "logs", name), "utf8")).join("\n");
    expect(written).toContain("auth: ");
    expect(written).not.toMatch(new RegExp(`${wrongKey}|longestRetryWait|What is`));
    await runCommand(page, "View: Hide Panel");
  });

  it("takes another endpoint with its model, and forgets the models of the one before", async () => {
    const { page, profile } = editor();
    await openQuestion(page, useOffline());
    await page.keyboard.press("Escape");
    await runCommand(page, "RLM: Choose Model…");
    await pickQuickItem(page, "Use another endpoint…", "Now: offline");
    await pickQuickItem(page, "Any other", "RLM: Choose Endpoint");
    await answerQuickInput(page, "ftp://nowhere", "The base URL of");
    await quickInput(page, "RLM: Choose Endpoint").getByText("is not an http(s) URL").waitFor();
    await answerQuickInput(page, server.baseUrl, "RLM: Choose Endpoint");
    await pickQuickItem(page, "reader", "Now: none chosen");
    await vi.waitFor(() => {
      const settings = JSON.parse(readFileSync(machineSettingsFile(profile.userData), "utf8"));
      expect(settings).toMatchObject({ "rlm.baseUrl": server.baseUrl, "rlm.model": "reader" });
    });
  });

  it("asks a model of VS Code, with quota and cancel told apart, and never offers our own", async () => {
    const { page } = editor();
    await openQuestion(page, useOffline());
    await page.keyboard.press("Escape");
    setReplies([cell('show(search("longestRetryWait"));'), answer("It is **{found} ms**.")]);
    await runCommand(page, "RLM: Choose Model…");
    await quickInput(page, "Now: offline").locator(".label-name", { hasText: "Parrot" }).waitFor();
    expect(await quickInput(page).locator(".label-name", { hasText: "RLM (" }).count()).toBe(0);
    await pickQuickItem(page, "Parrot", "Now: offline");
    await ask(page, "What is the longest wait?", "Answered by vscode:companion/parrot.");
    await ended(page, "Answered");
    expect(await trace(page).locator(".details .markdown strong").textContent()).toBe(`${longestWait} ms`);

    setReplies(["blocked"]);
    await ask(page, "And now?", "Answered by vscode:companion/parrot.");
    await notification(page, "The quota of “vscode:companion/parrot” is used up").waitFor();
    await tidy(page);

    setReplies(["never"]);
    await ask(page, "Will it end?", "Answered by vscode:companion/parrot.");
    await ended(page, "waiting for the model");
    await runCommand(page, "RLM: Stop");
    await ended(page, "Cancelled");
    useOffline();
  });

  it("opens the cell of a notebook that a citation stands for", async () => {
    const { page } = editor();
    script = replies([
      cell('show(search("quiet_ending"));'),
      (last) => answer(`It ends quietly [notes.ipynb:${/(\d+): quiet_ending/.exec(last)?.[1]}].`),
    ]);
    await ask(page, "How does it end?", useServer());
    await ended(page, "Answered");
    await trace(page)
      .getByRole("button", { name: /^notes\.ipynb:/ })
      .click();
    await page.getByRole("tab", { name: "notes.ipynb" }).waitFor();
    await page.getByText("Cell 2 of 2").waitFor();
    await page.locator(".notebookOverlay .selected-text").first().waitFor();
    expect(await page.locator(".tabs-container .tab").count()).toBe(2);
  });

  it("asks about a text that has no file yet, and opens it where it is cited", async () => {
    const { page } = editor();
    await runCommand(page, "File: New Untitled Text File");
    await page.locator(".editor-instance .view-line").first().click();
    await page.keyboard.type("export const unsavedIdea = 71;");
    script = replies([
      cell('show(search("unsavedIdea"));'),
      (last) => answer(`It is an idea [${/(Untitled-\d+)/.exec(last)?.[1]}:1].`),
    ]);
    await ask(page, "What is the idea?", useServer());
    await ended(page, "Answered");
    await trace(page)
      .getByRole("button", { name: /^Untitled-\d+:1$/ })
      .click();
    await page.getByText("Ln 1, Col 31 (30 selected)").waitFor();
    await page.keyboard.press("Delete");
    await page.locator(".tab", { hasText: "Untitled-1" }).locator(":scope:not(.dirty)").first().waitFor();
  });

  it("asks about all folders of a workspace by their names, without what is unchecked in one of them", async () => {
    const { page } = editor();
    await openWorkspaceFile(page, join(scratch, "several.code-workspace"), "server");
    await openQuestion(page, useServer());
    await page.keyboard.press("Escape");
    const context = await openView(page, "Context");
    await context.getByText(/^4 files · ≈/).waitFor();
    await rowOf(context, "server").locator(".monaco-tl-twistie").click();
    await rowOf(context, "other.ts").locator(".monaco-custom-toggle").click();
    await context.getByText(/^3 files · ≈/).waitFor();
    script = replies([
      cell('print(list().join(" "));\nshow("server/main.ts");'),
      (last) => answer(`${last.includes("client/main.ts client/other.ts server/main.ts\n")} [server/main.ts:1].`),
    ]);
    await ask(page, "What is there?", "Answered by writer");
    await ended(page, "Answered");
    expect(await trace(page).locator(".details .markdown").textContent()).toContain("true");
    await trace(page).getByRole("button", { name: "main.ts:1" }).click();
    await page.getByText("Ln 1, Col 25 (24 selected)").waitFor();
    await editor().reload();
  });

  it("reads a workspace that is not on disk, and opens what is cited in it", async () => {
    const { page } = editor();
    useOffline();
    await openWorkspaceFile(page, join(scratch, "virtual.code-workspace"), "src");
    await ask(page, "What is the longest wait before a retry?", "Answered offline, by search.");
    await ended(page, "Answered offline");
    const shown = trace(page).locator(".details .markdown");
    expect(await shown.textContent()).toContain(`longestRetryWait = ${longestWait}`);
    await shown
      .getByRole("button", { name: /^wait\.ts:/ })
      .first()
      .click();
    await page.getByRole("tab", { name: "wait.ts" }).waitFor();
    const context = await openView(page, "Context");
    await context
      .getByText(/^1 file · ≈/)
      .first()
      .waitFor();
    await editor().reload();
  });

  it("has a walkthrough whose pictures show", async () => {
    const { page } = editor();
    await runCommand(page, "Welcome: Open Walkthrough...");
    await pickQuickItem(page, "Ask the Whole Codebase");
    await page.locator(".getting-started-step", { hasText: "Choose who answers" }).first().click();
    await page
      .locator(".getting-started-media iframe, .getting-started-media svg, .getting-started-media .webview")
      .first()
      .waitFor();
    expect(await page.locator(".getting-started-step .step-title").count()).toBeGreaterThanOrEqual(5);
  });
});

/** Opens one of our views in the side bar, with the others folded. */
async function openView(page: Page, name: "Runs" | "Context"): Promise<Locator> {
  await runCommand(page, `${name === "Runs" ? "RLM: " : "RLM: "}Focus on ${name} View`);
  for (const other of ["Chat", "Runs", "Context"]) {
    if (other === name) continue;
    const header = page.locator(`.pane-header[aria-label^="${other}"]`);
    if ((await header.getAttribute("aria-expanded")) === "true") await header.click();
  }
  const pane = page.locator(".pane", { has: page.locator(`.pane-header[aria-label^="${name}"]`) });
  await pane.locator(".pane-body").waitFor();
  return pane;
}

function rowOf(pane: Locator, label: string): Locator {
  const rows = pane.locator(".monaco-list-row");
  return rows.filter({ has: pane.page().locator(`.label-name`, { hasText: label }) }).first();
}

async function labels(pane: Locator): Promise<string[]> {
  await pane.locator(".monaco-list-row").first().waitFor();
  return pane.locator(".monaco-list-row .label-name").allInnerTexts();
}
