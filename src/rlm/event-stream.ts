import type { RunEvent, TextRef } from "./events.ts";

/** Longer texts travel once, as `blob.added`. */
const blobFrom = 4096;

// A mapped type that keeps the union: each event without the fields that the stream fills in.
type Unnumbered<E> = E extends RunEvent ? Omit<E, "seq" | "at" | "runId" | "depth"> : never;
export type NewEvent = Unnumbered<RunEvent>;

/** Numbers the events of a run, keeps them, and lets any number of readers follow at their own speed. */
export class EventStream {
  readonly runId: string;
  readonly #clock: () => number;
  readonly #sha256: (text: string) => string;
  readonly #events: RunEvent[] = [];
  readonly #blobs = new Set<string>();
  #waiting: (() => void)[] = [];
  #ended = false;

  /**
   * @param clock milliseconds since 1970
   * @param sha256 of a text's UTF-8 bytes, in hexadecimal
   */
  constructor(runId: string, clock: () => number, sha256: (text: string) => string) {
    this.runId = runId;
    this.#clock = clock;
    this.#sha256 = sha256;
  }

  emit(event: NewEvent): void {
    if (this.#ended) return;
    const numbered = { ...event, seq: this.#events.length, at: this.#clock(), runId: this.runId, depth: 0 } as RunEvent;
    this.#events.push(numbered);
    if (event.type === "run.finished") this.#ended = true;
    const woken = this.#waiting;
    this.#waiting = [];
    for (const wake of woken) wake();
  }

  /** A reference to a text for use in an event: the text itself if short, else its hash, after its `blob.added`. */
  text(text: string): TextRef {
    if (text.length <= blobFrom) return text;
    const sha256 = this.#sha256(text);
    if (!this.#blobs.has(sha256)) {
      this.#blobs.add(sha256);
      this.emit({ type: "blob.added", sha256, text });
    }
    return { sha256, chars: text.length };
  }

  /** All events from number `fromSeq` on, those to come included, until the run has finished. */
  async *events(fromSeq = 0): AsyncIterable<RunEvent> {
    for (let next = fromSeq; ; ) {
      const event = this.#events[next];
      if (event) {
        next += 1;
        yield event;
      } else if (this.#ended) return;
      else await new Promise<void>((wake) => this.#waiting.push(wake));
    }
  }
}
