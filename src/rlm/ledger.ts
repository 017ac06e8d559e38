import type { Totals } from "./events.ts";
import { estimateTokens, type Limits } from "./limits.ts";
import { addUsage, type Message, noUsage, type Spent, type Usage } from "./model.ts";
import type { LimitReached } from "./prompts.ts";
import type { Budget } from "./sandbox.ts";

/** Tokens kept for the output of the last call. */
const lastOutput = 4_000;
/** Tokens that a sub-call's reply is taken to have before any has come. */
const unknownOutput = 500;
/** The part of a run's time that is kept for the last call, at most a minute. */
const lastShare = 0.1;
const lastSecondsAtMost = 60;

/** Thrown inside a cell that asks for more than is left. */
class LimitError extends Error {
  readonly code: LimitReached;
  constructor(code: LimitReached, message: string) {
    super(message);
    this.name = "LimitError";
    this.code = code;
  }
}

/** Counts what a run uses against its limits. A call is reserved before it is sent and settled with its real usage. */
export class Ledger {
  readonly limits: Limits;
  readonly #now: () => number;
  readonly #startedAt: number;
  #turns = 0;
  #calls = 0;
  #usage: Usage = noUsage;
  #costUsd: number | null = 0;
  #reserved = 0;
  #settled = 0;
  /** What the last call would take: the conversation so far and its output. */
  #lastCall = lastOutput;
  #errors = 0;
  #callLimitHit = false;

  /** @param now milliseconds since 1970 */
  constructor(limits: Limits, now: () => number) {
    this.limits = limits;
    this.#now = now;
    this.#startedAt = now();
  }

  /** The limit that leaves no further turn over this conversation, or null. */
  limitBefore(conversation: readonly Message[]): LimitReached | null {
    this.#lastCall = estimateTokens(charsOf(conversation)) + lastOutput;
    if (this.#errors >= this.limits.errors) return "errors";
    if (this.#callLimitHit) return "calls";
    if (this.#turns >= this.limits.turns) return "turns";
    if (this.workMsLeft() <= 0) return "time";
    if (this.#tokensLeft() < this.#lastCall) return "tokens";
    return null;
  }

  startTurn(): number {
    this.#turns += 1;
    return this.#turns;
  }

  /**
   * Sets a sub-call's tokens aside. @returns the reservation, for `settle` or `release`
   * @throws LimitError if the call does not fit
   */
  reserveCall(prompt: string): number {
    const tokens = estimateTokens(prompt.length) + this.#expectedOutput();
    if (this.#calls >= this.limits.calls) {
      this.#callLimitHit = true;
      throw new LimitError("calls", `The run's ${this.limits.calls} sub-calls are used up. Answer from what you have.`);
    }
    if (tokens > this.#tokensLeft()) {
      throw new LimitError(
        "tokens",
        `This prompt needs ≈${tokens} tokens, and ${Math.max(0, this.#tokensLeft())} are left in the run.`,
      );
    }
    this.#calls += 1;
    this.#reserved += tokens;
    return tokens;
  }

  /** Gives a reservation back. @param sent false where the call was never sent, and so does not count */
  release(reservation: number, sent: boolean): void {
    this.#reserved -= reservation;
    if (!sent) this.#calls -= 1;
  }

  settle(reply: Spent): void {
    this.#settled += 1;
    this.#usage = addUsage(this.#usage, reply.usage);
    this.#costUsd = this.#costUsd === null || reply.costUsd === null ? null : this.#costUsd + reply.costUsd;
  }

  /** Counts turns in a row that failed. */
  turnFailed(failed: boolean): void {
    this.#errors = failed ? this.#errors + 1 : 0;
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
    return {
      turns: this.limits.turns - this.#turns,
      calls: this.limits.calls - this.#calls,
      tokens: Math.max(0, this.#tokensLeft()),
      usd: null,
      seconds: Math.max(0, Math.floor(this.workMsLeft() / 1000)),
    };
  }

  totals(): Totals {
    return { turns: this.#turns, calls: this.#calls, usage: this.#usage, costUsd: this.#costUsd };
  }

  /** Tokens that a reply is likely to have: as many as those so far. */
  #expectedOutput(): number {
    return this.#settled === 0 ? unknownOutput : Math.ceil(this.#usage.output / this.#settled);
  }

  #msLeft(): number {
    return this.limits.seconds * 1000 - (this.#now() - this.#startedAt);
  }

  #tokensLeft(): number {
    return this.limits.tokens - this.#usage.input - this.#usage.output - this.#reserved - this.#lastCall;
  }
}

function charsOf(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + message.content.length, 0);
}
