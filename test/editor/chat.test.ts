import { randomInt } from "node:crypto";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { answer, cell } from "../support/asking.ts";
import { type Script, type ScriptedServer, startScriptedServer } from "../support/scripted-server.ts";
import { noEditor, screenshot } from "./editor.ts";
import { chat, gate, heldReply, setMachineSettings, sharedEditor, tidy, trace } from "./extension.ts";
import { answerQuickInput, notification, pickQuickItem, quickInput, runCommand } from "./workbench.ts";

// Nothing of these is known to the scripts: they read the numbers from what the engine sends them.
const longestWait = randomInt(10_000, 99_999);
const waitLine = randomInt(20, 60);

const retry = [
  ...Array.from({ length: waitLine - 1 }, (_, i) => `// Note ${i + 1} on the network.`),
  `export const longestRetryWait = ${longestWait};`,
  "export const attempts = 5;",
  "",
].join("\n");

const files = {
  "src/net/retry.ts": retry,
  "src/main.ts": "export const main = 1;\n",
  "README.md": "# Sample\n\nA client that sends requests.\n",
  "test/main.test.ts": "it('works');\n",
};

let script: Script = () => "";
let server: ScriptedServer;

const skipped = await noEditor();

describe.skipIf(skipped)("the chat in a real editor", () => {
  beforeAll(async () => {
    server = await startScriptedServer((request) => script(request), { models: ["writer", "reader"] });
  });

  const editor = sharedEditor(async () => ({
    files,
    settings: {
      "rlm.directBelowTokens": 0,
      "rlm.askBeforeCalls": 5,
      "rlm.prices": { pricey: { input: 10, output: 10 } },
    },
  }));

  afterAll(() => server.close());

  beforeEach(async () => {
    await tidy(editor().page);
    await runCommand(editor().page, "RLM: New Chat");
    await question(editor().page).waitFor();
  });

  /** From now on the server answers; the chat says so. */
  const answerByServer = async () => {
    setMachineSettings(editor(), { "rlm.baseUrl": server.baseUrl, "rlm.model": "writer", "rlm.subModel": "reader" });
    await chat(editor().page)
      .getByRole("button", { name: /^writer:/ })
      .waitFor();
  };

  it("says before the first question that no key is set, and asks offline", async () => {
    const { page } = editor();
    await chat(page).getByText("No API key is set").waitFor();
    expect(await chat(page).locator(".example").allInnerTexts()).toEqual([
      "What does this project do, and where does it start?",
      "Which modules are there, and how do they depend on each other?",
      "What do the tests cover, and what do they leave out?",
    ]);
    await ask(page, "What is the longest retry wait?");
    await last(page).getByText("without a language model").waitFor();
    expect(await last(page).locator(".markdown").textContent()).toContain(`longestRetryWait = ${longestWait}`);
    await screenshot(page, "chat-offline");
  });

  it("shows steps as they come, the answer, opens what it cites, and goes on from there", async () => {
    const { page } = editor();
    await answerByServer();
    const [subCalls, rest] = [gate(), gate()];
    script = async ({ messages, model }) => {
      const told = messages.at(-1)?.content ?? "";
      const turn = messages.filter(({ role }) => role === "assistant").length;
      if (model === "reader") {
        await subCalls.opened;
        return `It waits ${/= (\d{5})/.exec(told)?.[1]} ms.`;
      }
      if (turn === 0) return cell('const hits = search("longestRetryWait =");\nhits');
      if (turn === 1) {
        return cell(
          "const notes = await llm_query_batched([hits[0].text, hits[0].text + '?'].map((t) => `How long?\\n${t}`));\nshow(hits);\nprint(notes[0], 'at', hits[0].path, hits[0].line);",
        );
      }
      const [, ms, path, line] = /It waits (\d+) ms\. at (\S+) (\d+)/.exec(told) ?? [];
      const [first, second] = answer(`It waits at most **${ms} ms** [${path}:${line}], see [old.md:3].`).split("**,");
      return heldReply(first ?? "", second ?? "", rest);
    };
    await ask(page, "How long is the longest wait?");
    await last(page).getByText("asking 2 sub-models", { exact: true }).waitFor();
    expect(await last(page).locator(".step").allInnerTexts()).toEqual([
      expect.stringMatching(/^searched “longestRetryWait =”\s+1 hit, 1 file$/),
      expect.stringMatching(/^asking 2 sub-models\s+0\/2$/),
    ]);
    await screenshot(page, "chat-running");
    subCalls.open();
    await last(page)
      .locator(".markdown strong", { hasText: `${longestWait} ms` })
      .waitFor();
    rest.open();
    await last(page).getByRole("button", { name: "Copy the answer" }).waitFor();
    expect(await last(page).locator(".caret").count()).toBe(0);
    expect((await last(page).locator(".citation").allInnerTexts()).map((text) => text.trim())).toEqual([
      `retry.ts:${waitLine}`,
      "old.md:3 not found",
    ]);
    expect(await last(page).locator(".about").textContent()).toContain("4 files");
    expect(await last(page).locator(".footer .figures").textContent()).toMatch(/^3.turns · 2.calls · /);

    await last(page).locator(".citation").first().click();
    const column = `export const longestRetryWait = ${longestWait};`.length + 1;
    await page.getByText(`Ln ${waitLine}, Col ${column} (${column - 1} selected)`).waitFor();

    // Where the mouse rests already it is not told again.
    await last(page).locator(".about").hover();
    await last(page).locator(".citation").first().hover();
    const behind = last(page).getByRole("group", { name: "Behind this sentence" });
    await behind.getByText(`longestRetryWait = ${longestWait}`).waitFor();
    await behind.getByText("Shown to: Turn").waitFor();
    await screenshot(page, "chat-behind");

    // What is below the popup can be reached once the mouse has left it.
    await last(page).locator(".about").hover();
    await behind.waitFor({ state: "detached" });
    await last(page).getByRole("button", { name: "Open the trace" }).click();
    await trace(page).locator(".tree-row").first().waitFor();

    const before = server.requests.length;
    script = ({ messages }) =>
      messages.length < 4 ? cell('show("src/main.ts");') : answer("It is the same as before.");
    await ask(page, "And in main?");
    await last(page).getByText("It is the same as before.").waitFor();
    const told = server.requests[before]?.messages.map(({ content }) => content).join() ?? "";
    expect(told).toContain("How long is the longest wait?");
    expect(told).toContain(`It waits at most **${longestWait} ms**`);
  });

  it("stops a run, lets the next question wait for it, and keeps the conversation when the window is loaded anew", async () => {
    const { page, profile } = editor();
    await answerByServer();
    script = () => heldReply("I begin", "", null);
    const abandoned = server.abandoned;
    await ask(page, "Will it end?");
    await last(page).getByText("the model is writing").waitFor();
    await ask(page, "And then?");
    await last(page).getByText("Waits for the question before.").waitFor();
    script = ({ messages }) => (messages.length < 4 ? cell('show("src/main.ts");') : answer("Then **this**."));
    await chat(page).getByRole("button", { name: "Stop" }).click();
    await exchange(page, 0).getByText("Cancelled").waitFor();
    await vi.waitFor(() => expect(server.abandoned).toBe(abandoned + 1));
    await last(page).locator(".markdown strong", { hasText: "this" }).waitFor();

    await runCommand(page, "Developer: Reload Window");
    await page.locator(".monaco-workbench").waitFor();
    await last(page).locator(".markdown strong", { hasText: "this" }).waitFor();
    expect(await chat(page).locator(".question").allInnerTexts()).toEqual(["Will it end?", "And then?"]);
    const kept = filesUnder(profile.userData).filter((file) => /\/chats\/[0-9a-f-]+\.json$/.test(file));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.every((file) => (statSync(file).mode & 0o077) === 0)).toBe(true);
  });

  it("says of a run that its window has taken along that it was interrupted, and asks again", async () => {
    const { page } = editor();
    await answerByServer();
    script = () => heldReply("I begin", "", null);
    await ask(page, "Will it stay?");
    await last(page).getByText("the model is writing").waitFor();
    await runCommand(page, "Developer: Reload Window");
    await last(page)
      .getByText(/Interrupted|Cancelled/)
      .waitFor();
    script = ({ messages }) => (messages.length < 4 ? cell('show("src/main.ts");') : answer("It **stays**."));
    await last(page).getByRole("button", { name: "Ask Again" }).click();
    await last(page).locator(".markdown strong", { hasText: "stays" }).waitFor();
    expect(await chat(page).locator(".question").allInnerTexts()).toEqual(["Will it stay?"]);
  });

  it("asks only about the lines that are selected in the editor, and marks what changes afterwards", async () => {
    const { page, profile } = editor();
    await answerByServer();
    await runCommand(page, "View: Close All Editors");
    await page.keyboard.press("ControlOrMeta+P");
    await quickInput(page).locator("input[type=text]").fill("main.ts");
    await page
      .locator(".quick-input-list .monaco-list-row")
      .filter({ has: page.getByText("main.ts", { exact: true }) })
      .first()
      .click();
    await page.locator(".editor-instance .view-line").first().waitFor();
    await runCommand(page, "View: Focus Active Editor Group");
    await page.keyboard.press("ControlOrMeta+A");
    await runCommand(page, "RLM: Ask in Chat");
    await chat(page).locator(".chip", { hasText: "main.ts" }).waitFor();
    const before = server.requests.length;
    script = ({ messages }) =>
      messages.length < 4 ? cell('print(list());\nshow("src/main.ts");') : answer("One [src/main.ts:1].");
    await ask(page, "What is it?");
    await last(page).locator(".citation").waitFor();
    const told = JSON.stringify(server.requests.slice(before).map(({ messages }) => messages));
    expect(told).toContain("(I point at: src/main.ts:1");
    expect(told).not.toContain("longestRetryWait");
    expect(await last(page).locator(".about").textContent()).toMatch(/^src\/main\.ts:1.* · 1 file/);

    writeFileSync(join(profile.workspace, "src/main.ts"), "export const main = 2;\n");
    await runCommand(page, "RLM: New Chat");
    await chat(page).locator(".empty").waitFor();
    await runCommand(page, "RLM: Chat History…");
    await pickQuickItem(page, "What is it?", "Open an earlier conversation");
    await last(page).locator(".citation", { hasText: "changed since" }).waitFor();
  });

  it("completes paths behind an @, and takes the limit that is chosen", async () => {
    const { page } = editor();
    await answerByServer();
    await question(page).pressSequentially("What is @retr");
    await chat(page)
      .getByRole("option", { name: /retry\.ts/ })
      .waitFor();
    await page.keyboard.press("Enter");
    await chat(page).locator(".chip", { hasText: "retry.ts" }).waitFor();
    expect(await question(page).inputValue()).toBe("What is src/net/retry.ts ");
    await chat(page)
      .getByRole("button", { name: /^up to/ })
      .click();
    await pickQuickItem(page, "up to $0.25", "What one question of this conversation may cost");
    await chat(page)
      .getByRole("button", { name: /^up to \$0\.25/ })
      .waitFor();
  });

  it("asks in the conversation, and nowhere else, whether many calls may be made", async () => {
    const { page } = editor();
    await answerByServer();
    script = ({ messages, model }) => {
      if (model === "reader") return "Yes.";
      if (messages.length > 3) return answer("They **are**.");
      return cell("const all = await llm_query_batched([1, 2, 3, 4, 5, 6].map((n) => `Is it ${n}?`));\nall");
    };
    await ask(page, "Are they?");
    await last(page).getByText("Cell 1 of turn 1 wants 6 sub-calls").waitFor();
    await screenshot(page, "chat-asking");
    expect(await notification(page, "wants 6 sub-calls").count()).toBe(0);
    await last(page).getByRole("button", { name: "Run all" }).click();
    await last(page).locator(".markdown strong", { hasText: "are" }).waitFor();
    expect(await last(page).locator(".footer .figures").textContent()).toContain("6\u00a0calls");
  });

  it("says at which limit a run has stopped, and asks again under a higher one", async () => {
    const { page } = editor();
    setMachineSettings(editor(), { "rlm.baseUrl": server.baseUrl, "rlm.model": "pricey", "rlm.subModel": "pricey" });
    await chat(page)
      .getByRole("button", { name: /^pricey:/ })
      .waitFor();
    await chat(page)
      .getByRole("button", { name: /^up to/ })
      .click();
    await pickQuickItem(page, "Another amount…", "What one question of this conversation may cost");
    await answerQuickInput(page, "0.05", "US dollars that one question may cost");
    await chat(page)
      .getByRole("button", { name: /^up to \$0\.05/ })
      .waitFor();
    script = ({ messages }) => {
      const told = messages.at(-1)?.content ?? "";
      if (told.includes("spent all that it may")) return answer("So far: nothing.");
      return messages.length < 4
        ? cell(`show("src/main.ts"); print("${"x".repeat(4_000)}");`)
        : answer("It is **one**.");
    };
    await ask(page, "What is main?");
    await last(page)
      .getByText(/Stopped at your limit of \$0\.05: (partial|no) answer/)
      .waitFor();
    await last(page).getByRole("button", { name: "Ask again with up to $0.25" }).click();
    await last(page).locator(".markdown strong", { hasText: "one" }).waitFor();
    await chat(page)
      .getByRole("button", { name: /^up to \$0\.25/ })
      .waitFor();
  });

  it("says what is wrong with the one button that mends it", async () => {
    const { page } = editor();
    const locked = await startScriptedServer(script, { models: ["writer"], apiKey: "right" });
    setMachineSettings(editor(), { "rlm.baseUrl": locked.baseUrl, "rlm.model": "guarded" });
    await chat(page)
      .getByRole("button", { name: /^guarded:/ })
      .waitFor();
    await ask(page, "What is it?");
    await last(page).getByText("wants a key (401)").waitFor();
    await last(page).getByRole("button", { name: "Set API Key…" }).click();
    await quickInput(page, "RLM: Set API Key").waitFor();
    await page.keyboard.press("Escape");
    expect(await notification(page, "wants a key").count()).toBe(0);
    await locked.close();
  });
});

function question(page: Page): Locator {
  return chat(page).getByRole("textbox", { name: "Question" });
}

async function ask(page: Page, text: string): Promise<void> {
  await question(page).fill(text);
  await question(page).press("Enter");
  await chat(page).locator(".question", { hasText: text }).first().waitFor();
}

function exchange(page: Page, index: number): Locator {
  return chat(page).locator(".exchange").nth(index);
}

function last(page: Page): Locator {
  return chat(page).locator(".exchange").last();
}

function filesUnder(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
