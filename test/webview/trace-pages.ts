import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { buildTracePanel, openTracePage, startBrowser, type TracePage } from "./page.ts";

type OpenArguments = Parameters<typeof openTracePage> extends [unknown, unknown, ...infer Rest] ? Rest : never;

/** For a file of tests: one browser; each page that a test opens is closed after it, and must not have broken its policy. */
export function tracePages(): (...options: OpenArguments) => Promise<TracePage> {
  let assets: Awaited<ReturnType<typeof buildTracePanel>>;
  let browser: Awaited<ReturnType<typeof startBrowser>>;
  const opened: TracePage[] = [];

  beforeAll(async () => {
    [assets, browser] = await Promise.all([buildTracePanel(), startBrowser()]);
  });

  afterAll(() => browser?.close());

  afterEach(async () => {
    const offences = opened.flatMap((trace) => trace.offences);
    for (const { page } of opened.splice(0)) await page.close();
    expect(offences).toEqual([]);
  });

  return async (...options) => {
    const trace = await openTracePage(browser.context, assets, ...options);
    opened.push(trace);
    return trace;
  };
}
