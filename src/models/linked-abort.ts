import type { CancelSignal } from "../rlm/cancel.ts";

/** A controller that is aborted with the run, for as long as `work` goes on. */
export async function withAbort<T>(signal: CancelSignal, work: (abort: AbortController) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await work(controller);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
