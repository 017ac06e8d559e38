import { CancelledError, type CancelSignal, throwIfCancelled } from "../rlm/cancel.ts";

/** The longest wait between two tries, in milliseconds; an endpoint that asks for more has failed. */
export const longestWaitMs = 120_000;
const longestBackoffMs = 30_000;

/**
 * The wait before the next try: doubling from `baseMs`, at most 30 s, with jitter; what the endpoint asks for goes first.
 * @param retry 0 for the first wait
 */
export function waitBefore(retry: number, baseMs: number, askedMs: number | null): number {
  if (askedMs !== null) return Math.round(askedMs * (1 + Math.random() / 10));
  return Math.round(Math.min(longestBackoffMs, baseMs * 2 ** retry) * (0.5 + Math.random() / 2));
}

/** Reads `retry-after-ms` and `Retry-After` (seconds or a date). @returns milliseconds, or null where neither is given */
export function retryAfterMs(headers: Headers | null, now: number): number | null {
  const exact = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (exact >= 0) return exact;
  const given = headers?.get("retry-after")?.trim();
  if (!given) return null;
  if (/^\d+(\.\d+)?$/.test(given)) return Number(given) * 1000;
  // Without a time of day it is no date, though JavaScript reads one into almost anything.
  const date = /\d\d:\d\d:\d\d/.test(given) ? Date.parse(given) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** Waits; ends at once when cancelled. @throws CancelledError */
export function sleep(ms: number, signal: CancelSignal): Promise<void> {
  throwIfCancelled(signal);
  return new Promise((resolve, reject) => {
    const cancel = () => {
      clearTimeout(timer);
      reject(new CancelledError());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", cancel);
      resolve();
    }, ms);
    signal.addEventListener("abort", cancel, { once: true });
  });
}
