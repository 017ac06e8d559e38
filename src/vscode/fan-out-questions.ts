import { CancelledError } from "../rlm/cancel.ts";
import type { EventOf, RunEvent } from "../rlm/events.ts";
import type { Approve, FanOutChoice } from "../rlm/fan-out.ts";

interface Waiting {
  /** The number of its `fanout.asked` event; null until that is read. */
  asked: number | null;
  readonly decide: (choice: FanOutChoice) => void;
}

/**
 * The questions of one run about large fan-outs, until the user has answered each. Whoever answers first decides: the
 * trace panel or a notification.
 */
export class FanOutQuestions {
  readonly #waiting = new Set<Waiting>();

  /** For the run: waits until a choice is made. @throws CancelledError */
  readonly approve: Approve = (_forecast, signal) =>
    new Promise((resolve, reject) => {
      const end = () => {
        this.#waiting.delete(waiting);
        signal.removeEventListener("abort", cancel);
      };
      const cancel = () => {
        end();
        reject(new CancelledError());
      };
      const decide = (choice: FanOutChoice) => {
        end();
        resolve(choice);
      };
      const waiting: Waiting = { asked: null, decide };
      if (signal.aborted) return cancel();
      signal.addEventListener("abort", cancel, { once: true });
      this.#waiting.add(waiting);
    });

  /** Takes the events of the run, in order: they are emitted in the order in which `approve` is called. */
  take(event: RunEvent): void {
    if (event.type !== "fanout.asked") return;
    const [next] = [...this.#waiting].filter(({ asked }) => asked === null);
    if (next) next.asked = event.seq;
  }

  /** True while the question of this event waits for an answer. */
  isOpen({ seq }: EventOf<"fanout.asked">): boolean {
    return this.#find(seq) !== undefined;
  }

  /**
   * @param asked the number of the event that asked
   * @returns false where it was decided before, or the run is over
   */
  decide(asked: number, choice: FanOutChoice): boolean {
    const waiting = this.#find(asked);
    waiting?.decide(choice);
    return waiting !== undefined;
  }

  #find(seq: number): Waiting | undefined {
    return [...this.#waiting].find(({ asked }) => asked === seq);
  }
}
