import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunEvent } from "../../src/rlm/events.ts";
import { exportHtml } from "../../src/runs/export-html.ts";
import { richRun } from "../support/rich-run.ts";
import { runWithAnswer } from "../support/sample-run.ts";
import { buildTracePanel, startBrowser } from "./page.ts";

let assets: Awaited<ReturnType<typeof buildTracePanel>>;
let browser: Awaited<ReturnType<typeof startBrowser>>;
let context: BrowserContext;

beforeAll(async () => {
  [assets, browser] = await Promise.all([buildTracePanel(), startBrowser()]);
  context = browser.context;
});

afterAll(() => browser?.close());

/** Opens an exported run, which may ask for nothing else. @returns the page, and what went wrong in it */
async function open(events: RunEvent[], colorScheme: "light" | "dark" = "light"): Promise<[Page, string[]]> {
  const text = (name: string) => Buffer.from(assets.get(name) ?? []).toString("utf8");
  const font = Buffer.from(assets.get("codicon.ttf") ?? []).toString("base64");
  const style = text("trace.css").replace(/url\([^)]*codicon\.ttf[^)]*\)/g, `url(data:font/ttf;base64,${font})`);
  const html = exportHtml(events, { script: text("trace.js"), style }, []);
  const page = await context.newPage();
  const offences: string[] = [];
  await page.emulateMedia({ colorScheme });
  page.on("pageerror", (error) => offences.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") offences.push(message.text());
  });
  await page.route("**/*", (route) => {
    if (route.request().url() === "https://export.test/")
      return route.fulfill({ contentType: "text/html", body: html });
    offences.push(`request: ${route.request().url()}`);
    return route.abort();
  });
  await page.goto("https://export.test/");
  await page.locator(".tree-row").first().waitFor();
  return [page, offences];
}

it.each(["light", "dark"] as const)(
  "an exported run shows whole without the editor, and is accessible: %s",
  async (scheme) => {
    const [page, offences] = await open(richRun(), scheme);
    expect(await page.getByRole("status").textContent()).toBe("Answered");
    expect(await page.locator(".details .markdown").textContent()).toContain("capped at 8 s");
    expect(await page.locator(".tile").count()).toBeGreaterThan(100);
    await page.locator(".tree-row", { hasText: "Turn 2" }).click();
    expect(await page.locator(".range").innerText()).toBe("src/net/retry.ts:41–200");
    const { violations } = await new AxeBuilder({ page }).analyze();
    const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(grave.map(({ id, nodes }) => [id, nodes.map((node) => node.failureSummary)])).toEqual([]);
    expect(offences).toEqual([]);
    await page.close();
  },
);

it("an exported page offers nothing that only the editor can do", async () => {
  const [page, offences] = await open(richRun("asking"));
  expect(await page.getByRole("status").textContent()).toContain("Interrupted");
  for (const name of ["Export", "Stop", "Run all"]) expect(await page.getByRole("button", { name }).count()).toBe(0);
  await page.locator(".tree-row", { hasText: "Turn 2" }).click();
  expect(await page.locator("button.range").count()).toBe(0);
  await page.getByRole("slider", { name: "Show from" }).press("ArrowRight");
  expect(await page.getByRole("button", { name: "Show whole run" }).count()).toBe(1);
  expect(offences).toEqual([]);
  await page.close();
});

it("an exported page copies through the browser, and opens no link without asking", async () => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const [page, offences] = await open(
    runWithAnswer("See [this](https://evil.test/x) </script><script>alert(1)</script>"),
  );
  await page.getByRole("button", { name: "Copy answer" }).click();
  expect(await page.evaluate("navigator.clipboard.readText()")).toContain("https://evil.test/x");
  const asked: string[] = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.message());
    return dialog.dismiss();
  });
  await page.getByRole("link", { name: "this" }).click();
  expect(asked).toEqual([expect.stringContaining("https://evil.test/x")]);
  expect(context.pages()).toHaveLength(context.pages().indexOf(page) + 1);
  expect(offences).toEqual([]);
  await page.close();
});
