import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { fromUsageView, type ToUsageView } from "../../src/webview/usage/protocol.ts";
import { usdTick } from "../../src/webview/usage/ticks.ts";
import { sampleUsage } from "../support/sample-usage.ts";
import { buildView, openUsagePage, startBrowser, type UsagePage } from "./page.ts";
import { type ThemeName, themes } from "./themes.ts";

let assets: Awaited<ReturnType<typeof buildView>>;
let browser: Awaited<ReturnType<typeof startBrowser>>;
let context: BrowserContext;
const opened: UsagePage[] = [];

beforeAll(async () => {
  [assets, browser] = await Promise.all([buildView("usage"), startBrowser()]);
  context = browser.context;
});

afterAll(() => browser?.close());

afterEach(async () => {
  const offences = opened.flatMap((usage) => usage.offences);
  for (const { page } of opened.splice(0)) await page.close();
  expect(offences).toEqual([]);
});

/** The view after these messages came. */
async function show(messages: readonly ToUsageView[], theme?: ThemeName, width = 1000): Promise<UsagePage> {
  const usage = await openUsagePage(context, assets, theme, { width, height: 900 });
  opened.push(usage);
  for (const message of messages) await usage.send(message);
  return usage;
}

const asked = ({ sent }: UsagePage) => sent.filter((message) => message.type === "show");

describe("the usage of a week", () => {
  it("is asked for at once, and shown with what is not known said", async () => {
    const usage = await show([{ type: "status", status: { kind: "off", why: "setting" } }]);
    const { page, send, sent } = usage;
    expect(sent).toEqual([{ type: "ready" }, { type: "show", asked: 1, range: "week", logs: false }]);
    expect(sent.map((message) => fromUsageView.parse(message))).toEqual(sent);
    expect(await page.getByRole("status").textContent()).toBe("Loading usage");

    await send(sampleUsage());
    expect(await page.getByRole("status").textContent()).toBe(
      "From the run logs of this workspace, the last 7 days, by days of UTC, without 2 runs whose logs were not read.",
    );
    const figures = await page.locator(".totals > div").evaluateAll((all) => all.map((each) => each.textContent));
    expect(figures).toEqual([
      "Spend$0.420 and 12 calls unknown",
      "Cache savings$0.120 and 12 calls unknown",
      "Cached input8 % 60k of 780k tok",
      "Output18k tok ",
      "Calls252 6 failed, 12 remembered",
    ]);
    expect(await page.locator(".charts section").first().locator(".legend").textContent()).toBe(
      "gpt-5-mini$0.120gpt-5$0.300localunknown",
    );
  });

  it("tells the figures of a day by the arrow keys", async () => {
    const { page } = await show([sampleUsage()]);
    const spend = page.getByRole("slider", { name: "Spend over time" });
    await spend.focus();
    await page.keyboard.press("Home");
    expect(await spend.getAttribute("aria-valuetext")).toBe("May 4: gpt-5-mini $0.020, gpt-5 $0.050, local unknown");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    // Nothing was asked on that day.
    expect(await spend.getAttribute("aria-valuetext")).toBe("May 6: gpt-5-mini $0, gpt-5 $0, local $0");
  });

  it("draws its lines, and draws them anew in the width there is", async () => {
    const { page } = await show([sampleUsage()]);
    const canvases = page.locator(".chart canvas");
    expect(await canvases.count()).toBe(4);
    /** How many of its pixels have #59a4f9, the blue of charts. */
    const inked = () =>
      page.evaluate(`(() => {
        const canvas = document.querySelector(".chart canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((_, i) => data[i] === 0x59 && data[i + 1] === 0xa4 && data[i + 2] === 0xf9).length;
      })()`);
    expect(await inked()).toBeGreaterThan(50);
    await page.setViewportSize({ width: 400, height: 900 });
    await expect.poll(() => canvases.first().evaluate((canvas) => canvas.clientWidth)).toBeLessThan(400);
    expect(await page.evaluate("document.querySelector('.usage').scrollWidth <= 400")).toBe(true);
  });

  it("shows the latency of the calls that are chosen", async () => {
    const { page } = await show([sampleUsage()]);
    const choice = page.getByLabel("Latency of");
    expect(await choice.locator("option").allTextContents()).toEqual([
      ...["gpt-5-mini, sub-calls", "gpt-5, turns", "local, turns", "gpt-5, child runs"],
    ]);
    await choice.selectOption("gpt-5, child runs");
    const latency = page.getByRole("slider", { name: "Latency over time" });
    expect(await latency.getAttribute("aria-valuetext")).toBe("May 10: p50 30.0 s, p90 31.0 s, p99 32.0 s");
  });

  it("opens the run of a slow call, where it can be opened", async () => {
    const { page, sent } = await show([sampleUsage()]);
    const cells = (row: number) => page.locator("tbody tr").nth(row).locator("td").allTextContents();
    expect((await cells(0)).slice(0, 6)).toEqual([
      ...["Where are retries handled?", "Turn", "gpt-5", "12.3 s", "14.3k", "$0.042"],
    ]);
    expect((await cells(1)).slice(0, 6)).toEqual(["other-ru", "Sub-call  failed", "local", "9.0 s", "≈900", "unknown"]);
    expect(await page.locator("tbody button").count()).toBe(1);
    await page.getByRole("button", { name: "Where are retries handled?" }).click();
    expect(sent.at(-1)).toEqual({ type: "openRun", runId: "r1" });
  });
});

describe("a range", () => {
  it("can be chosen, is kept, and an answer that comes late is none", async () => {
    const usage = await show([]);
    const { page, send } = usage;
    await page.getByRole("button", { name: "24 h" }).click();
    await send(sampleUsage(1));
    expect(await page.getByRole("status").textContent()).toBe("Loading usage");
    expect(await page.locator(".totals").count()).toBe(0);
    expect(asked(usage).at(-1)).toEqual({ type: "show", asked: 2, range: "day", logs: false });
    expect(await page.getByRole("button", { name: "24 h" }).getAttribute("aria-pressed")).toBe("true");
    expect(await page.evaluate("window.viewState")).toEqual({ range: "day" });
  });

  it("is asked for again when a run has ended, while what was there stays", async () => {
    const usage = await show([sampleUsage(), { type: "changed" }]);
    expect(asked(usage)).toHaveLength(2);
    expect(await usage.page.locator(".totals").count()).toBe(1);
  });

  it("without any call says so", async () => {
    const { page, sent } = await show([{ ...sampleUsage(), rows: [], slowest: [], leftOut: 0 }]);
    expect(await page.locator("main").textContent()).toContain("No model was asked in the last 7 days.");
    await page.getByRole("button", { name: "Ask About Workspace" }).click();
    expect(sent.at(-1)).toEqual({ type: "do", action: "ask" });
  });
});

describe("a database that is there", () => {
  const quiet = {
    kind: "on",
    message: null,
    queued: 0,
    storedAt: null,
    spooledBytes: 0,
    dropped: 0,
    content: false,
  } as const;
  const told = [
    ["is not spoken of before a run has begun", { state: "idle" }, "no run has begun in this window yet."],
    ["is waited for", { state: "opening", queued: 7 }, "the database has not answered yet."],
    ["has stored nothing before its first batch", { state: "ok" }, "nothing was stored yet."],
    ["is being sent what is queued", { state: "ok", queued: 3, storedAt: 1 }, "rows are on their way."],
    ["has all once nothing is queued any more", { state: "ok", storedAt: 1 }, "all is stored."],
  ] as const;

  it.each(told)("%s", async (_what, state, words) => {
    const { page } = await show([{ type: "status", status: { ...quiet, ...state } }]);
    const line = await page.locator("main > .icon-line").textContent();
    expect(line).toContain(words);
    expect(line?.includes("all is stored")).toBe(words === "all is stored.");
  });
});

describe("a database that is away", () => {
  const failed = { type: "failed", asked: 1, source: "database", message: "Nothing listens.", mend: "test" } as const;
  const waits = {
    message: "Nothing listens.",
    queued: 0,
    storedAt: null,
    spooledBytes: 4_000,
    dropped: 3,
    content: false,
  };
  const status = { kind: "on", state: "away", ...waits } as const;

  it("is said, with what may mend it, and the run logs in its place", async () => {
    const usage = await show([{ type: "status", status }, failed]);
    const { page, sent } = usage;
    expect(await page.locator("main > .icon-line").textContent()).toContain(
      "The database is away: 4 kB wait on disk. 3 rows are lost. Nothing listens.",
    );
    await page.getByRole("button", { name: "Test Connection", exact: true }).click();
    expect(sent.at(-1)).toEqual({ type: "do", action: "test" });
    await page.getByRole("button", { name: "Show Run Logs Instead" }).click();
    expect(asked(usage).at(-1)).toMatchObject({ logs: true });
    await page.getByRole("button", { name: "Show what the database has" }).click();
    expect(asked(usage).at(-1)).toMatchObject({ logs: false });
  });

  it("is never taken for one without calls", async () => {
    const { page } = await show([failed]);
    expect(await page.locator("main").textContent()).not.toContain("No model was asked");
    expect(await page.locator(".totals").count()).toBe(0);
  });
});

it("takes no message that is none of its protocol", async () => {
  const { page, send } = await show([]);
  await send({ ...sampleUsage(), rows: [{ at: 1 }] } as unknown as ToUsageView);
  expect(await page.getByRole("status").textContent()).toBe("Loading usage");
});

describe.each(Object.keys(themes) as ThemeName[])("in the theme %s", (theme) => {
  it("has no accessibility problem, wide or narrow", async () => {
    const { page } = await show([{ type: "status", status: { kind: "off", why: "dsn" } }, sampleUsage()], theme);
    if (process.env.RLM_PICTURES) await page.screenshot({ path: `${process.env.RLM_PICTURES}/usage-${theme}.png` });
    for (const width of [1000, 300]) {
      await page.setViewportSize({ width, height: 900 });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    }
    if (process.env.RLM_PICTURES) await page.screenshot({ path: `${process.env.RLM_PICTURES}/usage-${theme}-300.png` });
  });
});

it("says dollars at an axis with as many decimals as its step needs", () => {
  const ticks = (step: number) => [0, 1, 2, 3].map((count) => usdTick(count * step, step));
  expect(ticks(0.25)).toEqual(["$0", "$0.25", "$0.50", "$0.75"]);
  expect(ticks(0.0001)).toEqual(["$0", "$0.0001", "$0.0002", "$0.0003"]);
  expect(ticks(20)).toEqual(["$0", "$20", "$40", "$60"]);
});
