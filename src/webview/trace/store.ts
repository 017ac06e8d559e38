import type { RunEvent } from "../../rlm/events.ts";
import { foldEvents, RunTree } from "../../rlm/run-tree.ts";
import type { FromTraceView, ToTraceView } from "./protocol.ts";

/** Holds the run that the panel shows. Events are folded in once a frame, however fast they come. */
export class TraceStore {
  tree = new RunTree();
  /** Said in place of a run; null before the first snapshot. */
  notice: string | null = null;
  /** Paths of cited files that have changed since they were read. */
  stale: ReadonlySet<string> = new Set();
  readonly #post: (message: FromTraceView) => void;
  readonly #onChange: () => void;
  #queue: RunEvent[] = [];
  #drawing = false;
  #waitsForSnapshot = true;

  constructor(post: (message: FromTraceView) => void, onChange: () => void) {
    this.#post = post;
    this.#onChange = onChange;
  }

  receive(message: ToTraceView): void {
    switch (message.type) {
      case "snapshot":
        this.#replace(message);
        break;
      case "events":
        if (!this.#waitsForSnapshot) for (const event of message.events) this.#queue.push(event);
        break;
      case "stale":
        this.stale = new Set(message.paths);
        break;
    }
    this.#drawSoon();
  }

  #replace({ events, over, notice }: Extract<ToTraceView, { type: "snapshot" }>): void {
    this.tree = foldEvents(events);
    if (over) this.tree.interrupt();
    this.notice = notice ?? "";
    this.#queue = [];
    this.#waitsForSnapshot = false;
  }

  #drawSoon(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#takeQueue();
      this.#onChange();
    });
  }

  #takeQueue(): void {
    const known = this.tree.gap;
    for (const event of this.#queue) this.tree.add(event);
    this.#queue = [];
    if (this.tree.gap === known) return;
    this.#waitsForSnapshot = true;
    this.#post({ type: "resync" });
  }
}
