import { statSync } from "node:fs";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { CancelledError, type CancelSignal, throwIfCancelled } from "../rlm/cancel.ts";
import type { CollectorStart, ContextSource, FromCollector } from "./collector-protocol.ts";
import { ContextError } from "./context-error.ts";
import type { Corpus } from "./corpus.ts";
import { threadFrom } from "./digest-queue.ts";

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
  const threads = startThreads(source);
  try {
    return await answerOf(threads, options);
  } finally {
    for (const thread of threads) void thread.terminate();
  }
}

/** The collector first; for a large text the thread that hashes too, since starting it later would cost time. */
function startThreads(source: ContextSource): [Worker, ...Worker[]] {
  if (!isLargeText(source)) return [startThread({ role: "collect", source }, [])];
  const { port1, port2 } = new MessageChannel();
  const digester = startThread({ role: "digest", port: port2 }, [port2]);
  return [startThread({ role: "collect", source, digester: port1 }, [port1]), digester];
}

function startThread(workerData: CollectorStart, transferList: MessagePort[]): Worker {
  const file = import.meta.url.endsWith(".ts") ? "./collector-worker.ts" : "./collector-worker.js";
  return new Worker(new URL(file, import.meta.url), { workerData, transferList, env: {}, execArgv: [] });
}

function isLargeText(source: ContextSource): boolean {
  if (source.kind !== "text" || !("file" in source)) return false;
  return (statSync(source.file, { throwIfNoEntry: false })?.size ?? 0) >= threadFrom;
}

function answerOf(threads: [Worker, ...Worker[]], { signal, onProgress }: CollectOptions): Promise<Corpus> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new CancelledError());
    const settle = (end: () => void) => {
      signal.removeEventListener("abort", cancel);
      end();
    };
    signal.addEventListener("abort", cancel, { once: true });
    const [collector] = threads;
    collector.on("message", (message: FromCollector) => {
      if (message.type === "progress") onProgress?.(message.files, message.bytes);
      else if (message.type === "corpus") settle(() => resolve(message.corpus));
      else settle(() => reject(new ContextError(message.code, message.message)));
    });
    for (const thread of threads) thread.on("error", (error) => settle(() => reject(error)));
    collector.on("exit", () => settle(() => reject(new ContextError("unreadable", "The collector ended too early."))));
  });
}
