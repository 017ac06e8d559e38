import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ScriptedServer, startScriptedServer } from "../support/scripted-server.ts";
import { noEditor } from "./editor.ts";
import { ask, chat, ended, sharedEditor, tidy, trace } from "./extension.ts";
import { notification, runCommand } from "./workbench.ts";

let server: ScriptedServer;

const skipped = await noEditor();

describe.skipIf(skipped)("a window that may do less", () => {
  beforeAll(async () => {
    server = await startScriptedServer(() => "never asked");
  });

  const editor = sharedEditor(async () => ({
    files: { "src/retry.ts": "export const longestRetryWait = 8_000;\n", "README.md": "# Sample\n" },
    machineSettings: { "rlm.baseUrl": server.baseUrl, "rlm.model": "scripted" },
    trusted: false,
  }));

  afterAll(() => server.close());

  beforeEach(() => tidy(editor().page));

  it("answers offline alone in a workspace that is not trusted, whatever the settings name", async () => {
    const { page } = editor();
    await ask(page, "What is the longest wait before a retry?", "because this workspace is not trusted");
    await ended(page, "Answered offline, by search");
    expect(await trace(page).locator(".details .markdown").textContent()).toContain("longestRetryWait = 8_000");
    await runCommand(page, "RLM: Test Connection");
    const offline = notification(
      page,
      "This workspace is not trusted, so questions are answered offline. Nothing was sent.",
    );
    await offline.getByRole("button", { name: "Manage Workspace Trust" }).waitFor();
    expect(server.requests).toEqual([]);
  });

  it("says in the chat what is off, and who could change that", async () => {
    const { page } = editor();
    await runCommand(page, "RLM: New Chat");
    await chat(page).getByText("This workspace is not trusted: questions are answered offline, by search.").waitFor();
    await chat(page).getByRole("button", { name: "Manage Trust" }).waitFor();
  });

  it("says what is missing where no folder is open", async () => {
    const { page } = editor();
    await page.goto(`${new URL(page.url()).origin}/?ew=true`);
    await page.locator(".monaco-workbench.vs-dark").waitFor();
    await runCommand(page, "RLM: Ask About Workspace…");
    const missing = notification(page, "RLM: There is no folder to ask about. Open one first.");
    await missing.getByRole("button", { name: "Open Folder…" }).waitFor();
    await runCommand(page, "RLM: New Chat");
    await chat(page).getByRole("button", { name: "Open Folder" }).waitFor();
  });
});
