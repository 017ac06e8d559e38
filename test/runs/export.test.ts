import { writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import MarkdownIt from "markdown-it";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunEvent, runEventSchema } from "../../src/rlm/events.ts";
import { exportHtml } from "../../src/runs/export-html.ts";
import { exportJson } from "../../src/runs/export-json.ts";
import { exportMarkdown } from "../../src/runs/export-markdown.ts";
import { answer, asked, cell, replies } from "../support/asking.ts";
import { runWithAnswer, sampleAnswer, sampleQuestion, sampleRun, sampleTree } from "../support/sample-run.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startBrowser } from "../webview/page.ts";
import { logged } from "./support.ts";

const page = { script: "document.title;", style: "body { color: red }" };

/** The headings that a Markdown reader finds, with their levels. */
function headingsOf(markdown: string): string[] {
  const tokens = new MarkdownIt({ html: true }).parse(markdown, {});
  return tokens.flatMap((token, i) =>
    token.type === "heading_open" ? [`${token.tag} ${tokens[i + 1]?.content.replaceAll("\\", "")}`] : [],
  );
}

/** The text of the blocks of code that a Markdown reader finds. */
function codeOf(markdown: string): string[] {
  const tokens = new MarkdownIt({ html: true }).parse(markdown, {});
  return tokens.filter(({ type }) => type === "fence").map(({ content }) => content.replace(/\n$/, ""));
}

/** Events whose every text is hostile to its surroundings. */
function hostileRun(text: string): RunEvent[] {
  return sampleTree().map((original) => {
    const event = withCallIds(original, (callId) => `${callId}${text}`);
    if (event.type === "context.progress") return { ...event, type: "warning", code: "cell", message: text };
    if (event.type === "run.started") return { ...event, question: text };
    if (event.type === "run.finished") return { ...event, answer: text };
    if (event.type === "reply.finished" || event.type === "cell.output") return { ...event, text };
    if (event.type === "cell.started") return { ...event, code: text };
    if (event.type === "call.started") return { ...event, prompt: text, model: text };
    if (event.type === "warning") return { ...event, message: text };
    return event;
  });
}

function withCallIds(event: RunEvent, rename: (callId: string) => string): RunEvent {
  const { parent } = event;
  const moved = parent ? { ...event, parent: { ...parent, callId: rename(parent.callId) } } : event;
  return "callId" in moved ? { ...moved, callId: rename(moved.callId) } : moved;
}

describe("Markdown", () => {
  test("tells the question, the answer, its citations with their status, and the figures", () => {
    const markdown = exportMarkdown(sampleRun(), []);
    expect(markdown).toContain(`> ${sampleQuestion}`);
    expect(markdown).toContain(`## Answer\n\n${sampleAnswer}\n\n## Citations`);
    expect(markdown).toContain("- `docs/retries.md:7`: **not in the files**");
    expect(markdown).toContain("- `src/net/retry.ts:58`: a model was shown these lines\n");
    expect(markdown).toContain("- Used: 4 turns, 12 sub-calls\n- Tokens: 41,070 in (6,912 cached)");
    expect(markdown).toContain("- Context: `payments`, 1,204 files");
    expect(markdown).toContain("- Ended: Answered");
  });

  test("has all turns, cells, calls and child runs as headings, one below the other", () => {
    const headings = headingsOf(exportMarkdown(sampleTree(), []));
    const from = headings.indexOf("h4 Child run c2");
    expect(headings.slice(0, 2)).toEqual(["h1 RLM run of 2026-01-15 09:30 UTC", "h2 Question"]);
    expect(headings.slice(from, from + 6)).toEqual([
      "h4 Child run c2",
      "h5 c2 / Turn 1",
      "h6 c2 / Turn 1, cell 1",
      "h6 c2 / Child run c1",
      "h6 c2 / c1 / Turn 1",
      "h5 c2 / Turn 2",
    ]);
  });

  test("holds an answer as it is where all of its blocks end with it", () => {
    const texts = ["- a\n\n  ```js\n  x\n\n  y\n  ```\n- b", "~~~\n```\n~~~", "<https://x.y/z> is a link", "a `<b>` c"];
    for (const text of texts)
      expect(exportMarkdown(runWithAnswer(text), [])).toContain(`## Answer\n\n${text}\n\n## Facts`);
  });

  test("holds every text whole, those of blobs too", () => {
    const long = `first\n${"0123456789\n".repeat(20_000)}last`;
    const blob = { type: "blob.added", sha256: "long", text: long } as const;
    const events = sampleRun().flatMap((event): RunEvent[] =>
      event.type === "cell.started" && event.turn === 1
        ? [
            { ...event, ...blob },
            { ...event, code: { sha256: "long", chars: long.length } },
          ]
        : [event],
    );
    expect(codeOf(exportMarkdown(renumbered(events), []))).toContain(long);
  });

  test.each([
    "```\n# Not a heading\n````js\n~~~",
    "~~~\nnever closed",
    "````answer\n```js\nx",
    "<!-- never closed\n\nmore",
    "<script>\n\nalert(1)",
    "<![CDATA[\n\nx",
    "- item\n  ```\n  open in a list",
    "- item\n  ```\n  open in a list\n\nafter it",
    "- item\n  ```\n  open in a list\n\nafter it\n```",
    "- item\n  ```\nafter it\n  ```",
    "- ```\n  open in a list",
    "> ```\n> x\n```",
    "<div>\n```\n\n```\nx",
    "```\nx\n   ```\n```",
    "```\nx\n     ```",
    "x\n<pre>\n\ny",
    "`` ` ``` `````",
    "1. one\n# Turn 1\n> quote",
  ])("keeps its shape around %j", (text) => {
    const headings = headingsOf(exportMarkdown(hostileRun(text), []));
    const own = headingsOf(text).length + headingsOf(`> ${text.replaceAll("\n", "\n> ")}`).length;
    expect(headings).toHaveLength(headingsOf(exportMarkdown(hostileRun("plain"), [])).length + own);
    expect(codeOf(exportMarkdown(hostileRun(text), []))).toContain(text);
  });

  test("says how a run ended that has no answer, and that one has no end", () => {
    expect(exportMarkdown(sampleRun("failed"), [])).toMatch(/No answer\.[\s\S]*- Ended: Failed: api\.example\.com/);
    expect(exportMarkdown(sampleRun("running"), [])).toMatch(/No answer: the run has no end[\s\S]*- Ended: not yet/);
  });

  test("of nothing is empty", () => {
    expect(exportMarkdown([], [])).toBe("");
  });
});

describe("JSON", () => {
  test("is one object with the run's summary and its events, which can be read again", () => {
    const { format, version, run, events } = JSON.parse(exportJson(sampleTree(), []));
    expect({ format, version }).toEqual({ format: "rlm-run-export", version: 1 });
    expect(run).toMatchObject({ runId: "r1", state: "answered", question: sampleQuestion, contextName: "payments" });
    expect(run).not.toHaveProperty("file");
    expect(events.map((event: unknown) => runEventSchema.parse(event))).toEqual(logged(sampleTree()));
  });

  test("of nothing has no run", () => {
    expect(JSON.parse(exportJson([], []))).toMatchObject({ run: null, events: [] });
  });
});

test.each([
  ["Markdown", (events: RunEvent[], home: string) => exportMarkdown(events, [home])],
  ["JSON", (events: RunEvent[], home: string) => exportJson(events, [home])],
  ["HTML", (events: RunEvent[], home: string) => exportHtml(events, page, [home])],
])("%s of a real run holds what was said, but neither the key nor the home folder", async (_name, exported) => {
  const home = "/home/ann";
  const apiKey = "sk-very-secret-key-123456";
  const script = replies([
    cell(`print(await llm_query("Where is ${home}/notes?"), "\\n${home}/a")`),
    answer(`It is in ${home}/notes.txt.`),
  ]);
  const { events } = await asked(script, { apiKey, question: `What is in ${home}?` });
  const text = exported(events, home);
  expect(text).toContain("~/notes.txt");
  expect(text).toContain("What is in ~?");
  expect(text).not.toContain("ann");
  expect(text).not.toContain("very-secret");
});

describe("HTML", () => {
  let browser: Awaited<ReturnType<typeof startBrowser>>;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  /** Shows an exported page and returns what it did. */
  async function shown(html: string) {
    const file = path.join(tempFolder(), "run.html");
    writeFileSync(file, html);
    const tab = await browser.context.newPage();
    const requests: string[] = [];
    const problems: string[] = [];
    tab.on("request", (request) => requests.push(request.url()));
    tab.on("console", (message) => problems.push(message.text()));
    tab.on("pageerror", (error) => problems.push(error.message));
    await tab.goto(pathToFileURL(file).href);
    return { tab, requests: requests.slice(1), problems };
  }

  const reader = {
    script: `const text = document.getElementById("rlm-events").textContent;
      window.events = JSON.parse(text);
      // <!-- and <script> and </script> are words here.
      document.getElementById("app").textContent = "<!--<script></script>" + /<!--/.test("<!--");`,
    style: "#app { color: rgb(1, 2, 3) } #app::after { content: '</style><script>window.broken = 1</script>' }",
  };

  test.each([
    "</script><script>window.broken = 1</script>",
    "<!--<script>",
    "]]><!-- --!>",
    "</SCRIPT ><img src=x onerror='window.broken = 1'>",
    "\u2028\u2029\0\ud800 & &lt;",
    "$& $' $` $1",
  ])("holds %j as data, and runs its own script only", async (text) => {
    const events = hostileRun(text);
    const { tab, requests, problems } = await shown(exportHtml(events, reader, []));
    expect(problems).toEqual([]);
    expect(await tab.evaluate("window.events")).toEqual(logged(events));
    expect(await tab.evaluate("window.broken")).toBeUndefined();
    expect(await tab.textContent("#app")).toBe("<!--<script></script>true");
    expect(await tab.evaluate("getComputedStyle(document.getElementById('app')).color")).toBe("rgb(1, 2, 3)");
    expect(requests).toEqual([]);
    expect(await tab.evaluate("document.scripts.length")).toBe(2);
    await tab.close();
  });

  test("is refused the network, other scripts and forms", async () => {
    const script = `
      window.blocked = [];
      addEventListener("securitypolicyviolation", (event) => window.blocked.push(event.effectiveDirective));
      const add = (name, attributes) => document.body.append(Object.assign(document.createElement(name), attributes));
      fetch("https://webview.test/x").catch(() => {});
      add("img", { src: "https://webview.test/x.png" });
      add("script", { textContent: "window.broken = 1" });
      add("script", { src: "https://webview.test/x.js" });
      add("iframe", { src: "https://webview.test/" });
      try { eval("window.broken = 2"); } catch {}`;
    const { tab } = await shown(exportHtml(sampleRun(), { script: script.replaceAll("\n", "\r\n"), style: "" }, []));
    const all = ["connect-src", "frame-src", "img-src", "script-src", "script-src-elem", "script-src-elem"];
    await expect.poll(() => tab.evaluate("window.blocked.toSorted()")).toEqual(all);
    expect(await tab.evaluate("window.broken")).toBeUndefined();
    await tab.close();
  });

  test("is named after the question", async () => {
    const { tab } = await shown(exportHtml(runWithAnswer("x").map(withQuestion), page, []));
    expect(await tab.title()).toBe("a < b && c </title>");
    await tab.close();
  });
});

function withQuestion(event: RunEvent): RunEvent {
  return event.type === "run.started" ? { ...event, question: "a < b && c </title>" } : event;
}

function renumbered(events: readonly RunEvent[]): RunEvent[] {
  return events.map((event, seq) => ({ ...event, seq }));
}
