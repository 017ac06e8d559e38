import { CancelledError, type CancelSignal } from "../rlm/cancel.ts";
import type { Semaphore } from "../rlm/semaphore.ts";

/** A cell's place among those that may compute at a time; it gives it up while it waits for its calls. */
export class Place {
  readonly #places: Semaphore;
  readonly #signal: CancelSignal;
  #held: Promise<void> | null = null;
  #replies = 0;
  #ended = false;

  constructor(places: Semaphore, signal: CancelSignal) {
    this.#places = places;
    this.#signal = signal;
  }

  /** Takes the place, or shares it where it is held or waited for already. @throws CancelledError */
  take(): Promise<void> {
    if (this.#ended) return Promise.reject(new CancelledError());
    this.#held ??= this.#places.enter(this.#signal);
    return this.#held;
  }

  /** A reply goes to the cell, so that it computes again. */
  replied(): void {
    this.#replies += 1;
  }

  /** The cell waits, after so many replies; where more are on their way it will compute again. */
  leave(replies: number): void {
    if (replies === this.#replies) this.#free();
  }

  /** The cell is over. Its thread is in use until its memory is kept. */
  end(kept: Promise<void>): void {
    this.#ended = true;
    void kept.then(() => this.#free());
  }

  #free(): void {
    const held = this.#held;
    this.#held = null;
    held?.then(
      () => this.#places.leave(),
      () => {},
    );
  }
}
