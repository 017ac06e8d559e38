import { AxeBuilder } from "@axe-core/playwright";
import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/rlm/events.ts";
import { fromTraceView } from "../../src/webview/trace/protocol.ts";
import { richRun } from "../support/rich-run.ts";
import { longRun, runWithAnswer, sampleAnswer } from "../support/sample-run.ts";
import type { TracePage } from "./page.ts";
import { type ThemeName, themes } from "./themes.ts";
import { tracePages } from "./trace-pages.ts";

const openPage = tracePages();

interface Shown {
  readonly events?: RunEvent[];
  readonly theme?: ThemeName;
  readonly size?: { readonly width: number; readonly height: number };
  readonly kept?: unknown;
  readonly over?: boolean;
}

/** The panel after a snapshot of a rich run. */
async function show({ events = richRun(), theme, size, kept, over = false }: Shown = {}): Promise<TracePage> {
  const trace = await openPage(theme, size, kept);
  await trace.send({ type: "snapshot", events, over });
  return trace;
}

function row({ page }: TracePage, label: string) {
  return page.locator(".tree-row").filter({ has: page.getByText(label, { exact: true }) });
}

function labels({ page }: TracePage): Promise<string[]> {
  return page.locator(".tree-row .label").allInnerTexts();
}

/** Presses keys one after the other. */
async function press({ page }: TracePage, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

describe("the waterfall", () => {
  it("draws each row when it happened, with its waits, and says so in words", async () => {
    const trace = await show();
    const turn = row(trace, "Turn 2").locator(".when");
    expect(await turn.getAttribute("aria-label")).toBe("from 2.2 s on, 3.1 s; waited 1.8 s");
    const [whole, bar, wait] = await Promise.all(
      [turn, turn.locator(".bar-turn"), turn.locator(".bar-wait")].map((each) => each.boundingBox()),
    );
    const at = (ms: number) => (whole?.x ?? 0) + ((whole?.width ?? 0) * ms) / 20_840;
    expect(bar?.x).toBeCloseTo(at(2_200), 0);
    expect((bar?.x ?? 0) + (bar?.width ?? 0)).toBeCloseTo(at(5_300), 0);
    expect(wait?.x).toBeCloseTo(at(2_400), 0);
    expect(await trace.page.locator(".axis").innerText()).toMatch(/^0 s\s+5 s\s+10 s\s+15 s/);
  });

  it("shows a stretch alone that is chosen by mouse or keyboard, and the whole run again", async () => {
    const trace = await show();
    const strip = await trace.page.locator(".strip").boundingBox();
    const x = (part: number) => (strip?.x ?? 0) + (strip?.width ?? 0) * part;
    await trace.page.mouse.move(x(0.5), (strip?.y ?? 0) + 8);
    await trace.page.mouse.down();
    await trace.page.mouse.move(x(0.75), (strip?.y ?? 0) + 8);
    await trace.page.mouse.up();
    expect(await trace.page.locator(".zoom-line").textContent()).toMatch(/^10\.\d s – 15\.\d s/);
    expect(await row(trace, "Turn 1").locator(".bar").count()).toBe(0);
    // Else what the mouse has taken hold of would move away below it.
    expect(await trace.page.locator(".strip").boundingBox()).toEqual(strip);
    await trace.page.getByRole("button", { name: "Show whole run" }).click();
    expect(await row(trace, "Turn 1").locator(".bar").count()).toBe(1);

    const from = trace.page.getByRole("slider", { name: "Show from" });
    await from.focus();
    await press(trace, "Shift+ArrowRight", "ArrowRight");
    expect(await from.getAttribute("aria-valuetext")).toBe("2.5 s");
    expect(await row(trace, "Turn 1").locator(".bar").count()).toBe(0);
    await press(trace, "Escape");
    expect(await from.getAttribute("aria-valuetext")).toBe("0 ms");
  });
});

describe("the columns", () => {
  it("sort siblings, largest first, then smallest, then as they happened", async () => {
    const trace = await show();
    const turns = async () => (await labels(trace)).filter((label) => label.startsWith("Turn"));
    const header = trace.page.getByRole("columnheader", { name: "Tokens" });
    await header.getByRole("button").click();
    expect(await header.getAttribute("aria-sort")).toBe("descending");
    expect(await turns()).toEqual(["Turn 5", "Turn 4", "Turn 3", "Turn 2", "Turn 1"]);
    await header.getByRole("button").press("Enter");
    expect((await turns())[0]).toBe("Turn 1");
    await header.getByRole("button").press("Enter");
    expect(await header.getAttribute("aria-sort")).toBeNull();
  });

  it("are hidden by the user, by keyboard too", async () => {
    const trace = await show();
    await trace.page.getByRole("button", { name: "Columns" }).focus();
    await press(trace, "Enter");
    await trace.page.getByRole("checkbox", { name: "Cached" }).press("Space");
    expect(await trace.page.locator(".tree").getByRole("columnheader").allInnerTexts()).toEqual([
      ...["Name", "Tokens", "Cost", "Time", expect.stringContaining("When")],
    ]);
    await press(trace, "Escape");
    expect(await trace.page.getByRole("button", { name: "Columns" }).evaluate((each) => each.matches(":focus"))).toBe(
      true,
    );
    expect(await trace.page.getByRole("checkbox").count()).toBe(0);
  });
});

describe("the filter", () => {
  it("is reached with /, finds what details say, and is left with Escape", async () => {
    const trace = await show();
    await press(trace, "/");
    await trace.page.keyboard.type("notes say three");
    expect(await labels(trace)).toEqual(["Run", "Turn 3", "Cell 1", "Child run 1", "Turn 2"]);
    expect(await trace.page.locator(".matches").textContent()).toBe("2 matches");
    await press(trace, "Enter", "Enter");
    expect(await trace.page.locator(".details").textContent()).toContain("How does the HTTP client retry?");
    await press(trace, "Escape");
    expect(await trace.page.locator(".tree").evaluate((each) => each.matches(":focus"))).toBe(true);
    expect((await labels(trace)).length).toBeGreaterThan(10);
  });

  it("says so where nothing matches, and takes a text as it is", async () => {
    const trace = await show();
    await press(trace, "/");
    await trace.page.keyboard.type("(.*[");
    expect(await trace.page.getByText("Nothing matches.").count()).toBe(1);
  });

  it("shows failures alone", async () => {
    const trace = await show();
    await trace.page.getByRole("button", { name: "Only what has failed" }).click();
    expect(await labels(trace)).toEqual(["Run", "Turn 2", "Cell 1", "Turn 4", "Cell 1", "Sub-call ×12", "Sub-call 5"]);
  });
});

describe("keys of the page", () => {
  it("copy what came of a row, and export the run", async () => {
    const trace = await show();
    await row(trace, "Turn 1").click();
    await press(trace, "c", "e");
    const [copy, exported] = trace.sent.slice(-2);
    expect(copy).toMatchObject({
      type: "copy",
      text: expect.stringContaining("I will look for the retry code first."),
    });
    expect(exported).toEqual({ type: "export" });
    expect(fromTraceView.safeParse(exported).success).toBe(true);
    const before = trace.sent.length;
    await press(trace, "/", "c", "e");
    expect(trace.sent).toHaveLength(before);
  });
});

describe("the details of a turn", () => {
  it("show what the model read, the lines of files in it, and who said the price", async () => {
    const trace = await show();
    await row(trace, "Turn 2").click();
    const details = trace.page.locator(".details");
    expect(await details.locator(".section h3").allInnerTexts()).toEqual([
      "Prompt",
      "Lines that it was shown",
      "Reply",
      "Tried again",
      "Used",
    ]);
    expect(await details.locator(".message").innerText()).toMatch(
      /Message\s+src\/net\/retry\.ts[\s\S]*Show all \d+ lines/,
    );
    expect(await details.textContent()).toContain("5,240 tokens, 44 % cached");
    expect(await details.textContent()).toContain("$0.005, by the list prices that RLM knows");
    await details.getByRole("button", { name: "src/net/retry.ts:41–200" }).click();
    expect(trace.sent.at(-1)).toEqual({ type: "open", path: "src/net/retry.ts", from: 41, to: 200 });
  });
});

describe("the map of the files", () => {
  it("tells counts, opens a file, and zooms to a folder and back, by mouse", async () => {
    const trace = await show();
    const map = trace.page.getByRole("region", { name: "Coverage" });
    expect(await map.locator(".legend").innerText()).toMatch(
      /1,161 listed\s+583 searched\s+27 read by code\s+4 shown to a model\s+of 1,161 files/,
    );
    await map.getByRole("option", { name: "src/net/retry.ts · shown to a model" }).click();
    expect(trace.sent.at(-1)).toEqual({ type: "open", path: "src/net/retry.ts", from: 1, to: 1 });
    await map.locator(".tile-group .tile-name").first().click();
    expect(await map.getByRole("option", { name: "README.md · shown to a model" }).count()).toBe(0);
    expect(await map.locator(".crumbs").innerText()).toMatch(/All files\s+src\//);
    await map.getByRole("button", { name: "All files" }).click();
    expect(await map.getByRole("option", { name: "README.md · shown to a model" }).count()).toBe(1);
  });

  it("is walked through by keyboard", async () => {
    const trace = await show();
    const map = trace.page.getByRole("listbox");
    await map.focus();
    const active = async () =>
      trace.page.locator(`[id="${await map.getAttribute("aria-activedescendant")}"]`).getAttribute("title");
    expect(await active()).toMatch(
      /^src\/ · 533 files: 533 listed, 265 searched, 19 read by code, 3 shown to a model$/,
    );
    await press(trace, "Enter", "End");
    expect(await active()).toMatch(/^src\/net\//);
    await press(trace, "Escape", "Home", "ArrowRight");
    expect(await active()).not.toMatch(/^src\/ ·/);
    expect(await trace.page.locator(".tile-line").textContent()).toBe(await active());
  });

  it("is a line at 600 pixels, until it is unfolded", async () => {
    const trace = await show({ size: { width: 600, height: 900 } });
    expect(await trace.page.getByRole("listbox").count()).toBe(0);
    await trace.page.getByRole("button", { name: "Coverage" }).click();
    expect(await trace.page.getByRole("listbox").count()).toBe(1);
    expect(await trace.page.evaluate("document.documentElement.scrollWidth")).toBe(600);
  });
});

describe("what is behind a sentence", () => {
  const popup = ({ page }: TracePage) => page.getByRole("group", { name: "Behind this sentence" });

  it("shows on hover: the lines, and the turns and calls that were shown them", async () => {
    const trace = await show();
    await trace.page.getByText("The wait doubles").hover();
    expect(await popup(trace).innerText()).toMatch(
      /src\/net\/retry\.ts:41–52\s+Turn 2 lines 41–52\s+Turn 3 lines 41–52\s+Turn 4, sub-call 1 lines 41–48\s+Turn 4, sub-call 2 lines 49–52/,
    );
    expect(await trace.page.locator(".sentence.active").innerText()).toMatch(/^The wait doubles.*retry\.ts:41–52\.$/s);
    await popup(trace).getByRole("button", { name: "Turn 4, sub-call 2" }).click();
    expect(await trace.page.locator(".tree-row.selected .label").innerText()).toBe("Sub-call 2");
    expect(await trace.page.locator(".details").textContent()).toContain("src/net/retry.ts:49–90");
  });

  it("shows on focus, its links are reached by arrow keys, and Escape leads back", async () => {
    const trace = await show();
    await trace.page.locator(".details").focus();
    await press(trace, "Tab", "Tab");
    const citation = trace.page.getByRole("button", { name: "retry.ts:41–52" }).first();
    expect(await citation.evaluate((each) => each.matches(":focus"))).toBe(true);
    expect(await citation.getAttribute("aria-describedby")).toBe(await popup(trace).getAttribute("id"));
    await press(trace, "ArrowDown", "ArrowDown", "Escape");
    expect(await citation.evaluate((each) => each.matches(":focus"))).toBe(true);
    expect(await popup(trace).count()).toBe(0);
    await press(trace, "Tab", "Shift+Tab", "ArrowDown", "ArrowDown", "Enter");
    expect(await trace.page.locator(".tree-row.selected .label").innerText()).toBe("Turn 2");
    expect(await trace.page.locator(".tree").evaluate((each) => each.matches(":focus"))).toBe(true);
  });

  it("says where nobody was shown the lines, and where there are none", async () => {
    const trace = await show();
    await trace.page.getByText("are tried again").hover();
    expect(await popup(trace).innerText()).toMatch(
      /No model of this run was shown these lines\.[\s\S]*There are no such lines\./,
    );
  });

  it("names citations whose files have changed since", async () => {
    const trace = await show();
    await trace.send({ type: "stale", paths: ["src/net/retry.ts"] });
    expect(await trace.page.getByRole("button", { name: /changed since/ }).count()).toBe(2);
    await trace.page.getByText("The wait doubles").hover();
    expect(await popup(trace).innerText()).toContain("The file has changed since it was read.");
    await trace.send({ type: "stale", paths: [] });
    expect(await trace.page.getByRole("button", { name: /changed since/ }).count()).toBe(0);
  });

  it("belongs to the sentence that it stands in, or right behind", async () => {
    const answer =
      "One is a fact. Two cites. [a.ts:1] Three, e.g. this, cites **two [b.ts:2-3] here. And** on. `[c.ts:4]`\nFour.";
    const { page } = await show({ events: runWithAnswer(answer) });
    const sentences = await page.locator(".sentence").allInnerTexts();
    expect(sentences.map((text) => text.trim())).toEqual([
      "Two cites. a.ts:1",
      "Three, e.g. this, cites two b.ts:2–3 here. And on. c.ts:4",
    ]);
  });
});

describe("a view that was hidden, or whose window was loaded anew", () => {
  it("keeps selection, folds, columns, order, zoom, filter, folder and scroll", async () => {
    const events = longRun(3_000);
    const first = await show({ events });
    await row(first, "Turn 1").locator(".twistie").click();
    await first.page.getByRole("columnheader", { name: "Time" }).getByRole("button").click();
    await first.page.getByRole("slider", { name: "Show from" }).press("ArrowRight");
    await first.page.locator(".tree").focus();
    await press(first, "End");
    const kept = await first.page.evaluate("window.viewState");
    const look = async ({ page }: TracePage) => ({
      selected: await page.locator(".tree-row.selected").getAttribute("id"),
      rows: await page.locator(".tree").getAttribute("aria-rowcount"),
      sorted: await page.getByRole("columnheader", { name: "Time" }).getAttribute("aria-sort"),
      zoom: await page.locator(".zoom-line").textContent(),
      top: await page.locator(".tree-scroller").evaluate((each) => each.scrollTop),
    });
    const again = await show({ events, kept });
    expect(await look(again)).toEqual(await look(first));
    expect((await look(again)).top).toBeGreaterThan(10_000);
  });

  it("begins anew for another run", async () => {
    const kept = await (await show()).page.evaluate("({ ...window.viewState, runId: 'other', selected: 'turn-2' })");
    const { page } = await show({ kept });
    expect(await page.locator(".tree-row.selected .label").innerText()).toBe("Run");
  });

  it("shows a run without an end as interrupted", async () => {
    const trace = await show({ events: richRun("running"), over: true });
    expect(await trace.page.getByRole("status").textContent()).toBe(
      "Interrupted: it went away with its window before it ended",
    );
    expect(await trace.page.locator(".codicon-modifier-spin, .progress, .caret").count()).toBe(0);
    expect(await trace.page.getByRole("button", { name: "Stop" }).count()).toBe(0);
    const asking = await show({ events: richRun("asking"), over: true });
    expect(await asking.page.getByRole("button", { name: "Run all" }).count()).toBe(0);
  });
});

describe("what means harm", () => {
  it("is cut where an answer is very long, and copied whole", async () => {
    const long = `${`All work and no play. [a.ts:1] ${"And so on. ".repeat(20)}`.repeat(20_000)}${" ".repeat(60_000)}`;
    const trace = await show({ events: runWithAnswer(long) });
    expect(await trace.page.locator(".details").textContent()).toMatch(/more characters: copy to see all\./);
    await trace.page.getByRole("button", { name: "Copy answer" }).click();
    const copied = trace.sent.at(-1);
    expect(copied?.type === "copy" && copied.text.length).toBe(long.length);
  });

  it("stays in its line where names of files hold line breaks, other directions or HTML", async () => {
    const nasty = [
      "src/\u202egpj.exe",
      "a\nb.ts",
      "<img src=x onerror=alert(1)>.ts",
      "‏שלום.ts",
      `${"x".repeat(4_000)}.ts`,
    ];
    const events = richRun().map((event): RunEvent => {
      if (event.type === "message.seen") return { ...event, seen: nasty.map((path) => ({ path, from: 1, to: 2 })) };
      if (event.type !== "coverage.mapped") return event;
      const counts = { files: 1, chars: 900, listed: 1, searched: 1, read: 1, shown: 1 };
      return { ...event, areas: nasty.map((path) => ({ path, ...counts })) };
    });
    const trace = await show({ events });
    await row(trace, "Turn 2").click();
    expect(await trace.page.locator(".range bdi").count()).toBe(nasty.length);
    expect(await trace.page.locator(".tile").count()).toBeGreaterThanOrEqual(nasty.length);
    expect(await trace.page.locator("img").count()).toBe(0);
    expect(await trace.page.evaluate("document.documentElement.scrollWidth")).toBe(1_400);
    const heights = await trace.page
      .locator(".tree-row, .tile-line")
      .evaluateAll((all) => all.map((each) => each.clientHeight));
    expect(Math.max(...heights)).toBeLessThanOrEqual(24);
  });
});

describe.each(Object.keys(themes) as ThemeName[])("in the theme %s", (theme) => {
  it("all of it is accessible", async () => {
    const trace = await show({ theme });
    await trace.page.getByText("The wait doubles").hover();
    await trace.page.getByRole("group", { name: "Behind this sentence" }).waitFor();
    await trace.page.getByRole("slider", { name: "Show from" }).press("ArrowRight");
    expect(await graveViolations(trace)).toEqual([]);
    await trace.page.getByRole("button", { name: "Columns" }).click();
    await row(trace, "Turn 2").click();
    await press(trace, "/", "r", "e");
    await trace.page.getByRole("button", { name: "Only what has failed" }).click();
    expect(await graveViolations(trace)).toEqual([]);
  }, 90_000);
});

it("with 200 % zoom every part can be reached", async () => {
  const { page } = await show({ size: { width: 700, height: 400 } });
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(700);
  for (const part of [".tree", ".details", ".coverage", ".filter"]) {
    await page.locator(part).scrollIntoViewIfNeeded();
    const box = await page.locator(part).boundingBox();
    expect((box?.y ?? 0) < 400 && (box?.height ?? 0) > 20).toBe(true);
  }
  expect(await page.locator(".details").textContent()).toContain(sampleAnswer.slice(0, 12));
});

async function graveViolations({ page }: TracePage): Promise<unknown[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return grave.map(({ id, nodes }) => [id, nodes.map((node) => node.failureSummary)]);
}
