import { ReplyProblem } from "./reply-problem.ts";

/** A sign of life without text is believed until this many time-outs have passed since the last text. */
const patience = 5;
/** How long the rest of a finished reply, such as its usage, is waited for, in milliseconds. */
const restMs = 5_000;

export interface Times {
  /** Milliseconds until the first text or reasoning. */
  readonly firstTokenTimeoutMs: number;
  /** Milliseconds between pieces after it. */
  readonly idleTimeoutMs: number;
}

/** Aborts a reply that does not begin, does not go on, or does not end after it said that it has. */
export class Watchdog {
  readonly #abort: AbortController;
  readonly #times: Times;
  #timer: NodeJS.Timeout | undefined;
  #begun = false;
  #finished = false;
  #lastTextAt = performance.now();
  #problem: ReplyProblem | null = null;

  constructor(abort: AbortController, times: Times) {
    this.#abort = abort;
    this.#times = times;
    this.heard();
  }

  /** Something has come, if only a comment that keeps the connection open. */
  heard(): void {
    if (this.#finished) return;
    const ms = this.#begun ? this.#times.idleTimeoutMs : this.#times.firstTokenTimeoutMs;
    const quietMs = performance.now() - this.#lastTextAt;
    this.#start(Math.min(ms, ms * patience - quietMs), quietMs > ms ? ms * patience : ms);
  }

  /** Text or reasoning has come. */
  wrote(): void {
    this.#begun = true;
    this.#lastTextAt = performance.now();
    this.heard();
  }

  /** The endpoint says that the reply is over. */
  finished(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#start(Math.min(restMs, this.#times.idleTimeoutMs), 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  problem(): ReplyProblem | null {
    return this.#problem;
  }

  #start(ms: number, saidMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        this.#problem = new ReplyProblem(this.#begun ? "stalled" : "silent", saidMs);
        this.#abort.abort();
      },
      Math.max(0, ms),
    );
  }
}
