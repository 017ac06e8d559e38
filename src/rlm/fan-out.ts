import type { CancelSignal } from "./cancel.ts";

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

/** Lets the calls of one cell through, and asks before they get many or dear. */
export class FanOut {
  readonly #bounds: FanOutBounds;
  readonly #ask: (forecast: Forecast) => Promise<FanOutChoice>;
  #calls = 0;
  #usd = 0;
  /** Calls that were approved and not yet made. */
  #approved = 0;
  #stopped = false;
  /** One question at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(bounds: FanOutBounds, ask: (forecast: Forecast) => Promise<FanOutChoice>) {
    this.#bounds = bounds;
    this.#ask = ask;
  }

  /**
   * @param forecast of all calls that wait
   * @returns how many of them may be made now; 0 where the user has stopped them
   */
  admit(forecast: Forecast): Promise<number> {
    const admitted = this.#turn.then(() => this.#admit(forecast));
    this.#turn = admitted.catch(() => {});
    return admitted;
  }

  async #admit(forecast: Forecast): Promise<number> {
    if (this.#stopped) return 0;
    const calls = this.#calls + forecast.calls;
    const usd = this.#usd + (forecast.usd ?? 0);
    const few = calls <= this.#bounds.calls && usd <= this.#bounds.usd;
    if (!few && this.#approved === 0) await this.#decide(forecast);
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
