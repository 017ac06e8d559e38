import { addSpent, nothingSpent } from "./bill.ts";
import { CancelledError, type CancelSignal } from "./cancel.ts";
import type { Totals } from "./events.ts";
import { LimitError, type LimitReached, type Limits } from "./limits.ts";
import type { Message, Model, Spent } from "./model.ts";
import { Rates } from "./rates.ts";
import type { Budget } from "./sandbox.ts";

/** Output tokens that a reply is taken to have before any has come. */
const unknownOutput = 500;
/** Below this room for output, replies are bounded before they are sent, as what a model only thinks is not seen. */
const plentyOfOutput = 32_000;
/** The output that such a reply may have. */
const boundedOutput = 8_000;
/** A reply that may have less than this is not worth asking for. */
const leastOutput = 200;
/** Tokens of the last call's answer, and of what the cells of one turn may show. */
const lastOutputAtMost = 4_000;
const feedbackAtMost = 5_000;
/** What comes with the cells' output: notes and the line about the turn. */
const feedbackFrame = 300;
/** The part of a small limit that each of these may have. */
const smallShare = 1 / 8;
/** The part of a run's time that is kept for the last call, at most a minute. */
const lastShare = 0.1;
const lastSecondsAtMost = 60;
/** Tokens of a child run, of two turns, before any has ended; and the part of them that is output. */
const unknownChild = 6_000;
const childOutputShare = 0.1;
/** The part of what a run has left that a child of it may use. */
const childShare = 1 / 2;

/** Tokens, and US dollars as far as prices are known. */
interface Amount {
  readonly tokens: number;
  readonly usd: number;
}

const nothing: Amount = { tokens: 0, usd: 0 };
const plus = (a: Amount, b: Amount): Amount => ({ tokens: a.tokens + b.tokens, usd: a.usd + b.usd });
const minus = (a: Amount, b: Amount): Amount => ({ tokens: a.tokens - b.tokens, usd: a.usd - b.usd });
const amountOf = ({ usage, costUsd }: Spent): Amount => ({ tokens: usage.input + usage.output, usd: costUsd ?? 0 });
/** Sums of fractions of cents are never exact. */
const tinyUsd = 1e-9;

/** What all ledgers of a tree share. */
interface Tree {
  readonly now: () => number;
  readonly rates: Rates;
  /** Requests that have a reservation. */
  inFlight: number;
  /** Child runs that are over, and the tokens that they have used. */
  children: number;
  childTokens: number;
  /** Milliseconds for which the clock stood still, up to the pause that goes on now. */
  pausedMs: number;
  /** Since when it stands still; null while it runs. */
  pausedSince: number | null;
  /** Those that wait for room. */
  waiting: (() => void)[];
}

/** A request that is about to be sent. `last`: the call for an answer, paid from what was kept back for it. */
export interface Planned {
  readonly purpose: "turn" | "call" | "last";
  readonly model: Model;
  readonly messages: readonly Message[];
}

/** Room set aside for one request. It ends by `settle` or `release`. */
export interface Reservation {
  /** The most output tokens to ask for; null while there is plenty. */
  readonly maxOutput: number | null;
  /** Asked as a reply grows, with its tokens so far; false where it must be cut off. */
  allows(output: number): boolean;
  /** Asked before another try, with what those before it have used in all; false where there is no room for both. */
  allowsRetry(spent: Spent): boolean;
  /** Puts what was really used in the place of the reservation. */
  settle(spent: Spent): void;
  /** Gives it back: nothing was used. */
  release(): void;
}

/**
 * Counts what a run and its children use against the limits of each. Room is set aside before a request is sent and
 * settled with its real usage after, in the run's own ledger and in those of the runs above it, so that what goes on at
 * the same time can't overspend together. For its last call each run keeps room back.
 */
export class Ledger {
  readonly limits: Limits;
  readonly #tree: Tree;
  readonly #parent: Ledger | null;
  readonly #startedAt: number;
  readonly #pausedBefore: number;
  #turns = 0;
  #calls = 0;
  #spent = nothingSpent;
  #used = nothing;
  /** Reservations of this run and of its children. */
  #reserved = nothing;
  /** What this run keeps back for its last call; contained in `#reserved`. */
  #kept = nothing;
  #errors = 0;
  #callLimitHit = false;

  /** @param now milliseconds since 1970 */
  constructor(limits: Limits, now: () => number, parent: Ledger | null = null) {
    this.limits = limits;
    this.#parent = parent;
    this.#tree = parent
      ? parent.#tree
      : {
          now,
          rates: new Rates(),
          inFlight: 0,
          children: 0,
          childTokens: 0,
          pausedMs: 0,
          pausedSince: null,
          waiting: [],
        };
    this.#pausedBefore = this.#pausedMs();
    this.#startedAt = now();
  }

  /** The ledger of a child run, which may use at most half of what is left; it has to be closed. */
  child(): Ledger {
    const free = this.#free();
    const limits: Limits = {
      ...this.limits,
      calls: Math.floor(Math.max(0, this.#callsLeft()) * childShare),
      tokens: Math.floor(Math.max(0, free.tokens) * childShare),
      usd: Math.max(0, free.usd) * childShare,
      seconds: Math.max(0, this.workMsLeft()) / 1000,
    };
    return new Ledger(limits, this.#tree.now, this);
  }

  /**
   * The limit that leaves no further turn over this conversation, or null. Keeps back what the last call would take after
   * that turn.
   */
  limitBefore(messages: readonly Message[], model: Model): LimitReached | null {
    if (this.#errors >= this.limits.errors) return "errors";
    if (this.#callLimitHit) return "calls";
    if (this.#turns >= this.limits.turns) return "turns";
    if (this.workMsLeft() <= 0) return "time";
    const input = this.#tree.rates.tokens(messages);
    const after = input + leastOutput + this.#feedbackTokens + feedbackFrame;
    const kept = this.#amount(model, after, this.#lastOutput(model));
    const lacking = this.#lacking(plus(minus(kept, this.#kept), this.#amount(model, input, leastOutput)));
    if (lacking !== null) return lacking;
    this.#keep(kept);
    return null;
  }

  startTurn(): number {
    this.#turns += 1;
    return this.#turns;
  }

  /** Characters that the cells of a turn may show, so that the conversation fits what was kept for the last call. */
  get feedbackChars(): number {
    return this.#feedbackTokens * 4;
  }

  /** Counts turns in a row that failed. */
  turnFailed(failed: boolean): void {
    this.#errors = failed ? this.#errors + 1 : 0;
  }

  /** Counts a sub-call or a child run. @returns what takes it back, if it was never started @throws LimitError */
  countCall(): () => void {
    if (this.#callsLeft() <= 0) {
      this.#callLimitHit = true;
      throw new LimitError("calls", `The run's ${this.limits.calls} sub-calls are used up. Answer from what you have.`);
    }
    const count = (n: number) => this.#upwards((ledger) => (ledger.#calls += n));
    count(1);
    return () => count(-1);
  }

  /**
   * Sets room aside for a request. Where there is none, it waits for what is in flight to turn out cheaper.
   * @throws LimitError where there is none even so; CancelledError
   */
  async reserve(planned: Planned, signal: CancelSignal): Promise<Reservation> {
    if (planned.purpose === "last") this.#keep(nothing);
    for (;;) {
      const taken = this.#take(planned);
      if (typeof taken !== "string") return taken;
      if (this.#tree.inFlight === 0) throw this.#limitError(taken, planned);
      await this.#change(signal);
    }
  }

  /** Gives back what was kept for the last call; the run is over. */
  close(): void {
    this.#keep(nothing);
    if (!this.#parent) return;
    this.#tree.children += 1;
    this.#tree.childTokens += this.#used.tokens;
  }

  /** Lets the clock stand still while the user is asked something; one question at a time. */
  async paused<T>(work: () => Promise<T>): Promise<T> {
    this.#tree.pausedSince = this.#tree.now();
    try {
      return await work();
    } finally {
      this.#tree.pausedMs = this.#pausedMs();
      this.#tree.pausedSince = null;
    }
  }

  /** Milliseconds until work must stop, so that time is left for the last call. */
  workMsLeft(): number {
    const kept = Math.min(this.limits.seconds * lastShare, lastSecondsAtMost);
    return this.#msLeft() - kept * 1000;
  }

  /** Milliseconds of the run's whole time that are left. */
  msLeft(): number {
    return Math.max(0, this.#msLeft());
  }

  /** Milliseconds that the last call may take; a run that is out of time still gets what was kept for it. */
  lastCallMsLeft(): number {
    return Math.max(this.#msLeft(), 1000);
  }

  budget(): Budget {
    const free = this.#free();
    return {
      turns: Math.max(0, this.limits.turns - this.#turns),
      calls: Math.max(0, this.#callsLeft()),
      tokens: Math.max(0, free.tokens),
      usd: this.#spent.costUsd === null ? null : Math.max(0, free.usd),
      seconds: Math.max(0, Math.floor(this.workMsLeft() / 1000)),
    };
  }

  totals(): Totals {
    return { turns: this.#turns, calls: this.#calls, ...this.#spent };
  }

  /** What is set aside and not settled; nothing once the run is over. */
  get reserved(): { readonly tokens: number; readonly usd: number } {
    return this.#reserved;
  }

  /** What a request is expected to take: input and output tokens, and US dollars, null where the price is not known. */
  forecast(model: Model, prompts: readonly string[]): { readonly tokens: number; readonly usd: number | null } {
    const { rates } = this.#tree;
    const input = prompts.reduce((sum, prompt) => sum + rates.tokensOf(prompt.length), 0);
    const output = prompts.length * this.#expectedOutput();
    return { tokens: input + output, usd: rates.known(model) ? rates.usd(model, input, output) : null };
  }

  /** What child runs are expected to take: as much as those so far. */
  forecastChildren(model: Model, count: number): { readonly tokens: number; readonly usd: number | null } {
    const { rates, children, childTokens } = this.#tree;
    const each = children === 0 ? unknownChild : Math.ceil(childTokens / children);
    const output = Math.ceil(each * childOutputShare);
    const usd = rates.known(model) ? rates.usd(model, count * (each - output), count * output) : null;
    return { tokens: count * each, usd };
  }

  #take(planned: Planned): Reservation | LimitReached {
    const { purpose, model, messages } = planned;
    const input = this.#tree.rates.tokens(messages);
    // A token of a turn's reply is paid twice: the last call would read it again.
    const twice = purpose === "turn";
    const perOutput = plus(this.#amount(model, 0, 1), twice ? this.#amount(model, 1, 0) : nothing);
    const room = roomFor(minus(this.#free(), this.#amount(model, input, 0)), perOutput);
    const wanted = purpose === "last" ? this.#lastOutput(model) : leastOutput;
    const bounded = room < plentyOfOutput || purpose === "last";
    const output = bounded ? Math.min(room, purpose === "last" ? wanted : boundedOutput) : this.#expectedOutput();
    const lacking = this.#lacking(this.#amount(model, input, Math.max(output, Math.min(wanted, leastOutput))));
    if (lacking !== null) return lacking;
    return this.#reservation(planned, input, Math.max(output, 0), bounded && !model.offline);
  }

  #reservation(planned: Planned, input: number, output: number, bounded: boolean): Reservation {
    const { model, purpose } = planned;
    const twice = purpose === "turn";
    let held = this.#amount(model, input, output);
    let heldOutput = output;
    /** What failed tries have used; held on top. */
    let lost = nothing;
    const hold = (more: Amount) => {
      held = plus(held, more);
      this.#upwards((ledger) => (ledger.#reserved = plus(ledger.#reserved, more)));
    };
    this.#upwards((ledger) => (ledger.#reserved = plus(ledger.#reserved, held)));
    if (twice) this.#keep(plus(this.#kept, this.#amount(model, output, 0)));
    this.#tree.inFlight += 1;
    const end = () => {
      this.#upwards((ledger) => (ledger.#reserved = minus(ledger.#reserved, held)));
      held = nothing;
      this.#tree.inFlight -= 1;
    };
    return {
      maxOutput: bounded ? output : null,
      allows: (tokens) => {
        if (tokens <= heldOutput) return true;
        if (bounded) return false;
        // Room is asked for in pieces, so that a reply does not ask with each of its deltas.
        const more = Math.max(tokens - heldOutput, unknownOutput);
        const again = twice ? this.#amount(model, more, 0) : nothing;
        const grown = this.#amount(model, 0, more);
        if (this.#lacking(plus(grown, again)) !== null) return false;
        heldOutput += more;
        hold(grown);
        if (twice) this.#keep(plus(this.#kept, again));
        return true;
      },
      allowsRetry: (spent) => {
        const more = minus(amountOf(spent), lost);
        if (this.#lacking(more) !== null) return false;
        lost = plus(lost, more);
        hold(more);
        return true;
      },
      settle: (spent) => {
        end();
        this.#settle(planned, spent);
        this.#wake();
      },
      release: () => {
        end();
        this.#wake();
      },
    };
  }

  #settle({ model, messages }: Planned, spent: Spent): void {
    this.#tree.rates.learn(model, messages, spent);
    const used = amountOf(spent);
    this.#upwards((ledger) => {
      ledger.#spent = addSpent(ledger.#spent, spent);
      ledger.#used = plus(ledger.#used, used);
    });
  }

  /** Sets what is kept for the last call. */
  #keep(kept: Amount): void {
    const more = minus(kept, this.#kept);
    this.#kept = kept;
    this.#upwards((ledger) => (ledger.#reserved = plus(ledger.#reserved, more)));
  }

  /** The limit, of this run or of one above it, that so much more would pass; null where it fits. */
  #lacking(more: Amount): LimitReached | null {
    const free = this.#free();
    if (more.tokens > free.tokens) return "tokens";
    return more.usd > free.usd + tinyUsd ? "cost" : null;
  }

  /** What is neither used nor set aside, in this run and in each above it. */
  #free(): Amount {
    const own = minus(minus(this.limits, this.#used), this.#reserved);
    if (!this.#parent) return own;
    const above = this.#parent.#free();
    return { tokens: Math.min(own.tokens, above.tokens), usd: Math.min(own.usd, above.usd) };
  }

  #callsLeft(): number {
    const own = this.limits.calls - this.#calls;
    return this.#parent ? Math.min(own, this.#parent.#callsLeft()) : own;
  }

  #amount(model: Model, input: number, output: number): Amount {
    return { tokens: input + output, usd: this.#tree.rates.usd(model, input, output) };
  }

  get #feedbackTokens(): number {
    return Math.floor(Math.min(feedbackAtMost, this.limits.tokens * smallShare));
  }

  #lastOutput(model: Model): number {
    const byTokens = Math.min(lastOutputAtMost, this.limits.tokens * smallShare);
    const affordable = roomFor({ tokens: byTokens, usd: this.limits.usd * smallShare }, this.#amount(model, 0, 1));
    return Math.max(leastOutput, affordable);
  }

  #expectedOutput(): number {
    return this.#tree.rates.expectedOutput ?? unknownOutput;
  }

  #limitError(code: LimitReached, { messages }: Planned): LimitError {
    const { tokens, usd } = this.#free();
    const needed = this.#tree.rates.tokens(messages);
    if (code === "cost") {
      const left = `$${Math.max(0, usd).toFixed(4)} is left`;
      return new LimitError(code, `This prompt of ≈${needed} tokens costs more than what the run may spend: ${left}.`);
    }
    return new LimitError(
      code,
      `This prompt needs ≈${needed} tokens and room for a reply, and ${Math.max(0, tokens)} are left in the run.`,
    );
  }

  #msLeft(): number {
    const worked = this.#tree.now() - this.#startedAt - (this.#pausedMs() - this.#pausedBefore);
    return this.limits.seconds * 1000 - worked;
  }

  #pausedMs(): number {
    const { now, pausedMs, pausedSince } = this.#tree;
    return pausedMs + (pausedSince === null ? 0 : now() - pausedSince);
  }

  #upwards(change: (ledger: Ledger) => void): void {
    for (let ledger: Ledger | null = this; ledger; ledger = ledger.#parent) change(ledger);
  }

  #wake(): void {
    const woken = this.#tree.waiting;
    this.#tree.waiting = [];
    for (const wake of woken) wake();
  }

  /** Waits until something was settled or given back. @throws CancelledError */
  async #change(signal: CancelSignal): Promise<void> {
    if (signal.aborted) throw new CancelledError();
    await new Promise<void>((resolve, reject) => {
      const cancel = () => reject(new CancelledError());
      signal.addEventListener("abort", cancel, { once: true });
      this.#tree.waiting.push(() => {
        signal.removeEventListener("abort", cancel);
        resolve();
      });
    });
  }
}

/** How many units fit. */
function roomFor(free: Amount, unit: Amount): number {
  const byTokens = Math.floor(free.tokens / unit.tokens);
  return unit.usd > 0 ? Math.min(byTokens, Math.floor(free.usd / unit.usd)) : byTokens;
}
