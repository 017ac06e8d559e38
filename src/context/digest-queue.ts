import { type MessagePort, Worker } from "node:worker_threads";
import type { FromDigester, ToDigester } from "./collector-protocol.ts";
import type { Digest, DigestJob } from "./digest.ts";

/** Bytes that travel to the other thread at once. */
const batchBytes = 4 * 1024 * 1024;
/** A text of as many bytes is hashed on a thread of its own. */
export const threadFrom = 8 * 1024 * 1024;

/** Hashes and masks large files on a second thread, while they are read. */
export class DigestQueue {
  readonly #done: (digest: Digest) => void;
  readonly #segments: SharedArrayBuffer[] = [];
  #jobs: DigestJob[] = [];
  #jobBytes = 0;
  #helper: Worker | MessagePort | null = null;
  #batchesOut = 0;
  #settle: ((error?: Error) => void) | null = null;

  /** @param digester a thread that hashes, where there is one already */
  constructor(digester: MessagePort | null, done: (digest: Digest) => void) {
    this.#done = done;
    if (digester) this.#listen(digester);
  }

  addSegment(segment: SharedArrayBuffer): void {
    this.#segments.push(segment);
    this.#send({ type: "segment", segment });
  }

  /** The work ahead is large enough for the second thread; it starts meanwhile. */
  expect(bytes: number): void {
    if (bytes >= threadFrom) this.#startHelper();
  }

  add(job: DigestJob): void {
    this.#jobs.push(job);
    this.#jobBytes += job.to - job.from;
    this.#startHelper();
    if (this.#jobBytes >= batchBytes) this.flush();
  }

  /** Resolves when every job is done. */
  async finish(): Promise<void> {
    if (!this.#helper) return;
    this.flush();
    await new Promise<void>((resolve, reject) => {
      this.#settle = (error) => (error ? reject(error) : resolve());
      if (this.#batchesOut === 0) resolve();
    });
    // The thread itself ends with this one.
    this.#helper.removeAllListeners();
    this.#helper.unref();
  }

  #startHelper(): void {
    if (this.#helper) return;
    const file = import.meta.url.endsWith(".ts") ? "./collector-worker.ts" : "./collector-worker.js";
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: { role: "digest" },
      env: {},
      execArgv: [],
    });
    worker.on("error", (error) => this.#settle?.(error));
    this.#listen(worker);
  }

  #listen(helper: Worker | MessagePort): void {
    this.#helper = helper;
    helper.on("message", (message: FromDigester) => this.#receive(message));
    for (const segment of this.#segments) this.#send({ type: "segment", segment });
  }

  /** Hands over what is waiting. */
  flush(): void {
    if (!this.#helper || this.#jobs.length === 0) return;
    this.#send({ type: "jobs", jobs: this.#jobs });
    this.#batchesOut += 1;
    this.#jobs = [];
    this.#jobBytes = 0;
  }

  #send(message: ToDigester): void {
    this.#helper?.postMessage(message);
  }

  #receive({ file, masked, sha256 }: FromDigester): void {
    file.forEach((id, i) => {
      const digest = Buffer.from(sha256.subarray(i * 32, i * 32 + 32));
      this.#done({ file: id, masked: masked[i] ?? 0, sha256: digest.every((byte) => byte === 0) ? null : digest });
    });
    this.#batchesOut -= 1;
    if (this.#batchesOut === 0) this.#settle?.();
  }
}
