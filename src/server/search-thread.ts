import { Worker } from "node:worker_threads";
import { collect } from "../context/collect.ts";
import type { PathsSource } from "../context/collector-protocol.ts";
import type { Found, FromSearchThread, SearchQuery, ToSearchThread } from "./search-protocol.ts";

/**
 * Searches files as they are now, on threads of their own.
 * @param signal ends the search at once; its reason is thrown
 * @throws ContextError where there is nothing to search, Error where the pattern or the glob can't be used
 */
export async function searchFiles(source: PathsSource, query: SearchQuery, signal: AbortSignal): Promise<Found> {
  const corpus = await collect(source, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
  signal.throwIfAborted();
  const workerData: ToSearchThread = { corpus, query };
  const file = import.meta.url.endsWith(".ts") ? "./search-worker.ts" : "./search-worker.js";
  const worker = new Worker(new URL(file, import.meta.url), { workerData, env: {}, execArgv: [] });
  try {
    const answer = await new Promise<FromSearchThread>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
      worker.once("exit", () => reject(new Error("The thread that searches ended too early.")));
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    if (answer.type === "error") throw new Error(answer.message);
    return answer.found;
  } finally {
    void worker.terminate();
  }
}
