import type { CancelSignal } from "./cancel.ts";
import { oneLine } from "./cut.ts";
import type { EventStream } from "./event-stream.ts";
import type { Ledger } from "./ledger.ts";
import { type Model, ModelFailure, type ModelReply, noUsage } from "./model.ts";
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
    try {
      const model = call.model === undefined ? this.#model : this.#named(call.model);
      const reply = await this.#semaphore.run(signal, () => this.#send(model, call.prompt, place, signal));
      return reply.text;
    } finally {
      this.#ledger.release(reservation);
    }
  }

  async #send(model: Model, prompt: string, place: CellPlace, signal: CancelSignal): Promise<ModelReply> {
    this.#made += 1;
    const callId = `c${this.#made}`;
    const startedAt = this.#clock();
    const stream = this.#stream;
    stream.emit({ type: "call.started", ...place, callId, model: model.id, prompt: stream.text(prompt) });
    const finish = (outcome: { reply: ModelReply } | { error: unknown }) => {
      const { usage, costUsd } = "reply" in outcome ? outcome.reply : { usage: noUsage, costUsd: 0 };
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
      });
      this.#ledger.settle(reply);
      finish({ reply });
      stream.emit({ type: "ledger.changed", totals: this.#ledger.totals() });
      return reply;
    } catch (error) {
      finish({ error });
      throw error;
    }
  }
}

/** A failure as an event carries it: its code and one line. */
export function failureOf(error: unknown): { code: string; message: string } {
  if (error instanceof ModelFailure) return { code: error.code, message: error.message };
  const code = error instanceof Error && "code" in error ? String(error.code) : "internal";
  return { code, message: oneLine(error instanceof Error ? error.message : String(error), 500) };
}
