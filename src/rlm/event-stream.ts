import type { RunEvent, TextRef } from "./events.ts";

/** Longer texts travel once, as `blob.added`. */
const blobFrom = 4096;

/** Whose event it is: a run's own fields in each of its events. */
interface Origin {
  readonly runId: string;
  /** 0 for the run that the user has started. */
  readonly depth: number;
  /** The call that a child run answers. */
  readonly parent?: { readonly runId: string; readonly callId: string };
}

// A mapped type that keeps the union: each event without the fields that the stream fills in.
type Unnumbered<E> = E extends RunEvent ? Omit<E, "seq" | "at" | "runId" | "depth" | "parent"> : never;
export type NewEvent = Unnumbered<RunEvent>;

/** Numbers the events of a run and of its children, keeps them, and lets any number of readers follow at their speed. */
export class EventStream {
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
  constructor(clock: () => number, sha256: (text: string) => string) {
    this.#clock = clock;
    this.#sha256 = sha256;
  }

  emit(event: NewEvent, origin: Origin): void {
    if (this.#ended) return;
    const numbered = { ...event, seq: this.#events.length, at: this.#clock(), ...origin } as RunEvent;
    this.#events.push(numbered);
    if (event.type === "run.finished" && origin.depth === 0) this.#ended = true;
    const woken = this.#waiting;
    this.#waiting = [];
    for (const wake of woken) wake();
  }

  /** A reference to a text for use in an event: the text itself if short, else its hash, after its `blob.added`. */
  text(text: string, origin: Origin): TextRef {
    if (text.length <= blobFrom) return text;
    const sha256 = this.#sha256(text);
    if (!this.#blobs.has(sha256)) {
      this.#blobs.add(sha256);
      this.emit({ type: "blob.added", sha256, text }, origin);
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

/** The stream as one run writes to it. */
export class RunEvents {
  readonly #stream: EventStream;
  readonly #origin: Origin;

  constructor(stream: EventStream, origin: Origin) {
    this.#stream = stream;
    this.#origin = origin;
  }

  get runId(): string {
    return this.#origin.runId;
  }

  get depth(): number {
    return this.#origin.depth;
  }

  emit(event: NewEvent): void {
    this.#stream.emit(event, this.#origin);
  }

  /** A reference to a text for use in an event. */
  text(text: string): TextRef {
    return this.#stream.text(text, this.#origin);
  }

  /** Where a child run writes to that answers one of this run's calls. */
  child(runId: string, callId: string): RunEvents {
    const parent = { runId: this.runId, callId };
    return new RunEvents(this.#stream, { runId, depth: this.depth + 1, parent });
  }
}
