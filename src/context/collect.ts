import { type Dirent, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { CancelledError, type CancelSignal, throwIfCancelled } from "../rlm/cancel.ts";
import type { CollectorStart, ContextSource, FromCollector, PathsSource, PipedSource } from "./collector-protocol.ts";
import { ContextError } from "./context-error.ts";
import type { Corpus } from "./corpus.ts";
import { threadFrom } from "./digest-queue.ts";
import { openPipe, readPipe } from "./piped-text.ts";
import { helpersFrom } from "./read-limits.ts";

export interface CollectOptions {
  readonly signal: CancelSignal;
  /** Files and bytes taken so far, now and then. */
  onProgress?(files: number, bytes: number): void;
}

/** A text of fewer bytes is read sooner than a thread can start. */
const threadWorthBytes = 256 * 1024;
const foldersLookedInto = 24;

/**
 * Collects what a question is about, on a thread of its own unless it is small and at hand.
 * @throws ContextError where nothing can be asked about, CancelledError
 */
export async function collect(asked: ContextSource, options: CollectOptions): Promise<Corpus> {
  throwIfCancelled(options.signal);
  const source = await withoutPipe(asked, options.signal);
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

/** A pipe is read here, where a cancel reaches: its writer may take as long as it likes. */
async function withoutPipe(source: ContextSource, signal: CancelSignal): Promise<ContextSource | PipedSource> {
  if (source.kind !== "text" || !("file" in source)) return source;
  const pipe = openPipe(source.name, source.file);
  return pipe ? { kind: "piped", name: source.name, bytes: await readPipe(source.name, pipe, signal) } : source;
}

/** The collector first; for much to read a second thread too, since starting it later would cost time. */
function startThreads(source: ContextSource | PipedSource, bytes: number): [Worker, ...Worker[]] {
  const isMuch = source.kind === "paths" ? haveManyFiles(source) : source.kind !== "files" && bytes >= threadFrom;
  if (!isMuch) return [startThread({ role: "collect", source }, [])];
  const { port1, port2 } = new MessageChannel();
  const collector = startThread({ role: "collect", source, helper: port1 }, [port1]);
  return [collector, startThread({ role: source.kind === "paths" ? "read" : "digest", port: port2 }, [port2])];
}

/** A look into the first few folders: whether there are enough files for two threads. */
function haveManyFiles({ paths, cwd }: PathsSource): boolean {
  const folders = paths.map((named) => path.resolve(cwd, named));
  let found = 0;
  for (let looked = 0; looked < folders.length && looked < foldersLookedInto; looked += 1) {
    for (const entry of entriesOf(folders[looked] ?? "")) {
      if (entry.isFile()) found += 1;
      else if (entry.isDirectory() && !/^(?:\.|node_modules$)/.test(entry.name)) {
        folders.push(path.join(entry.parentPath, entry.name));
      }
    }
    if (found >= helpersFrom) return true;
  }
  return false;
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function startThread(workerData: CollectorStart, transferList: MessagePort[]): Worker {
  const file = import.meta.url.endsWith(".ts") ? "./collector-worker.ts" : "./collector-worker.js";
  return new Worker(new URL(file, import.meta.url), { workerData, transferList, env: {}, execArgv: [] });
}

/** The size of what is at hand, infinite where it is not known. */
function textBytes(source: ContextSource | PipedSource): number {
  if (source.kind === "paths") return Number.POSITIVE_INFINITY;
  if (source.kind === "files") return source.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if ("bytes" in source) return source.bytes.length;
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
