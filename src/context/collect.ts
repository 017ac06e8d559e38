import { Worker } from "node:worker_threads";
import { CancelledError, type CancelSignal, throwIfCancelled } from "../rlm/cancel.ts";
import type { CollectorStart, ContextSource, FromCollector } from "./collector-protocol.ts";
import { ContextError } from "./context-error.ts";
import type { Corpus } from "./corpus.ts";

export interface CollectOptions {
  readonly signal: CancelSignal;
  /** Files and bytes taken so far, now and then. */
  onProgress?(files: number, bytes: number): void;
}

/**
 * Collects what a question is about, on a thread of its own.
 * @throws ContextError where nothing can be asked about, CancelledError
 */
export async function collect(source: ContextSource, options: CollectOptions): Promise<Corpus> {
  throwIfCancelled(options.signal);
  const file = import.meta.url.endsWith(".ts") ? "./collector-worker.ts" : "./collector-worker.js";
  const workerData: CollectorStart = { role: "collect", source };
  const worker = new Worker(new URL(file, import.meta.url), { workerData, env: {}, execArgv: [] });
  try {
    return await answerOf(worker, options);
  } finally {
    await worker.terminate();
  }
}

function answerOf(worker: Worker, { signal, onProgress }: CollectOptions): Promise<Corpus> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new CancelledError());
    const settle = (end: () => void) => {
      signal.removeEventListener("abort", cancel);
      end();
    };
    signal.addEventListener("abort", cancel, { once: true });
    worker.on("message", (message: FromCollector) => {
      if (message.type === "progress") onProgress?.(message.files, message.bytes);
      else if (message.type === "corpus") settle(() => resolve(message.corpus));
      else settle(() => reject(new ContextError(message.code, message.message)));
    });
    worker.on("error", (error) => settle(() => reject(error)));
    worker.on("exit", () => settle(() => reject(new ContextError("unreadable", "The collector ended too early."))));
  });
}
