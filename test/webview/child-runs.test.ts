import { AxeBuilder } from "@axe-core/playwright";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/rlm/events.ts";
import { fromTraceView } from "../../src/webview/trace/protocol.ts";
import { longTree, sampleTree } from "../support/sample-run.ts";
import type { TracePage } from "./page.ts";
import { type ThemeName, themes } from "./themes.ts";
import { tracePages } from "./trace-pages.ts";

const openPage = tracePages();

async function show(events: RunEvent[], theme?: ThemeName): Promise<TracePage> {
  const trace = await openPage(theme);
  await trace.send({ type: "snapshot", events });
  return trace;
}

/** The row with this label; of several the first. */
function row({ page }: TracePage, label: string) {
  return page
    .locator(".tree-row")
    .filter({ has: page.getByText(label, { exact: true }) })
    .first();
}

/** The cells of a row: its name, tokens, cached tokens, cost and time. */
async function columns(trace: TracePage, label: string): Promise<string[]> {
  return (await row(trace, label).locator("[role=gridcell]").allInnerTexts()).slice(0, -1);
}

function levels({ page }: TracePage): Promise<string[]> {
  return page
    .locator(".tree-row")
    .evaluateAll((rows) =>
      rows.map((each) => `${each.getAttribute("aria-level")} ${each.querySelector(".label")?.textContent}`),
    );
}

async function press({ page }: TracePage, ...keys: string[]): Promise<string> {
  for (const key of keys) await page.keyboard.press(key);
  const selected = page.locator(".tree-row[aria-selected=true]");
  return `${await selected.getAttribute("aria-level")} ${await selected.locator(".label").textContent()}`;
}

describe("child runs in the tree", () => {
  it("are a row each, folded at first, and more than three of one cell one row", async () => {
    const trace = await show(sampleTree());
    expect((await levels(trace)).slice(3)).toEqual([
      ...["2 Turn 2", "3 Cell 1", "4 Child run 1", "4 Child run 2", "4 Child run 3"],
      ...["2 Turn 3", "3 Cell 1", "4 Child run ×7", "4 Sub-call 1", "4 Sub-call 2", "2 Turn 4"],
    ]);
    expect(await row(trace, "Child run 1").getAttribute("aria-expanded")).toBe("false");
    expect(await row(trace, "Child run 1").textContent()).toContain("How does the HTTP client retry?");
    expect(await row(trace, "Child run 1").locator(".kind-child").count()).toBe(1);
    expect(await row(trace, "Child run ×7").textContent()).toContain("1 failed, 1 remembered");
  });

  it("unfold to their turns, cells, calls and child runs, by keyboard, however deep", async () => {
    const trace = await show(sampleTree());
    await row(trace, "Child run 2").click();
    await trace.page.locator(".tree").focus();
    expect(await press(trace, "ArrowRight", "ArrowRight")).toBe("5 Turn 1");
    expect(await press(trace, "ArrowRight", "ArrowRight")).toBe("7 Child run");
    expect(await row(trace, "Child run").getAttribute("aria-expanded")).toBe("false");
    expect(await press(trace, "ArrowRight", "ArrowRight")).toBe("8 Turn 1");
    expect(await trace.page.locator(".details").textContent()).toContain("`retry.base` and `retry.cap`.");
    expect(await trace.page.locator(".details .of-child").textContent()).toBe("Which settings change the wait?");
    expect(await press(trace, "ArrowLeft", "ArrowLeft", "ArrowLeft")).toBe("6 Cell 1");
    const selected = trace.page.locator(".tree-row[aria-selected=true]");
    expect(await selected.getAttribute("aria-posinset")).toBe("1");
    expect(await trace.page.locator(".tree").getAttribute("aria-activedescendant")).toBe(
      await selected.getAttribute("id"),
    );
  });

  it("show what all below them have used: settled, and while they go on what is settled so far", async () => {
    const trace = await show(sampleTree("running"));
    expect(await columns(trace, "Child run 2")).toEqual([
      expect.any(String),
      "1.9k",
      "–",
      "$0.001",
      expect.any(String),
    ]);
    const events = sampleTree();
    const ended = events.find((event) => event.type === "call.finished" && event.callId === "c2" && event.depth === 0);
    const { usage } = ended as Extract<RunEvent, { type: "call.finished" }>;
    await trace.send({ type: "snapshot", events });
    expect(usage.input + usage.output).toBe(5_032);
    expect((await columns(trace, "Child run 2"))[1]).toBe("5k");
    expect(await trace.page.locator(".figures").textContent()).toMatch(
      /^4 turns · 9 sub-calls · 10 child runs · 60\.9k tok · \$0\.051 · /,
    );
  });

  it("say that a call is remembered, and that it was free", async () => {
    const trace = await show(sampleTree());
    expect(await columns(trace, "Sub-call 1")).toEqual([expect.stringContaining("remembered"), "–", "–", "free", "–"]);
    await row(trace, "Child run ×7").locator(".twistie").click();
    expect(await columns(trace, "Child run 7")).toEqual([expect.stringContaining("remembered"), "–", "–", "free", "–"]);
    await row(trace, "Child run 7").click();
    const details = trace.page.locator(".details");
    expect(await details.textContent()).toContain("Remembered from an equal child run");
    expect(await details.locator(".markdown").textContent()).toContain("The client tries five times");
  });

  it("end with the run that is cancelled above them", async () => {
    const trace = await show(sampleTree("cancelled"));
    await row(trace, "Child run 2").locator(".twistie").click();
    const states = await trace.page.locator(".tree-row.stopped .label").allInnerTexts();
    expect(states).toEqual(["Run", "Cell 1", "Child run 2", "Cell 1", "Child run"]);
  });

  it("are quick in a tree of 10,000 events, with few rows in the page", async () => {
    const events = longTree(10_000);
    const trace = await show(events.slice(0, 40));
    for (let from = 40; from < events.length; from += 2_000) {
      await trace.send({ type: "events", events: events.slice(from, from + 2_000) });
      expect(await trace.page.locator(".tree-row").count()).toBeLessThan(80);
    }
    const count = async () => Number(await trace.page.locator(".tree").getAttribute("aria-rowcount"));
    const folded = await count();
    expect(folded).toBeLessThan(100);
    await row(trace, "Child run ×4").click();
    await trace.page.locator(".tree").focus();
    expect(await press(trace, "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight")).toMatch(/^6 Turn 1$/);
    expect(await press(trace, "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight")).toBe("9 Turn 1");
    expect(await count()).toBeGreaterThan(folded + 80);
    expect(await trace.page.locator(".tree-row").count()).toBeLessThan(80);
  });
});

describe("the details of a child run", () => {
  it("show its question, its answer with live citations, how it ended, what it looked at and its share", async () => {
    const trace = await show(sampleTree());
    await row(trace, "Child run 1").click();
    const details = trace.page.locator(".details");
    expect(await details.locator(".section h3").allInnerTexts()).toEqual(["Question", "Answer", "Run", "Used"]);
    const text = (await details.textContent()) ?? "";
    for (const part of [
      "How does the HTTP client retry?",
      "Answered",
      "214 files, 36,380 lines",
      "1 of 2 citations names a file",
      "20 turns, 96 sub-calls, child runs 1 level deep, 980,000 tokens, $0.488, 6 min 43 s",
      "gpt-5-mini",
      "6,540 tokens",
    ])
      expect(text).toContain(part);
    await details.getByRole("button", { name: "client.ts:88–97" }).click();
    expect(trace.sent).toContainEqual({ type: "open", path: "src/http/client.ts", from: 88, to: 97 });
    expect(await details.getByRole("button", { name: "README.md:4 not found" }).count()).toBe(1);
  });

  it("say where a limit or a failure has ended it", async () => {
    const trace = await show(sampleTree());
    await row(trace, "Child run 3").click();
    const details = trace.page.locator(".details");
    expect(await details.textContent()).toContain("Stopped at its limit of 20 turns: partial answer");
    expect(await row(trace, "Child run 3").textContent()).toContain("partial · Do the scripts retry anything?");
    await row(trace, "Child run ×7").locator(".twistie").click();
    await row(trace, "Child run 4").click();
    expect(await details.textContent()).toContain("Failed: gpt-5-mini answered 500 three times.");
    expect(await details.locator(".markdown").count()).toBe(0);
  });

  it("follow what its model writes while it goes on", async () => {
    const trace = await show(sampleTree("running"));
    await row(trace, "Child run 2").locator(".twistie").click();
    await row(trace, "Child run").click();
    expect(await trace.page.locator(".details .caret").count()).toBe(1);
    expect(await trace.page.locator(".details").textContent()).toContain("`retry.base` and");
  });
});

describe("a question about many calls", () => {
  const question = /^Cell 1 of turn 3 wants 120 sub-calls: ≈310k tokens, ≈\$0\.840$/;

  it("says what is asked and what it may cost, and is announced", async () => {
    const trace = await show(sampleTree("asking"));
    const region = trace.page.getByRole("region", { name: question });
    expect(await region.textContent()).toContain("$0.036 of your $1.00 is spent so far.");
    expect(await trace.page.getByRole("status").textContent()).toBe("Waiting for you: run 120 sub-calls?");
    expect(await trace.page.getByRole("status").getAttribute("aria-live")).toBe("polite");
    expect(await region.locator(".long-text").count()).toBe(0);
    await region.getByRole("button", { name: /^Sample prompt/ }).click();
    expect(await region.locator(".long-text").textContent()).toMatch(/attempt\);\n {2}41/);
  });

  it.each([
    ["Run all", "all"],
    ["Run five first", "five"],
    ["Stop these calls", "stop"],
  ] as const)("is answered by mouse, once: %s", async (name, choice) => {
    const events = sampleTree("asking");
    const trace = await show(events);
    const button = trace.page.getByRole("button", { name });
    await button.click();
    expect(await trace.page.locator(".tree").evaluate((element) => element.matches(":focus"))).toBe(true);
    await button.click({ force: true, timeout: 500 }).catch(() => {});
    const decided = trace.sent.filter(({ type }) => type === "decide");
    expect(decided).toEqual([{ type: "decide", asked: events.at(-1)?.seq, choice }]);
    expect(fromTraceView.safeParse(decided[0]).success).toBe(true);
  });

  it("is answered by keyboard", async () => {
    const trace = await show(sampleTree("asking"));
    await trace.page.getByRole("button", { name: "Stop", exact: true }).focus();
    for (const key of ["Tab", "Tab"]) await trace.page.keyboard.press(key);
    expect(await trace.page.locator(":focus").textContent()).toBe("Run all");
    await trace.page.keyboard.press("Tab");
    await trace.page.keyboard.press("Enter");
    expect(trace.sent.at(-1)).toMatchObject({ type: "decide", choice: "five" });
  });

  it("goes once it is decided, wherever that was", async () => {
    const events = sampleTree("asking");
    const trace = await show(events);
    await trace.page.getByRole("button", { name: "Run all" }).focus();
    const { turn, cell, runId, at, depth } = events.at(-1) as Extract<RunEvent, { type: "fanout.asked" }>;
    const decided = {
      type: "fanout.decided",
      turn,
      cell,
      runId,
      at,
      depth,
      seq: events.length,
      choice: "all",
    } as const;
    await trace.send({ type: "events", events: [decided] });
    expect(await trace.page.getByRole("region", { name: question }).count()).toBe(0);
    expect(await trace.page.getByRole("status").textContent()).not.toContain("Waiting for you");
    expect(await trace.page.locator(".tree").evaluate((element) => element.matches(":focus"))).toBe(true);
  });

  it("says so where the cost is not known, and offers no five of five", async () => {
    const asking = sampleTree("asking");
    const events = [...asking.slice(0, -1), { ...asking.at(-1), calls: 5, usd: null } as RunEvent];
    const { page } = await show(events);
    expect(await page.locator("h2").first().textContent()).toMatch(/ wants 5 sub-calls: ≈310k tokens, cost unknown$/);
    expect(await page.locator(".fan-out .button").allInnerTexts()).toEqual(["Run all", "Stop these calls"]);
  });

  it("leads to the cell that asks, and back to the tree", async () => {
    const trace = await show(sampleTree("asking"));
    await row(trace, "Turn 3").locator(".twistie").click();
    await trace.page.getByRole("button", { name: "Show cell" }).click();
    expect(await press(trace)).toBe("3 Cell 1");
    expect(await trace.page.locator(".details").textContent()).toContain("Who calls");
  });
});

it.each(Object.keys(themes) as ThemeName[])(
  "child runs and questions are accessible in the theme %s",
  async (theme) => {
    const trace = await show(sampleTree("asking"), theme);
    await trace.page.getByRole("button", { name: /^Sample prompt/ }).click();
    expect(await graveViolations(trace)).toEqual([]);
    await trace.send({ type: "snapshot", events: sampleTree() });
    await row(trace, "Child run 2").locator(".twistie").click();
    await row(trace, "Child run 1").click();
    expect(await graveViolations(trace)).toEqual([]);
  },
);

async function graveViolations({ page }: TracePage): Promise<unknown[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return grave.map(({ id, nodes }) => [id, nodes.map((node) => node.failureSummary)]);
}
