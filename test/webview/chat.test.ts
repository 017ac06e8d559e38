import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ChatChange, fromChatView } from "../../src/webview/chat/protocol.ts";
import {
  attachedSetup,
  chatSnapshot,
  runningExchange,
  sampleAsking,
  sampleExchange,
  sampleProgress,
  sampleSetup,
} from "../support/sample-chat.ts";
import { buildView, type ChatPage, openChatPage, startBrowser } from "./page.ts";
import { type ThemeName, themes } from "./themes.ts";

let assets: Awaited<ReturnType<typeof buildView>>;
let browser: Awaited<ReturnType<typeof startBrowser>>;
let context: BrowserContext;
const opened: ChatPage[] = [];

beforeAll(async () => {
  [assets, browser] = await Promise.all([buildView("chat"), startBrowser()]);
  context = browser.context;
});

afterAll(() => browser?.close());

afterEach(async () => {
  const offences = opened.flatMap((chat) => chat.offences);
  const sent = opened.flatMap((chat) => chat.sent);
  for (const { page } of opened.splice(0)) await page.close();
  expect(offences).toEqual([]);
  expect(sent.filter((message) => !fromChatView.safeParse(message).success)).toEqual([]);
});

/** The chat after this snapshot. */
async function show(snapshot: ChatChange, theme?: ThemeName, width = 400, kept?: unknown): Promise<ChatPage> {
  const chat = await openChatPage(context, assets, theme, { width, height: 900 }, kept);
  opened.push(chat);
  await chat.send(snapshot);
  return chat;
}

const running = chatSnapshot([sampleExchange(), runningExchange], { progress: sampleProgress() });

function question({ page }: ChatPage) {
  return page.getByRole("textbox", { name: "Question" });
}

describe("before the first question", () => {
  it("offers questions that fit, says who answers, and what will be looked at", async () => {
    const { page, sent } = await show(chatSnapshot([]));
    expect(await page.locator(".empty").textContent()).toContain("Answered by gpt-5 with gpt-5-mini");
    expect(await page.getByRole("button", { name: "≈1,204 files · ≈2.1M tokens" }).isVisible()).toBe(true);
    await page.getByRole("button", { name: "What do the tests cover" }).click();
    expect(await page.getByRole("textbox").inputValue()).toBe("What do the tests cover, and what do they leave out?");
    expect(sent.some(({ type }) => type === "ask")).toBe(false);
    await page.getByRole("button", { name: "≈1,204 files" }).click();
    expect(sent.at(-1)).toEqual({ type: "command", command: "openContext" });
  });

  it("says that no key is set, with the button that sets one", async () => {
    const notice = {
      text: "No API key is set: questions are answered offline, by search.",
      button: { label: "Set API Key", command: "setApiKey" as const },
    };
    const { page, sent } = await show(chatSnapshot([], { setup: { ...sampleSetup, limit: null, notice } }));
    expect(await page.locator(".notice").textContent()).toContain("answered offline");
    expect(await page.getByRole("button", { name: /up to/ }).count()).toBe(0);
    await page.getByRole("button", { name: "Set API Key" }).click();
    expect(sent.at(-1)).toEqual({ type: "command", command: "setApiKey" });
  });

  it("offers to open a folder where none is open", async () => {
    const { page, sent } = await show(chatSnapshot([], { setup: { ...sampleSetup, folder: false, size: null } }));
    expect(await page.locator(".chip").count()).toBe(0);
    await page.getByRole("button", { name: "Open Folder" }).click();
    expect(sent.at(-1)).toEqual({ type: "command", command: "openFolder" });
  });
});

describe("asking", () => {
  it("asks on Enter, breaks the line on Shift+Enter, and asks nothing that is empty", async () => {
    const chat = await show(chatSnapshot([]));
    await question(chat).focus();
    await chat.page.keyboard.press("Enter");
    await chat.page.keyboard.type("  Where?");
    await chat.page.keyboard.press("Shift+Enter");
    await chat.page.keyboard.type("And why?");
    await chat.page.keyboard.press("Enter");
    expect(chat.sent.filter(({ type }) => type === "ask")).toEqual([{ type: "ask", question: "Where?\nAnd why?" }]);
    expect(await question(chat).inputValue()).toBe("");
  });

  it("keeps a question that is too long to be asked, and says so", async () => {
    const chat = await show(chatSnapshot([]));
    await question(chat).fill("x".repeat(200_001));
    await question(chat).press("Enter");
    await chat.page.getByText("This question is too long").waitFor();
    expect(chat.sent.filter(({ type }) => type === "ask")).toEqual([]);
    expect((await question(chat).inputValue()).length).toBe(200_001);
  });

  it("recalls earlier questions, and gives back what was typed", async () => {
    const chat = await show(
      chatSnapshot([sampleExchange({ id: "a", question: "First?" }), sampleExchange({ id: "b", question: "Second?" })]),
    );
    await question(chat).fill("mine");
    await chat.page.keyboard.press("Home");
    for (const [key, shown] of [
      ["ArrowUp", "Second?"],
      ["ArrowUp", "First?"],
      ["ArrowUp", "First?"],
      ["Escape", "mine"],
    ] as const) {
      await chat.page.keyboard.press(key);
      await expect.poll(() => question(chat).inputValue()).toBe(shown);
      // The caret is put at the start a frame later, so that the next key recalls the one before.
      await chat.send({ type: "completions", typed: "", items: [] });
    }
  });

  it("completes paths behind an @ by keyboard, and attaches them", async () => {
    const chat = await show(chatSnapshot([]));
    const { page, sent, send } = chat;
    await question(chat).pressSequentially("What does @re");
    await expect.poll(() => sent.at(-1)).toEqual({ type: "complete", typed: "re" });
    await send({
      type: "completions",
      typed: "re",
      items: [
        { path: "README.md", icon: "file" },
        { path: "src/net/retry.ts", icon: "file" },
      ],
    });
    expect(await page.getByRole("option", { selected: true }).textContent()).toContain("README.md");
    await page.keyboard.press("ArrowDown");
    expect(await question(chat).getAttribute("aria-activedescendant")).toBe("completions-1");
    await page.keyboard.press("Tab");
    expect(sent.at(-1)).toEqual({ type: "attachPath", path: "src/net/retry.ts" });
    expect(await question(chat).inputValue()).toBe("What does src/net/retry.ts ");
    expect(await page.getByRole("listbox").count()).toBe(0);
  });

  it("closes the completions on Escape, and Enter asks then", async () => {
    const chat = await show(chatSnapshot([]));
    await question(chat).pressSequentially("Who is @re");
    await chat.send({ type: "completions", typed: "re", items: [{ path: "README.md", icon: "file" }] });
    await chat.page.keyboard.press("Escape");
    expect(await chat.page.getByRole("listbox").count()).toBe(0);
    await chat.page.keyboard.press("Enter");
    expect(chat.sent.at(-1)).toEqual({ type: "ask", question: "Who is @re" });
  });

  it("shows what is attached, takes it away, and adds the workspace", async () => {
    const { page, sent } = await show(chatSnapshot([], { setup: attachedSetup }));
    expect(await page.locator(".chip").allInnerTexts()).toEqual(["net", "retry.ts:41-52"]);
    await page.getByRole("button", { name: "Remove net" }).click();
    expect(sent.at(-1)).toEqual({ type: "detach", chip: "f" });
    await page.getByRole("button", { name: "+ workspace" }).click();
    expect(sent.at(-1)).toEqual({ type: "addWorkspace" });
    await page.getByRole("button", { name: "+ attach" }).click();
    expect(sent.at(-1)).toEqual({ type: "command", command: "attach" });
  });

  it("attaches what is dropped, each once", async () => {
    const { page, sent } = await show(chatSnapshot([]));
    await page.evaluate(`{
      const data = new DataTransfer();
      data.setData("application/vnd.code.uri-list", "file:///w/a%20b.ts\\r\\nfile:///w/src");
      data.setData("resourceurls", JSON.stringify(["file:///w/a%20b.ts"]));
      const drag = { dataTransfer: data, bubbles: true, cancelable: true };
      const composer = document.querySelector(".composer");
      for (const type of ["dragover", "drop"]) composer.dispatchEvent(new DragEvent(type, drag));
    }`);
    expect(sent.at(-1)).toEqual({ type: "attachDropped", uris: ["file:///w/a%20b.ts", "file:///w/src"] });
    expect(await page.locator(".composer.dropping").count()).toBe(0);
  });

  it("attaches no more of what is dropped than is taken at once", async () => {
    const { page, sent } = await show(chatSnapshot([]));
    await page.evaluate(`{
      const data = new DataTransfer();
      const uris = Array.from({ length: 150 }, (_, i) => "file:///w/" + i + ".ts");
      data.setData("text/uri-list", ["file:///" + "x".repeat(5000), ...uris].join("\\n"));
      const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
      document.querySelector(".composer").dispatchEvent(drop);
    }`);
    const message = sent.at(-1);
    expect(message?.type === "attachDropped" && [message.uris.length, message.uris[0]]).toEqual([
      100,
      "file:///w/0.ts",
    ]);
  });

  it("chooses the model and the limit", async () => {
    const { page, sent } = await show(chatSnapshot([]));
    await page.getByRole("button", { name: /^gpt-5/ }).click();
    expect(sent.at(-1)).toEqual({ type: "command", command: "chooseModel" });
    await page.getByRole("button", { name: /^up to \$1\.00/ }).click();
    expect(sent.at(-1)).toEqual({ type: "command", command: "chooseLimit" });
  });

  it("keeps what was typed while the page was hidden, and takes the keyboard when it is told to", async () => {
    const chat = await show(chatSnapshot([]), "dark", 400, { typed: "half a quest" });
    expect(await question(chat).inputValue()).toBe("half a quest");
    await question(chat).pressSequentially("ion");
    expect(await chat.page.evaluate("window.viewState.typed")).toContain("ion");
    await chat.page.locator(".conversation").focus();
    await chat.send({ type: "focus" });
    expect(await chat.page.evaluate("document.activeElement.tagName")).toBe("TEXTAREA");
  });
});

describe("while it runs", () => {
  it("shows what it does, its steps and what it has cost, and stops it", async () => {
    const { page, sent } = await show(running);
    const text = (await page.locator(".exchange").last().innerText()).replaceAll("\u00a0", " ");
    for (const part of [
      "gpt-5 + gpt-5-mini",
      "Asking 12 sub-models: 7 done",
      "263 hits, 39 files",
      "$0.024 of $1.00",
    ]) {
      expect(text).toContain(part);
    }
    expect(await page.getByRole("progressbar").getAttribute("value")).toBe("7");
    await page.getByRole("button", { name: "Stop" }).click();
    expect(sent.at(-1)).toEqual({ type: "stop", exchange: "x2" });
  });

  it("writes the answer as it comes, with what replaces it", async () => {
    const { page, send } = await show(running);
    const write = (seq: number, from: number, text: string) =>
      send({ type: "progress", seq, progress: sampleProgress({ draft: { from, text } }) });
    await write(1, 0, "It waits **8");
    await write(2, 12, " s** at");
    expect(await page.locator(".exchange").last().locator(".markdown strong").textContent()).toBe("8 s");
    expect(await page.locator(".caret").count()).toBe(1);
    await write(3, 0, "No.");
    expect(await page.locator(".exchange").last().locator(".markdown").innerText()).toBe("No.");
    await send({ type: "exchange", seq: 4, exchange: sampleExchange({ id: "x2", answer: "It is **8 s**." }) });
    expect(await page.locator(".caret, .activity").count()).toBe(0);
    expect(await page.getByRole("button", { name: "Ask", exact: true }).isVisible()).toBe(true);
  });

  it("asks whether many calls may be made, once", async () => {
    const asking = sampleProgress({ asking: sampleAsking });
    const { page, sent } = await show(chatSnapshot([runningExchange], { progress: asking }));
    await page.getByRole("button", { name: "Sample prompt" }).click();
    expect(await page.locator(".sample").textContent()).toContain("Does this function wait");
    await page.getByRole("button", { name: "Run five first" }).click();
    expect(sent.at(-1)).toEqual({ type: "decide", exchange: "x2", asked: 71, choice: "five" });
    expect(await page.getByRole("button", { name: "Run all" }).isDisabled()).toBe(true);
  });

  it("takes the next question meanwhile, which waits", async () => {
    const queued = sampleExchange({
      id: "x3",
      question: "Next?",
      state: "queued",
      answer: null,
      steps: [],
      figures: [],
    });
    const { page, sent, send } = await show(running);
    await page.getByRole("textbox").fill("Next?");
    await page.keyboard.press("Enter");
    expect(sent.at(-1)).toEqual({ type: "ask", question: "Next?" });
    await send({ type: "exchange", seq: 1, exchange: queued });
    await page.getByRole("button", { name: "Ask Now" }).click();
    expect(sent.at(-1)).toEqual({ type: "askNow", exchange: "x3" });
    await page.getByRole("button", { name: "Remove" }).click();
    expect(sent.at(-1)).toEqual({ type: "remove", exchange: "x3" });
    await send({ type: "removed", seq: 2, exchange: "x3" });
    expect(await page.locator(".exchange").count()).toBe(2);
  });

  it("says aloud what happens without flooding, and then the answer", async () => {
    const { page, send } = await show(running);
    const said = page.getByRole("status");
    expect(await said.textContent()).toBe("Asking 12 sub-models: 7 done");
    for (let seq = 1; seq <= 20; seq += 1) {
      await send({ type: "progress", seq, progress: sampleProgress({ spoken: `Asking: ${seq} done` }) });
    }
    await send({ type: "exchange", seq: 21, exchange: sampleExchange({ id: "x2", answer: "Eight seconds." }) });
    await expect.poll(() => said.textContent()).toBe("Answered: Eight seconds.");
    expect(await page.locator("[aria-live]").count()).toBe(1);
  });

  it("asks for a snapshot when something is missing, and shows nothing until it comes", async () => {
    const { page, sent, send } = await show(running);
    await send({ type: "exchange", seq: 2, exchange: sampleExchange({ id: "x9", question: "Lost?" }) });
    await send({ type: "removed", seq: 3, exchange: "x1" });
    expect(sent.filter(({ type }) => type === "resync")).toHaveLength(1);
    expect(await page.locator(".exchange").count()).toBe(2);
    await send(chatSnapshot([sampleExchange({ id: "x9", question: "Lost?" })]));
    expect(await page.locator(".exchange .question").allInnerTexts()).toEqual(["Lost?"]);
  });

  it("stays where the user has scrolled to, and follows the end else", async () => {
    const exchanges = Array.from({ length: 8 }, (_, i) => sampleExchange({ id: `e${i}` }));
    const { page, send } = await show(chatSnapshot([...exchanges, runningExchange], { progress: sampleProgress() }));
    const box = page.locator(".conversation");
    const left = () => box.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
    const text = "One more line.\n\n".repeat(60);
    expect(await left()).toBeLessThan(24);
    await send({ type: "progress", seq: 1, progress: sampleProgress({ draft: { from: 0, text } }) });
    expect(await left()).toBeLessThan(24);
    await box.evaluate((element) => element.scrollTo(0, 100));
    await send({ type: "progress", seq: 2, progress: sampleProgress({ draft: { from: text.length, text } }) });
    expect(await box.evaluate((element) => element.scrollTop)).toBe(100);
  });
});

describe("an answer", () => {
  it("opens citations and links, copies code, and has its footer", async () => {
    const { page, sent } = await show(chatSnapshot([sampleExchange()]));
    await page.getByRole("button", { name: /^retry\.ts:41–52/ }).click();
    expect(sent.at(-1)).toEqual({ type: "open", exchange: "x1", path: "src/net/retry.ts", from: 41, to: 52 });
    await page.getByRole("link", { name: "the RFC" }).focus();
    await page.keyboard.press("Enter");
    expect(sent.at(-1)?.type).toBe("openLink");
    await page.getByRole("button", { name: "Copy code" }).focus();
    await page.keyboard.press("Enter");
    expect(sent.at(-1)).toEqual({ type: "copy", text: "const wait = Math.min(cap, base * 2 ** attempt);\n" });
    expect((await page.locator(".footer .figures").innerText()).replaceAll("\u00a0", " ")).toBe(
      "5 turns · 12 calls · 31k tok (62 % cached) · $0.018 · 12.1 s",
    );
    for (const [name, type] of [
      ["Open the trace", "openTrace"],
      ["Copy the answer", "copyAnswer"],
    ] as const) {
      await page.getByRole("button", { name }).click();
      expect(sent.at(-1)).toEqual({ type, exchange: "x1" });
    }
    await page.getByRole("button", { name: "Retry: ask the same again" }).click();
    expect(sent.at(-1)).toEqual({ type: "again", exchange: "x1", how: "same" });
  });

  it("colours code and folds its steps away", async () => {
    const { page } = await show(chatSnapshot([sampleExchange()]));
    expect(await page.locator("pre .hljs-keyword").first().textContent()).toBe("const");
    expect(await page.locator(".step").count()).toBe(0);
    await page.getByRole("button", { name: "4 steps" }).click();
    expect(await page.locator(".step").count()).toBe(4);
  });

  it("shows the lines behind a citation that has the keyboard, who saw them, and goes away on Escape", async () => {
    const { page, sent, send } = await show(chatSnapshot([sampleExchange()]));
    await page.getByRole("button", { name: "4 steps" }).focus();
    await page.keyboard.press("Tab");
    await expect.poll(() => sent.at(-1)?.type).toBe("lines");
    const wanted = sent.at(-1);
    if (wanted?.type !== "lines") throw new Error("No lines are asked for.");
    expect(wanted).toMatchObject({ exchange: "x1", path: "src/net/retry.ts", from: 41, to: 52 });
    const lines = ["const wait = 1;", "<b>not bold</b>"];
    await send({ type: "lines", key: wanted.key, first: 41, lines, note: "8 more lines", seenBy: ["Turn 2"] });
    const popup = page.getByRole("group", { name: "Behind this sentence" });
    expect(await popup.locator("code").allInnerTexts()).toEqual(lines);
    expect(await popup.textContent()).toContain("Shown to: Turn 2");
    expect(await page.locator(".citation:focus").getAttribute("aria-describedby")).toBe(await popup.getAttribute("id"));
    await page.keyboard.press("Escape");
    expect(await popup.count()).toBe(0);
  });

  it("says of citations that they are not found, not verified, or have changed since", async () => {
    const { page } = await show(chatSnapshot([sampleExchange({ stale: ["src/net/retry.ts"] })]));
    const chips = (await page.locator(".citation").allInnerTexts()).map((text) => text.trim());
    expect(chips).toEqual([
      "retry.ts:41–52 changed since",
      "retry.ts:58 changed since",
      "errors.ts:12–19 not verified",
      "retries.md:7 not found",
    ]);
  });

  it("says how it ended with the one button that helps", async () => {
    const end = { text: "Stopped at your limit of $1.00: partial answer", tone: "warning" as const };
    const help = { label: "Ask again with up to $2.00", how: "raised" as const };
    const { page, sent } = await show(chatSnapshot([sampleExchange({ end, help })]));
    expect(await page.locator(".end").textContent()).toBe(end.text);
    await page.getByRole("button", { name: help.label }).click();
    expect(sent.at(-1)).toEqual({ type: "again", exchange: "x1", how: "raised" });
  });

  it("runs nothing of a hostile one, loads nothing, and opens no command", async () => {
    const answer = [
      '<img src=x onerror="window.hacked = 1"> <script>window.hacked = 1</script>',
      "![x](https://evil.test/a.png) [go](command:workbench.action.terminal.new) [js](javascript:alert(1))",
      "[a](vscode://file/etc/passwd) <a href='https://evil.test' onclick='window.hacked=1'>b</a>",
      '```js" onmouseover="window.hacked = 1\n</code></pre><script>window.hacked = 1</script>\n```',
      '[`x" onfocus="window.hacked=1`.ts:1-2]',
    ].join("\n\n");
    const { page } = await show(chatSnapshot([sampleExchange({ answer })]));
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    const rendered = page.locator(".markdown");
    expect(await rendered.locator("img, script, [href], [onerror], [onclick], [onfocus], [onmouseover]").count()).toBe(
      0,
    );
    expect(await rendered.locator("a[data-url]").count()).toBe(0);
    expect(await page.getByRole("button", { name: "Copy code" }).count()).toBe(1);
  });

  it("shows the beginning of a very long one, with a button for it all", async () => {
    const answer = "Word ".repeat(40_000);
    const { page, sent } = await show(chatSnapshot([sampleExchange({ answer, answerChars: 5_000_000 })]));
    await page.getByRole("button", { name: "Open It All" }).click();
    expect(sent.at(-1)).toEqual({ type: "openAnswer", exchange: "x1" });
  });

  it("shows nothing of a message that is none", async () => {
    const { page, send } = await show(chatSnapshot([sampleExchange()]));
    await page.evaluate(`window.postMessage({ type: "exchange", seq: 1, exchange: { id: 3 } }, "*")`);
    await send({ type: "removed", seq: 1, exchange: "x1" });
    expect(await page.locator(".exchange").count()).toBe(0);
  });
});

const everything: readonly (readonly [string, ChatChange])[] = [
  ["empty", chatSnapshot([])],
  ["answered and running", running],
  ["asking", chatSnapshot([runningExchange], { progress: sampleProgress({ asking: sampleAsking }) })],
  [
    "failed, attached, noticed",
    chatSnapshot(
      [
        sampleExchange({
          answer: null,
          end: { text: "The key was refused (401)", tone: "error" },
          help: { label: "Set API Key…", how: "mend" },
        }),
        sampleExchange({ id: "q", state: "queued", answer: null, steps: [] }),
      ],
      { setup: { ...attachedSetup, notice: { text: "No key.", button: { label: "Set", command: "setApiKey" } } } },
    ),
  ],
];

describe.each(Object.keys(themes) as ThemeName[])("in the theme %s", (theme) => {
  it.each(everything)("axe finds nothing serious: %s", async (_name, snapshot) => {
    const { page } = await show(snapshot, theme);
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
  });
});

describe("its looks", () => {
  it.each([
    ["a side bar of 250 px", 250],
    ["200 % zoom of 400 px", 200],
  ])("fit into %s without scrolling sideways", async (_name, width) => {
    for (const [, snapshot] of everything) {
      const { page } = await show(snapshot, "dark", width);
      const wide = await page.evaluate(
        `[...document.querySelectorAll("body *:not(pre, pre *, table *, .visually-hidden)")]
          .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
          .map(({ className }) => className)`,
      );
      expect(wide).toEqual([]);
    }
  });

  it("stand still with reduced motion", async () => {
    const { page } = await show(running);
    await page.emulateMedia({ reducedMotion: "reduce" });
    const moving = await page.evaluate("document.getAnimations().length");
    expect(moving).toBe(0);
  });
});
