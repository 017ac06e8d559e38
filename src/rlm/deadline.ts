import { type CancelSignal, type CancelSource, under } from "./cancel.ts";

/** Calls back once after `ms`. @returns what stops it */
export interface Timer {
  after(ms: number, call: () => void): () => void;
}

/**
 * Does work under a signal that follows another and is aborted when no time is left.
 * @param msLeft is asked again when the time seems up, as a clock may have stood still
 */
export function within<T>(
  msLeft: () => number,
  timer: Timer,
  signal: CancelSignal,
  work: (scope: CancelSource) => Promise<T>,
): Promise<T> {
  return under(signal, async (scope) => {
    let stop = () => {};
    const check = () => {
      const left = msLeft();
      if (left <= 0) scope.abort();
      else stop = timer.after(left, check);
    };
    check();
    try {
      return await work(scope);
    } finally {
      stop();
    }
  });
}
