import { Worker } from "node:worker_threads";
import { ApiError, badField } from "./api-error.ts";
import type { FromBodyThread, ToBodyThread } from "./body-protocol.ts";
import { type ChatRequest, readChatRequest } from "./chat-request.ts";
import { joined } from "./joined.ts";
import type { RunBounds } from "./parameters.ts";
import type { Body } from "./receive-body.ts";

/** A smaller body is read sooner than a thread starts. */
const threadFrom = 128 * 1024;
const mostHeapMb = 512;

/** Reads the bodies of requests, large ones on a thread of their own. */
export class BodyReader {
  #worker: Worker | null = null;

  /** @param expected bytes, so that the thread may start while they come in; null where that is not known */
  constructor(expected: number | null) {
    if ((expected ?? 0) >= threadFrom) this.#start();
  }

  /** @throws ApiError */
  async read(body: Body, bounds: RunBounds): Promise<ChatRequest> {
    const bytes = body.reduce((sum, piece) => sum + piece.length, 0);
    if (bytes < threadFrom) return readChatRequest(joined(body), bounds);
    const worker = this.#worker ?? this.#start();
    const message: ToBodyThread = { body, bounds };
    worker.postMessage(message, [...new Set(body.map(({ buffer }) => buffer))]);
    const answer = await new Promise<FromBodyThread>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", (error) => reject(threadError(error)));
      worker.once("exit", () => reject(new Error("The thread that reads requests ended too early.")));
    });
    if (answer.type === "error") throw new ApiError(answer.fields);
    return answer.request;
  }

  close(): void {
    void this.#worker?.terminate();
    this.#worker = null;
  }

  #start(): Worker {
    const file = import.meta.url.endsWith(".ts") ? "./body-worker.ts" : "./body-worker.js";
    this.#worker = new Worker(new URL(file, import.meta.url), {
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: mostHeapMb },
    });
    // Before it is listened to there is nobody to tell.
    this.#worker.on("error", () => {});
    return this.#worker;
  }
}

/** JSON of very many small values may need more memory than a thread has. */
function threadError(error: unknown): unknown {
  const isFull = error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
  return isFull ? badField("body", "The body holds too many values. Put the text into fewer messages.") : error;
}
