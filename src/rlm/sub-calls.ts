import type { CancelSignal } from "./cancel.ts";
import { oneLine } from "./cut.ts";
import type { EventStream } from "./event-stream.ts";
import type { Ledger } from "./ledger.ts";
import { type Model, ModelFailure, type ModelReply, noUsage, type Spent } from "./model.ts";
import type { SubCall } from "./sandbox.ts";
import { Semaphore } from "./semaphore.ts";

/** Where in the run a sub-call was made. */
export interface CellPlace {
  readonly turn: number;
  readonly cell: number;
}

/** Sends the sub-calls of a run's cells, a limited number at a time, and reports each. */
export class SubCalls {
  readonly #model: Model;
  readonly #named: (id: string) => Model;
  readonly #ledger: Ledger;
  readonly #stream: EventStream;
  readonly #clock: () => number;
  readonly #semaphore: Semaphore;
  /** Models that cells have named. */
  readonly #known = new Map<string, Model>();
  #made = 0;

  constructor(options: {
    model: Model;
    /** A model of the same endpoint by its name. */
    named: (id: string) => Model;
    ledger: Ledger;
    stream: EventStream;
    clock: () => number;
  }) {
    this.#model = options.model;
    this.#named = options.named;
    this.#ledger = options.ledger;
    this.#stream = options.stream;
    this.#clock = options.clock;
    this.#semaphore = new Semaphore(options.ledger.limits.concurrency);
  }

  /** @throws LimitError, ModelFailure, CancelledError */
  async ask(call: SubCall, place: CellPlace, signal: CancelSignal): Promise<string> {
    const reservation = this.#ledger.reserveCall(call.prompt);
    let sent = false;
    try {
      const model = this.#modelFor(call);
      const reply = await this.#semaphore.run(signal, () => {
        sent = true;
        return this.#send(model, call.prompt, place, signal);
      });
      return reply.text;
    } finally {
      this.#ledger.release(reservation, sent);
    }
  }

  #modelFor({ model: id }: SubCall): Model {
    if (id === undefined) return this.#model;
    const known = this.#known.get(id) ?? this.#named(id);
    this.#known.set(id, known);
    return known;
  }

  async #send(model: Model, prompt: string, place: CellPlace, signal: CancelSignal): Promise<ModelReply> {
    this.#made += 1;
    const callId = `c${this.#made}`;
    const startedAt = this.#clock();
    const stream = this.#stream;
    stream.emit({ type: "call.started", ...place, callId, model: model.id, prompt: stream.text(prompt) });
    const finish = (outcome: { reply: ModelReply } | { error: unknown }) => {
      const { usage, costUsd } = "reply" in outcome ? outcome.reply : spentBy(outcome.error);
      const result =
        "reply" in outcome ? { reply: stream.text(outcome.reply.text) } : { error: failureOf(outcome.error) };
      const ms = this.#clock() - startedAt;
      stream.emit({ type: "call.finished", ...place, callId, ...result, usage, costUsd, ms });
    };
    try {
      const reply = await model.reply({
        messages: [{ role: "user", content: prompt }],
        signal,
        onRetry: (failure, waitMs) =>
          stream.emit({ type: "call.retrying", code: failure.code, message: failure.message, waitMs }),
        onWarning: (code, message) => stream.emit({ type: "warning", code, message }),
      });
      this.#ledger.settle(reply);
      finish({ reply });
      stream.emit({ type: "ledger.changed", totals: this.#ledger.totals() });
      return reply;
    } catch (error) {
      finish({ error });
      settleFailure(error, this.#ledger, stream);
      throw error;
    }
  }
}

/** Counts what a failed call has used: the provider bills it all the same. */
export function settleFailure(error: unknown, ledger: Ledger, stream: EventStream): void {
  if (!(error instanceof ModelFailure) || error.spent === null) return;
  ledger.settle(error.spent);
  stream.emit({ type: "ledger.changed", totals: ledger.totals() });
}

function spentBy(error: unknown): Spent {
  return (error instanceof ModelFailure && error.spent) || { usage: noUsage, costUsd: 0 };
}

/** A failure as an event carries it: its code and one line. */
export function failureOf(error: unknown): { code: string; message: string } {
  if (error instanceof ModelFailure) return { code: error.code, message: error.message };
  const code = error instanceof Error && "code" in error ? String(error.code) : "internal";
  return { code, message: oneLine(error instanceof Error ? error.message : String(error), 500) };
}
