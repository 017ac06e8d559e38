import { CancelledError, type CancelSignal } from "./cancel.ts";
import type { Coverage } from "./coverage.ts";
import type { RunEvents } from "./event-stream.ts";
import type { Ledger, Planned } from "./ledger.ts";
import { type JsonSchema, ModelFailure, type ModelReply, type Sampling, type Spent } from "./model.ts";
import { Semaphore } from "./semaphore.ts";

/** One run of the tree: what it may use, where it reports, and what it has looked at. */
export interface RunScope {
  readonly ledger: Ledger;
  readonly events: RunEvents;
  readonly coverage: Coverage;
}

export interface RequestOptions {
  readonly onDelta?: (text: string) => void;
  /** Called when the request is on its way: it has its place and its room. */
  readonly onSent?: () => void;
  /** Called with the reply before the run's totals are told. */
  readonly onReply?: (reply: ModelReply) => void;
  readonly schema?: JsonSchema;
}

/** Sends the requests of all runs of a tree: a limited number at a time, each paid for before it is sent. */
export class Requests {
  readonly #root: RunScope;
  readonly #places: Semaphore;
  readonly #sampling: Sampling;

  /** @param sampling of every request */
  constructor(root: RunScope, sampling: Sampling = {}) {
    this.#root = root;
    this.#sampling = sampling;
    this.#places = new Semaphore(root.ledger.limits.concurrency);
  }

  /** @throws ModelFailure, LimitError, CancelledError */
  send(planned: Planned, run: RunScope, signal: CancelSignal, options: RequestOptions = {}): Promise<ModelReply> {
    return this.#places.run(signal, () => this.#send(planned, run, signal, options));
  }

  async #send(
    planned: Planned,
    { ledger, events }: RunScope,
    signal: CancelSignal,
    { onSent, onReply, ...options }: RequestOptions,
  ): Promise<ModelReply> {
    const reservation = await ledger.reserve(planned, signal);
    onSent?.();
    try {
      const reply = await planned.model.reply({
        ...options,
        messages: planned.messages,
        signal,
        sampling: this.#sampling,
        ...(reservation.maxOutput === null ? {} : { maxOutput: reservation.maxOutput }),
        allows: reservation.allows,
        allowsRetry: reservation.allowsRetry,
        onRetry: (failure, waitMs) =>
          events.emit({ type: "call.retrying", code: failure.code, message: failure.message, waitMs }),
        onWarning: (code, message) => events.emit({ type: "warning", code, message }),
      });
      reservation.settle(reply);
      onReply?.(reply);
      this.#tellTotals();
      return reply;
    } catch (error) {
      const spent = spentBy(error);
      if (spent) reservation.settle(spent);
      else reservation.release();
      // Between the pieces of a reply and what follows them nothing else may come: see `RunTree`.
      if (!options.onDelta) this.#tellTotals();
      throw error;
    }
  }

  #tellTotals(): void {
    this.#root.events.emit({ type: "ledger.changed", totals: this.#root.ledger.totals() });
  }
}

/** What a request that gave no reply has used all the same; null where that is nothing. */
export function spentBy(error: unknown): Spent | null {
  return error instanceof ModelFailure || error instanceof CancelledError ? error.spent : null;
}
