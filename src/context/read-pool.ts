import { availableParallelism } from "node:os";
import { type MessagePort, Worker } from "node:worker_threads";
import type { FromReader, ToReader } from "./collector-protocol.ts";
import type { CorpusBuilder, TakeOptions } from "./corpus-builder.ts";
import { BatchReader, type ReadBatch, type Reading, SharedState } from "./read-batch.ts";
import { helpersFrom } from "./read-limits.ts";

const batchFiles = 64;
const mostHelpers = 3;

type Progress = (files: number, bytes: number) => void;

/** Reads the files that a walk finds, with the help of other threads where there are many. */
export class ReadPool {
  readonly #builder: CorpusBuilder;
  readonly #onProgress: Progress;
  readonly #batches: ReadBatch[] = [];
  readonly #shared = new SharedState();
  readonly #helpers: Helper[] = [];
  #next: { shown: string[]; files: string[]; options: TakeOptions } | null = null;

  /**
   * @param builder takes what this thread reads
   * @param helper a thread that reads, where there is one already
   */
  constructor(builder: CorpusBuilder, onProgress: Progress, helper: MessagePort | null) {
    this.#builder = builder;
    this.#onProgress = onProgress;
    if (helper) this.#join(helper);
  }

  /** A file to read, some time. */
  add(shown: string, file: string, options: TakeOptions): void {
    if (this.#next && (this.#next.options !== options || this.#next.files.length === batchFiles)) this.#close();
    this.#next ??= { shown: [], files: [], options };
    this.#next.shown.push(shown);
    this.#next.files.push(file);
  }

  /** Reads everything that was added. @returns what each thread has read, this one first */
  async finish(): Promise<Reading[]> {
    this.#close();
    for (const helper of this.#helpers) helper.post({ type: "end" });
    const reader = new BatchReader(this.#builder);
    reader.share(this.#shared.claims, this.#shared.progress);
    for (const batch of this.#batches) {
      reader.read(batch);
      this.#onProgress(this.#shared.files, this.#shared.bytes);
    }
    const readings = await Promise.all([reader.finish(), ...this.#helpers.map((helper) => helper.reading)]);
    const files = readings.reduce((sum, { part }) => sum + part.table.files, 0);
    const bytes = readings.reduce((sum, { part }) => sum + part.table.bytes.reduce((all, one) => all + one, 0), 0);
    this.#onProgress(files, bytes);
    return readings;
  }

  #close(): void {
    if (!this.#next) return;
    const batch = { number: this.#batches.length, ...this.#next };
    this.#next = null;
    this.#batches.push(batch);
    for (const helper of this.#helpers) helper.post({ type: "batch", batch });
    if (this.#batches.length * batchFiles === helpersFrom) this.#startHelpers();
  }

  #startHelpers(): void {
    const file = import.meta.url.endsWith(".ts") ? "./collector-worker.ts" : "./collector-worker.js";
    const wanted = Math.min(mostHelpers, availableParallelism() - 1);
    while (this.#helpers.length < wanted) {
      const workerData = { role: "read" } as const;
      this.#join(new Worker(new URL(file, import.meta.url), { workerData, env: {}, execArgv: [] }));
    }
  }

  #join(thread: Worker | MessagePort): void {
    const helper = new Helper(thread);
    helper.post({ type: "start", claims: this.#shared.claims, progress: this.#shared.progress });
    for (const batch of this.#batches) helper.post({ type: "batch", batch });
    this.#helpers.push(helper);
  }
}

/** Another thread that reads; it ends with this one. */
class Helper {
  readonly reading: Promise<Reading>;
  readonly #thread: Worker | MessagePort;

  constructor(thread: Worker | MessagePort) {
    this.#thread = thread;
    this.reading = new Promise((resolve, reject) => {
      thread.once("message", ({ reading }: FromReader) => {
        resolve(reading);
        thread.unref();
      });
      thread.once("error", reject);
    });
    // Until somebody waits for it.
    this.reading.catch(() => {});
  }

  post(message: ToReader): void {
    this.#thread.postMessage(message);
  }
}
