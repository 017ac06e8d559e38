import { ApiError } from "./api-error.ts";

/** Bounds the bytes of request bodies that are held at a time, those of runs that go on included. */
export class BodyMemory {
  readonly #most: number;
  #held = 0;

  /** @param most bytes */
  constructor(most: number) {
    this.#most = most;
  }

  /** Room for one body; it grows as the body comes in. */
  open(): BodyRoom {
    let own = 0;
    return {
      take: (bytes) => {
        // A single body always has room: its own limit bounds it.
        if (this.#held > own && this.#held + bytes > this.#most) throw tooFull();
        own += bytes;
        this.#held += bytes;
      },
      release: () => {
        this.#held -= own;
        own = 0;
      },
    };
  }
}

export interface BodyRoom {
  /** @throws ApiError 429 where too much is held already */
  take(bytes: number): void;
  release(): void;
}

function tooFull(): ApiError {
  const message = "Too much text is being worked on. Try again soon.";
  return new ApiError({ status: 429, code: "server_busy", message, retryAfter: 5 });
}
