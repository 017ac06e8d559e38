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

/** A text of fewer bytes is read sooner than a thread can start. */
const threadWorthBytes = 256 * 1024;

/**
 * Collects what a question is about, on a thread of its own unless it is one small text.
 * @throws ContextError where nothing can be asked about, CancelledError
 */
export async function collect(source: ContextSource, options: CollectOptions): Promise<Corpus> {
  throwIfCancelled(options.signal);
  const bytes = textBytes(source);
  if (bytes < threadWorthBytes) return (await import("./gather.ts")).gather(source, () => {});
  const threads = startThreads(source, bytes);
  try {
    return await answerOf(threads, options);
  } finally {
    for (const thread of threads) void thread.terminate();
  }
}

/** The collector first; for a large text the thread that hashes too, since starting it later would cost time. */
function startThreads(source: ContextSource, bytes: number): [Worker, ...Worker[]] {
  const large = source.kind === "text" && bytes >= threadFrom;
  if (!large) return [startThread({ role: "collect", source }, [])];
  const { port1, port2 } = new MessageChannel();
  const digester = startThread({ role: "digest", port: port2 }, [port2]);
  return [startThread({ role: "collect", source, digester: port1 }, [port1]), digester];
}

function startThread(workerData: CollectorStart, transferList: MessagePort[]): Worker {
  const file = import.meta.url.endsWith(".ts") ? "./collector-worker.ts" : "./collector-worker.js";
  return new Worker(new URL(file, import.meta.url), { workerData, transferList, env: {}, execArgv: [] });
}

/** The size of one text, infinite where it is not known. */
function textBytes(source: ContextSource): number {
  if (source.kind !== "text") return Number.POSITIVE_INFINITY;
  if ("text" in source) return source.text.length;
  return statSync(source.file, { throwIfNoEntry: false })?.size ?? Number.POSITIVE_INFINITY;
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
