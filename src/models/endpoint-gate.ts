import type { CancelSignal } from "../rlm/cancel.ts";
import { sleep } from "./retry.ts";

/** When each origin takes requests again, in milliseconds since 1970; shared by all runs of the process. */
const closedUntil = new Map<string, number>();

/** Holds back all requests to an origin that has asked for a pause. */
export function closeGate(origin: string, ms: number): void {
  closedUntil.set(origin, Math.max(closedUntil.get(origin) ?? 0, Date.now() + ms));
}

/** Waits until requests to an origin may be sent. @throws CancelledError */
export async function passGate(origin: string, signal: CancelSignal): Promise<void> {
  for (;;) {
    const left = (closedUntil.get(origin) ?? 0) - Date.now();
    if (left <= 0) return;
    await sleep(left, signal);
  }
}
