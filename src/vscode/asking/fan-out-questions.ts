import { CancelledError } from "../../rlm/cancel.ts";
import type { RunEvent } from "../../rlm/events.ts";
import type { Approve, FanOutChoice } from "../../rlm/fan-out.ts";

type Decide = (choice: FanOutChoice) => void;

/** A question that the run has asked. */
interface Waiting {
  /** Null as soon as it is decided or the run is cancelled. */
  decide: Decide | null;
}

/**
 * The questions of one run about large fan-outs, until the user has answered each. Whoever answers first decides: the
 * trace panel or a notification.
 */
export class FanOutQuestions {
  /** Those whose event has not been read yet: events come in the order in which `approve` is called. */
  readonly #unread: Waiting[] = [];
  readonly #byEvent = new Map<number, Waiting>();

  /** For the run: waits until a choice is made. @throws CancelledError */
  readonly approve: Approve = (_forecast, signal) =>
    new Promise((resolve, reject) => {
      const waiting: Waiting = { decide: null };
      this.#unread.push(waiting);
      if (signal.aborted) return reject(new CancelledError());
      const cancel = () => {
        waiting.decide = null;
        reject(new CancelledError());
      };
      signal.addEventListener("abort", cancel, { once: true });
      waiting.decide = (choice) => {
        waiting.decide = null;
        signal.removeEventListener("abort", cancel);
        resolve(choice);
      };
    });

  /** Takes the events of the run, each once and in order. */
  take(event: RunEvent): void {
    if (event.type !== "fanout.asked") return;
    const waiting = this.#unread.shift();
    if (waiting) this.#byEvent.set(event.seq, waiting);
  }

  /** True while the question with this event's number waits for an answer. */
  isOpen(asked: number): boolean {
    return (this.#byEvent.get(asked)?.decide ?? null) !== null;
  }

  /** Decides a question by its event's number; one that is decided already stays as it is. */
  decide(asked: number, choice: FanOutChoice): void {
    this.#byEvent.get(asked)?.decide?.(choice);
  }
}
