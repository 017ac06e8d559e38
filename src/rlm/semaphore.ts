import { CancelledError, type CancelSignal } from "./cancel.ts";

/** Lets at most `places` pieces of work go on at a time, first come, first served. */
export class Semaphore {
  readonly #places: number;
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(places: number) {
    this.#places = places;
    this.#free = places;
  }

  /** Places that are in use. */
  get taken(): number {
    return this.#places - this.#free;
  }

  /** Runs the work once a place is free. @throws CancelledError if the signal is aborted before that */
  async run<T>(signal: CancelSignal, work: () => Promise<T>): Promise<T> {
    await this.enter(signal);
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  /** Takes a place, which `leave` gives back. @throws CancelledError if the signal is aborted before one is free */
  async enter(signal: CancelSignal): Promise<void> {
    if (signal.aborted) throw new CancelledError();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((enter, reject) => {
      const take = () => {
        signal.removeEventListener("abort", giveUp);
        enter();
      };
      const giveUp = () => {
        this.#queue.splice(this.#queue.indexOf(take), 1);
        reject(new CancelledError());
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#queue.push(take);
    });
  }

  leave(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#free += 1;
  }
}
