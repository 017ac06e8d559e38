import { expect, it } from "vitest";
import { retryAfterMs, waitBefore } from "../../src/models/retry.ts";

it.each([
  ["seconds", { "retry-after": "7" }, 7_000],
  ["a date to come", { "retry-after": "Thu, 01 Jan 1970 00:01:30 GMT" }, 30_000],
  ["a date that is over", { "retry-after": "Thu, 01 Jan 1970 00:00:30 GMT" }, 0],
  ["milliseconds, before the coarser seconds", { "retry-after-ms": "1500", "retry-after": "2" }, 1_500],
  ["words", { "retry-after": "soon" }, null],
  ["a negative number", { "retry-after": "-5" }, null],
  ["nothing", {}, null],
])("Retry-After may be %s", (_, headers, ms) => {
  expect(retryAfterMs(new Headers(headers), 60_000)).toBe(ms);
});

it("a wait doubles up to 30 s, with jitter; what the endpoint asks for is never cut short", () => {
  for (let retry = 0; retry < 12; retry += 1) {
    const full = Math.min(30_000, 1_000 * 2 ** retry);
    const wait = waitBefore(retry, 1_000, null);
    expect(wait).toBeGreaterThanOrEqual(full / 2);
    expect(wait).toBeLessThanOrEqual(full);
    expect(waitBefore(retry, 1_000, 45_000)).toBeGreaterThanOrEqual(45_000);
  }
});
