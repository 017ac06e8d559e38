import { Worker } from "node:worker_threads";
import { ApiError } from "./api-error.ts";
import type { BodyStart, FromBodyThread, ToBodyThread } from "./body-protocol.ts";
import { type ChatRequest, readChatRequest } from "./chat-request.ts";
import { tooManyValues } from "./json-texts.ts";
import type { RunBounds } from "./parameters.ts";

/** A smaller body is read sooner than a thread starts. */
const threadFrom = 128 * 1024;
/** Pieces travel to the thread together. */
const batchBytes = 1024 * 1024;
const mostHeapMb = 512;

/** Reads the body of one request, a large one on a thread of its own, which gets it while it comes in. */
export class BodyReader {
  readonly #expected: number | null;
  #thread: BodyThread | null = null;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  /** @param expected bytes, so that the thread may start while they come in; null where that is not known */
  constructor(expected: number | null) {
    this.#expected = expected;
    if ((expected ?? 0) >= threadFrom) this.#start();
  }

  /** Takes the next piece over. */
  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= (this.#thread ? batchBytes : threadFrom)) this.#flush();
  }

  /** Reads what was added. @throws ApiError */
  async read(bounds: RunBounds): Promise<ChatRequest> {
    if (!this.#thread) return readChatRequest(Buffer.concat(this.#pieces), bounds);
    this.#flush();
    post(this.#thread.worker, { type: "end", bounds });
    const answer = await this.#thread.answer;
    if (answer.type === "error") throw new ApiError(answer.fields);
    return answer.request;
  }

  close(): void {
    void this.#thread?.worker.terminate();
    this.#thread = null;
  }

  #flush(): void {
    const pieces = this.#pieces.map(alone);
    const { worker } = this.#thread ?? this.#start();
    post(worker, { type: "pieces", pieces }, pieces);
    this.#pieces = [];
    this.#bytes = 0;
  }

  #start(): BodyThread {
    const file = import.meta.url.endsWith(".ts") ? "./body-worker.ts" : "./body-worker.js";
    const workerData: BodyStart = { expected: this.#expected };
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData,
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: mostHeapMb },
    });
    const answer = new Promise<FromBodyThread>((resolve, reject) => {
      worker.once("message", resolve);
      worker.on("error", (error) => reject(threadError(error)));
      worker.once("exit", () => reject(new Error("The thread that reads requests ended too early.")));
    });
    // It may fail before anybody waits for it.
    answer.catch(() => {});
    this.#thread = { worker, answer };
    return this.#thread;
  }
}

interface BodyThread {
  readonly worker: Worker;
  readonly answer: Promise<FromBodyThread>;
}

function post(worker: Worker, message: ToBodyThread, pieces: readonly Uint8Array<ArrayBuffer>[] = []): void {
  worker.postMessage(
    message,
    pieces.map(({ buffer }) => buffer),
  );
}

/** A piece in memory of its own, which can be given away. */
function alone(piece: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = piece;
  return buffer instanceof ArrayBuffer && buffer.byteLength === piece.length
    ? new Uint8Array(buffer)
    : new Uint8Array(piece);
}

/** Values may need more memory than a thread has. */
function threadError(error: unknown): unknown {
  const isFull = error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
  return isFull ? tooManyValues() : error;
}
