/** The thread of one search, so that a pattern which takes long holds up nothing else. */
import { parentPort, workerData } from "node:worker_threads";
import { GuestError } from "../context/guest-error.ts";
import { ContextReader } from "../context/reader.ts";
import type { Found, FromSearchThread, ToSearchThread } from "./search-protocol.ts";

function search({ corpus, query }: ToSearchThread): Found {
  const reader = new ContextReader(corpus);
  const { pattern, ...options } = query;
  const result = reader.search(pattern, options);
  const { total, files, truncated } = result;
  return { text: [...result.notes, reader.formatHits(result)].join("\n"), total, files, truncated };
}

function answer(): FromSearchThread {
  try {
    return { type: "found", found: search(workerData as ToSearchThread) };
  } catch (error) {
    if (!(error instanceof GuestError)) throw error;
    return { type: "error", message: error.message };
  }
}

parentPort?.postMessage(answer());
