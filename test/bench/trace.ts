import type { BrowserContext } from "playwright-core";
import { longRun } from "../support/sample-run.ts";
import { buildTracePanel, openTracePage, startBrowser } from "../webview/page.ts";

/** Events of the run that is there at once, and of those that stream in after it. */
const atOnce = 10_000;
const streamed = 2_000;
/** Milliseconds between two messages, and events in each: 200 a second, in the extension's rhythm. */
const rhythm = { every: 50, events: 10 };

/** What one page took, in milliseconds. */
interface TraceMeasured {
  /** From the message with 10,000 events until their first rows are painted. */
  readonly drawn: number;
  /** The longest time between two frames while 200 events a second stream in. */
  readonly longestFrame: number;
}

/** The built trace page in Chromium, several times; the medians as one line. */
export async function benchTrace(runs: number): Promise<string> {
  const [assets, browser] = await Promise.all([buildTracePanel(), startBrowser()]);
  try {
    const results: TraceMeasured[] = [];
    for (let run = 0; run < runs; run += 1) results.push(await measureTrace(browser.context, assets));
    const of = (key: keyof TraceMeasured) => results.map((result) => result[key]).toSorted((a, b) => a - b);
    const [drawn, frames] = [of("drawn"), of("longestFrame")];
    const middle = (values: readonly number[]) => (values[Math.floor(values.length / 2)] ?? Number.NaN).toFixed(0);
    return `${"trace".padEnd(10)} 10,000 events drawn in ${middle(drawn)} ms | longest frame ${middle(frames)} ms (worst of ${runs}: ${frames.at(-1)?.toFixed(0)} ms)`;
  } finally {
    await browser.close();
  }
}

async function measureTrace(
  context: BrowserContext,
  assets: Awaited<ReturnType<typeof buildTracePanel>>,
): Promise<TraceMeasured> {
  const { page } = await openTracePage(context, assets);
  try {
    const events = longRun(atOnce + streamed);
    await page.evaluate(`window.benchEvents = ${JSON.stringify(events)}`);
    const drawn: number = await page.evaluate(drawSnapshot);
    const longestFrame: number = await page.evaluate(streamRest);
    return { drawn, longestFrame };
  } finally {
    await page.close();
  }
}

// Both run in the page.

const drawSnapshot = `new Promise((done) => {
  const began = performance.now();
  window.postMessage({ type: "snapshot", events: window.benchEvents.slice(0, ${atOnce}) }, "*");
  const look = () => {
    if (document.querySelectorAll(".tree-row").length < 10) return requestAnimationFrame(look);
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
  };
  requestAnimationFrame(look);
})`;

const streamRest = `new Promise((done) => {
  let next = ${atOnce};
  let [last, longest] = [performance.now(), 0];
  let going = true;
  const frame = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (going) requestAnimationFrame(frame);
    else done(longest);
  };
  requestAnimationFrame(() => {
    last = performance.now();
    requestAnimationFrame(frame);
    const timer = setInterval(() => {
      const events = window.benchEvents.slice(next, next + ${rhythm.events});
      next += events.length;
      if (events.length > 0) return window.postMessage({ type: "events", events }, "*");
      clearInterval(timer);
      going = false;
    }, ${rhythm.every});
  });
})`;
