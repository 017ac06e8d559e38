import type { Spent } from "./model.ts";

/** The part of the DOM's `AbortSignal` that a run needs; a real one fits. */
export interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Thrown where work was ended by the run's cancel signal. */
export class CancelledError extends Error {
  readonly code = "cancelled";
  /** What a request had used when it was ended; null where nothing was written. */
  readonly spent: Spent | null;
  constructor(spent: Spent | null = null) {
    super("The run was cancelled.");
    this.name = "CancelledError";
    this.spent = spent;
  }
}

/** @throws CancelledError */
export function throwIfCancelled(signal: CancelSignal): void {
  if (signal.aborted) throw new CancelledError();
}

/** Does work under a signal of its own that also follows another; it is aborted when the work is over. */
export async function under<T>(signal: CancelSignal, work: (scope: CancelSource) => Promise<T>): Promise<T> {
  const scope = new CancelSource();
  const abort = () => scope.abort();
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await work(scope);
  } finally {
    signal.removeEventListener("abort", abort);
    abort();
  }
}

/** A signal that its owner can abort, as `AbortController` has it, without the DOM. */
export class CancelSource implements CancelSignal {
  aborted = false;
  readonly #listeners = new Set<() => void>();

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.delete(listener);
  }
}
