import { randomInt } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { answer, cell, replies } from "../support/asking.ts";
import { packageCompanion } from "../support/packaged.ts";
import { type Script, type ScriptedServer, startScriptedServer } from "../support/scripted-server.ts";
import { noEditor, screenshot } from "./editor.ts";
import { ended, gate, heldReply, setMachineSettings, sharedEditor, tidy } from "./extension.ts";
import { notification, pickQuickItem, quickInput, runCommand } from "./workbench.ts";

// No script knows it: it is read from what the engine sends.
const longestWait = randomInt(10_000, 99_999);

const files = {
  "src/net/retry.ts": `// Retries\nexport const longestRetryWait = ${longestWait};\n`,
  "docs/notes.md": "# Notes\nNothing about waits here.\n",
  ".env": "SERVICE_PASSWORD=1\n",
};

/** Looks for the wait, then answers what it was shown. */
const lookedUp = replies([
  cell('show(search("longestRetryWait"));'),
  (last) => answer(`It is **${/longestRetryWait = (\d+)/.exec(last)?.[1] ?? "unknown"}** ms [src/net/retry.ts:2].`),
]);

let script: Script = lookedUp;
let server: ScriptedServer;
let scratch: string;

const skipped = await noEditor();

describe.skipIf(skipped)("other agents and VS Code's own chat", () => {
  beforeAll(async () => {
    server = await startScriptedServer((request) => script(request), { models: ["writer"] });
    scratch = mkdtempSync(join(tmpdir(), "rlm-agents-"));
    writeFileSync(join(scratch, "script.json"), JSON.stringify({ replies: ["Hello."] }));
  });

  const editor = sharedEditor(async () => ({
    files,
    vsix: [await packageCompanion(scratch)],
    env: { COMPANION_SCRIPT: join(scratch, "script.json"), COMPANION_TOOL: join(scratch, "tool.json") },
    settings: { "rlm.directBelowTokens": 0 },
    machineSettings: { "rlm.baseUrl": server.baseUrl, "rlm.model": "writer" },
    viewport: { width: 1400, height: 1000 },
  }));

  afterAll(async () => {
    await server.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  beforeEach(async () => {
    script = lookedUp;
    await tidy(editor().page);
  });

  const setReplies = (all: readonly string[]) =>
    writeFileSync(join(scratch, "script.json"), JSON.stringify({ replies: all }));
  const toolResult = () => join(scratch, "tool.json.result");
  /** Lets the other extension invoke our tool. @returns the question that VS Code asks its user first */
  const invokeTool = async (page: Page, input: unknown): Promise<Locator> => {
    rmSync(toolResult(), { force: true });
    writeFileSync(join(scratch, "tool.json"), JSON.stringify({ name: "rlm_ask_codebase", input }));
    await runCommand(page, "Companion: Invoke Tool");
    const question = page.locator(".monaco-dialog-box");
    await question.waitFor();
    return question;
  };
  const toolOutcome = async (): Promise<unknown> => {
    await vi.waitFor(() => expect(existsSync(toolResult())).toBe(true), { timeout: 20_000 });
    return vi.waitFor(() => JSON.parse(readFileSync(toolResult(), "utf8")) as unknown);
  };

  describe("the tool", () => {
    it("says what it will read and what that may cost, and answers with checked citations", async () => {
      const { page } = editor();
      const question = await invokeTool(page, { question: "What is the longest wait?" });
      const told = (await question.textContent()) ?? "";
      expect(told).toContain("Let RLM read the codebase?");
      expect(told).toContain("What is the longest wait?");
      expect(told).toContain("Reads: all of workspace");
      expect(told).toContain("Answered by writer at 127.0.0.1");
      expect(told).toContain("Costs at most $1.00");
      expect(server.requests).toEqual([]);
      await question.getByRole("button", { name: "Yes" }).click();
      expect(await toolOutcome()).toEqual({ text: expect.stringContaining(`It is **${longestWait}** ms`) });
      expect(await toolOutcome()).toEqual({ text: expect.stringContaining("- src/net/retry.ts:2-2 (read") });
    });

    it("reads nothing but the paths that it is given, and none outside of the workspace", async () => {
      const { page } = editor();
      const question = await invokeTool(page, { question: "What is the longest wait?", paths: ["docs"] });
      expect(await question.textContent()).toContain("Reads: docs");
      await question.getByRole("button", { name: "Yes" }).click();
      expect(await toolOutcome()).toEqual({ text: expect.stringContaining("It is **unknown** ms") });
      const outside = await invokeTool(page, { question: "What is it?", paths: ["../../etc"] });
      await outside.getByRole("button", { name: "Yes" }).click();
      expect(await toolOutcome()).toEqual({ error: expect.stringContaining('There is no "../../etc"') });
    });

    it("ends its run when whoever asked gives up", async () => {
      const { page } = editor();
      const held = gate();
      const asked = gate();
      script = () => {
        asked.open();
        return heldReply("I", " wait", held);
      };
      const question = await invokeTool(page, { question: "Will it end?" });
      await question.getByRole("button", { name: "Yes" }).click();
      await asked.opened;
      await runCommand(page, "Companion: Cancel Tool");
      expect(await toolOutcome()).toEqual({ error: expect.stringContaining("Cancel") });
      await page.locator(".statusbar-item", { hasText: "RLM" }).getByText("turn").waitFor({ state: "detached" });
      held.open();
    });
  });

  /** Asks in VS Code's own chat, with the model that is picked there. */
  const askInChat = async (page: Page, typed: string): Promise<void> => {
    await runCommand(page, "Chat: Open Chat");
    await page
      .locator(".interactive-session .chat-input-toolbars", { hasText: /Parrot|RLM/ })
      .first()
      .waitFor();
    await page.locator(".interactive-session .interactive-input-part .monaco-editor").first().click();
    // A participant that was asked before stays in the box.
    await page.keyboard.press("Control+A");
    await page.keyboard.press("Delete");
    await page.keyboard.type(typed, { delay: 20 });
    await page.keyboard.press("Escape"); // closes the suggestions, so that Enter sends
    await page.keyboard.press("Enter");
  };
  const lastResponse = (page: Page) => page.locator(".interactive-session .interactive-response").last();

  describe("@rlm in the Chat view", () => {
    it("answers with the model that is picked there, in steps, with citations that open", async () => {
      const { page } = editor();
      const requests = server.requests.length;
      setReplies([cell('show(search("longestRetryWait"));'), answer("It is **{found}** ms [src/net/retry.ts:2].")]);
      await askInChat(page, "@rlm What is the longest wait?");
      const response = lastResponse(page);
      await response.locator("strong", { hasText: String(longestWait) }).waitFor();
      expect(server.requests).toHaveLength(requests);
      await response.getByText(/^Completed \d+ steps/).waitFor();
      await response.getByText("2 turns, 0 calls").waitFor();
      await response.getByRole("button", { name: "Open Trace" }).waitFor();
      await screenshot(page, "agents-chat");
      await response.locator(".chat-inline-anchor-widget", { hasText: "retry.ts:2" }).click();
      await page.locator(".tabs-container .tab", { hasText: "retry.ts" }).waitFor();
    });

    it("lists with /files what it would read, and opens with /trace what it has done", async () => {
      const { page } = editor();
      await askInChat(page, "@rlm /files ");
      const response = lastResponse(page);
      await response.getByText("src/ · 1 file").waitFor();
      await response.getByText("docs/ · 1 file").waitFor();
      expect(await response.textContent()).not.toContain(".env");
      await askInChat(page, "@rlm /trace ");
      await ended(page, "Answered");
      await screenshot(page, "agents-chat-files");
    });
  });

  /** Adds a file or folder of the explorer to the next question of the chat. */
  const addToChat = async (page: Page, name: string): Promise<void> => {
    await runCommand(page, "View: Show Explorer");
    await page.locator(".explorer-viewlet .monaco-list-row", { hasText: name }).first().click({ button: "right" });
    const entry = page.locator(".monaco-menu .action-item", { hasText: /Add (File|Folder) to Chat/ }).first();
    await entry.hover();
    await entry.click();
    await page.locator(".chat-attached-context-attachment", { hasText: name }).first().waitFor();
  };
  const pickModel = async (page: Page, name: string): Promise<void> => {
    await runCommand(page, "Chat: Open Chat");
    const button = page.locator(".interactive-session .chat-input-toolbars").getByText(/Parrot|RLM/);
    await button.first().click();
    const row = page.locator(".action-widget .monaco-list-row", { hasText: name }).first();
    const others = page.locator(".action-widget").getByText("Other Models");
    await row.or(others).first().waitFor();
    if (!(await row.isVisible())) await others.click();
    await row.click();
    await page.locator(".interactive-session .chat-input-toolbars", { hasText: name }).first().waitFor();
  };

  describe("the model in the picker", () => {
    it("answers from the workspace in words that come one by one, and goes on where the chat stopped", async () => {
      const { page } = editor();
      await pickModel(page, "RLM (writer)");
      await askInChat(page, "@relay What is the longest wait?");
      const response = lastResponse(page);
      await response.locator("strong", { hasText: String(longestWait) }).waitFor();
      await response.getByText("Looking at 2 files").waitFor();
      await response.getByText("RLM: 2 turns, 0 calls").waitFor();
      await screenshot(page, "agents-model");
      await askInChat(page, "@relay And twice that?");
      await lastResponse(page).getByText("RLM: 2 turns, 0 calls").waitFor();
      const asked = server.requests.at(-1)?.messages[1]?.content ?? "";
      expect(asked).toMatch(/^# Question\n\nAnd twice that\?\n\n# Earlier/);
      expect(asked).toContain("## 1. What is the longest wait?\n\nIt is **");
    });

    it("reads nothing of what is held back, nor does @rlm, and both say so", async () => {
      const { page } = editor();
      await pickModel(page, "Parrot");
      const before = server.requests.length;
      setReplies([cell('show(search("longestRetryWait"));'), answer("Nothing.")]);
      await addToChat(page, ".env");
      await askInChat(page, "@rlm What is in it?");
      await lastResponse(page).getByText("Not read: 1 file that may hold secrets").waitFor();
      await addToChat(page, "docs");
      await addToChat(page, ".env");
      await askInChat(page, "@rlm What is here?");
      await lastResponse(page).getByText("2 turns, 0 calls").waitFor();
      await lastResponse(page).getByText("Not read: 1 file that may hold secrets").waitFor();
      await pickModel(page, "RLM (writer)");
      await addToChat(page, ".env");
      await askInChat(page, "@relay What is in it?");
      await lastResponse(page).getByText("Not read: 1 file that may hold secrets").waitFor();
      await lastResponse(page).getByText("RLM: 2 turns").waitFor();
      const sent = JSON.stringify(server.requests.slice(before).map(({ messages }) => messages));
      expect(sent).not.toMatch(/SERVICE_PASSWORD|\.env/);
    });

    it("ends its run when the chat is stopped", async () => {
      const { page } = editor();
      const [held, asked] = [gate(), gate()];
      script = () => {
        asked.open();
        return heldReply("I", " wait", held);
      };
      await askInChat(page, "@relay Will it end?");
      await asked.opened;
      await page.locator(".interactive-session .chat-input-toolbars .codicon-stop-circle").first().click();
      await vi.waitFor(() => expect(server.inFlight).toBe(0), { timeout: 5_000 });
      held.open();
    });
  });

  it("offers the MCP server, which VS Code starts and whose tools it lists", async () => {
    const { page } = editor();
    await runCommand(page, "MCP: List Servers");
    await pickQuickItem(page, "RLM");
    // VS Code has started it by itself where the chat was open before.
    const start = quickInput(page, "Select action for 'RLM'").getByText(/^(Start|Restart) Server$/);
    await start.first().click();
    await runCommand(page, "MCP: List Servers");
    await pickQuickItem(page, "RLM");
    await pickQuickItem(page, "Show Output", "Select action for 'RLM'");
    await page
      .locator(".view-line", { hasText: /Discovered\s3\stools/ })
      .first()
      .waitFor();
  });

  it("serves clients on this machine by commands, with a key, on a port that is free", async () => {
    const { page } = editor();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    setMachineSettings(editor(), { "rlm.server.port": port });
    await vi.waitFor(
      async () => {
        await runCommand(page, "RLM: Start Server");
        await notification(page, `port ${port}: it is in use`).waitFor({ timeout: 5_000 });
      },
      { timeout: 30_000 },
    );
    await notification(page, `port ${port}: it is in use`)
      .getByRole("button", { name: /^Use Port/ })
      .click();
    const told = notification(page, "RLM: The server listens at");
    await told.waitFor();
    await screenshot(page, "agents-server");
    const [url = ""] = /http:\/\/127\.0\.0\.1:\d+\/v1/.exec((await told.textContent()) ?? "") ?? [];
    await told.getByRole("button", { name: "Copy Key" }).click();
    const key = await vi.waitFor(async () => {
      const text = await page.evaluate("navigator.clipboard.readText()");
      expect(text).toMatch(/^[\w-]{32}$/);
      return String(text);
    });
    const ask = (authorization: string) =>
      fetch(`${url}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization },
        body: JSON.stringify({
          model: "rlm-writer",
          messages: [
            { role: "system", content: `notes\nlongestRetryWait = ${longestWait}\n` },
            { role: "user", content: "What is the longest wait?" },
          ],
        }),
      });
    expect((await ask("Bearer wrong")).status).toBe(401);
    const answered = await ask(`Bearer ${key}`);
    expect(await answered.text()).toContain(`It is **${longestWait}** ms`);
    await page.locator(".statusbar-item", { hasText: `RLM :${new URL(url).port}` }).waitFor();
    await runCommand(page, "RLM: Stop Server");
    await page.locator(".statusbar-item", { hasText: `RLM :` }).waitFor({ state: "detached" });
    await expect(ask(`Bearer ${key}`)).rejects.toThrow();
    await new Promise((resolve) => taken.close(resolve));
  });
});
