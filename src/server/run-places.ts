import { ApiError } from "./api-error.ts";

/** How many requests are worked on and how many may wait. */
export interface PlaceCounts {
  readonly runs: number;
  readonly waiting: number;
}

/** A request's way from its arrival to its end. */
export interface Place {
  /** Resolves when the run may start. @throws the signal's reason, if it is aborted before */
  turn(signal: AbortSignal): Promise<void>;
  /** To be called once the request is over, however it ends. */
  leave(): void;
}

interface Waiting {
  readonly start: () => void;
}

/** Lets a bounded number of requests run, a bounded number wait in order, and refuses the rest. */
export class RunPlaces {
  readonly #counts: PlaceCounts;
  readonly #what: string;
  #inside = 0;
  #running = 0;
  readonly #queue = new Set<Waiting>();
  /** Seconds that a run takes, of late. */
  #seconds = 2;

  /** @param what it is that goes on, for the refusal */
  constructor(counts: PlaceCounts, what = "runs") {
    this.#counts = counts;
    this.#what = what;
  }

  /** @throws ApiError 429 where too many wait */
  enter(): Place {
    if (this.#inside >= this.#counts.runs + this.#counts.waiting) throw this.#full();
    this.#inside += 1;
    let startedAt: number | null = null;
    let left = false;
    return {
      turn: async (signal) => {
        await this.#wait(signal);
        startedAt = performance.now();
      },
      leave: () => {
        if (left) return;
        left = true;
        this.#inside -= 1;
        if (startedAt !== null) this.#finish((performance.now() - startedAt) / 1_000);
      },
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#running < this.#counts.runs) {
      this.#running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#queue.delete(waiting);
        reject(signal.reason);
      };
      const waiting: Waiting = {
        start: () => {
          signal.removeEventListener("abort", abort);
          resolve();
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#queue.add(waiting);
    });
  }

  /** The place of a run that is over goes to the one that has waited longest. */
  #finish(seconds: number): void {
    this.#seconds = 0.7 * this.#seconds + 0.3 * seconds;
    const [next] = this.#queue;
    if (!next) {
      this.#running -= 1;
      return;
    }
    this.#queue.delete(next);
    next.start();
  }

  #full(): ApiError {
    const rounds = Math.max(1, this.#queue.size / this.#counts.runs);
    const retryAfter = Math.min(60, Math.max(1, Math.ceil(rounds * this.#seconds)));
    const message = `${this.#counts.runs} ${this.#what} go on and ${this.#counts.waiting} more wait. Try again in ${retryAfter} s.`;
    return new ApiError({ status: 429, code: "server_busy", message, retryAfter });
  }
}
