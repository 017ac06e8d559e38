import type { RunEvent } from "../../rlm/events.ts";
import type { FanOutQuestion } from "../../rlm/run-nodes.ts";
import type { RunTree } from "../../rlm/run-tree.ts";

/** The questions about large fan-outs that wait for the user. Child runs that go on side by side may each have one. */
export class OpenQuestions {
  readonly #open = new Map<string, FanOutQuestion>();

  /** The one that has waited longest. */
  get first(): FanOutQuestion | null {
    return this.#open.values().next().value ?? null;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Takes an event after the tree has. */
  take(event: RunEvent, { asking }: RunTree): void {
    if (event.type === "fanout.asked" && asking) this.#open.set(keyOf(event), asking);
    else if (event.type === "fanout.decided" || event.type === "cell.finished") this.#open.delete(keyOf(event));
    else if (event.type === "run.finished") this.#end(event.depth === 0 ? null : event.runId);
  }

  /** @param runId null: all runs */
  #end(runId: string | null): void {
    for (const [key, question] of this.#open) if (runId === null || question.runId === runId) this.#open.delete(key);
  }
}

/** A cell asks one question at a time. */
function keyOf({ runId, turn, cell }: { runId: string; turn: number; cell: number }): string {
  return `${runId} ${turn}.${cell}`;
}
