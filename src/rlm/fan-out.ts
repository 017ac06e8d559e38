import type { CancelSignal } from "./cancel.ts";
import type { Timer } from "./deadline.ts";

/** Beyond either of these one cell's calls are not made without asking. */
export interface FanOutBounds {
  readonly calls: number;
  readonly usd: number;
}

export const defaultFanOut: FanOutBounds = { calls: 50, usd: 0.5 };

/** What a cell is about to ask for, on top of what it has already asked for. */
export interface Forecast {
  /** `rlm`: the calls are child runs. */
  readonly kind: "llm" | "rlm";
  readonly calls: number;
  /** Input and output tokens, estimated. */
  readonly tokens: number;
  /** Null where the price is not known. */
  readonly usd: number | null;
  /** One of the prompts. */
  readonly sample: string;
}

/** `five`: make five of the calls, then ask again. */
export type FanOutChoice = "all" | "five" | "stop";

/** @throws CancelledError */
export type Approve = (forecast: Forecast, signal: CancelSignal) => Promise<FanOutChoice>;

const fewCalls = 5;
/** Calls that a cell makes at once come one by one; for so many milliseconds they are waited for. */
const gatherMs = 5;

/** Lets the calls of one cell through, and asks before they get many or dear. */
export class FanOut {
  readonly #bounds: FanOutBounds;
  readonly #timer: Timer;
  readonly #ask: (forecast: Forecast) => Promise<FanOutChoice>;
  /** What was asked for and is not decided, in order. */
  readonly #waiting: Forecast[] = [];
  #calls = 0;
  #usd = 0;
  /** Calls that were approved and not yet made. */
  #approved = 0;
  #stopped = false;
  /** One question at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(bounds: FanOutBounds, timer: Timer, ask: (forecast: Forecast) => Promise<FanOutChoice>) {
    this.#bounds = bounds;
    this.#timer = timer;
    this.#ask = ask;
  }

  /**
   * @param forecast of all calls that wait
   * @returns how many of them may be made now; 0 where the user has stopped them
   */
  async admit(forecast: Forecast): Promise<number> {
    this.#waiting.push(forecast);
    await new Promise<void>((gathered) => this.#timer.after(gatherMs, gathered));
    const admitted = this.#turn.then(() => this.#admit(forecast)).finally(() => this.#waiting.shift());
    this.#turn = admitted.catch(() => {});
    return admitted;
  }

  /** @param forecast the first of those that wait */
  async #admit(forecast: Forecast): Promise<number> {
    if (this.#stopped) return 0;
    const wanted = this.#waiting.reduce(sumOf);
    const calls = this.#calls + wanted.calls;
    const usd = this.#usd + (wanted.usd ?? 0);
    const few = calls <= this.#bounds.calls && usd <= this.#bounds.usd;
    if (!few && this.#approved === 0) await this.#decide(wanted);
    if (this.#stopped) return 0;
    const admitted = few ? forecast.calls : Math.min(forecast.calls, this.#approved);
    if (!few) this.#approved -= admitted;
    this.#calls += admitted;
    this.#usd += ((forecast.usd ?? 0) * admitted) / forecast.calls;
    return admitted;
  }

  async #decide(forecast: Forecast): Promise<void> {
    const choice = await this.#ask(forecast);
    if (choice === "stop") this.#stopped = true;
    else this.#approved = choice === "all" ? Number.POSITIVE_INFINITY : fewCalls;
  }
}

function sumOf(a: Forecast, b: Forecast): Forecast {
  const usd = a.usd === null || b.usd === null ? null : a.usd + b.usd;
  return { ...a, calls: a.calls + b.calls, tokens: a.tokens + b.tokens, usd };
}
