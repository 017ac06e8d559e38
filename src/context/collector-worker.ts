/** The thread that collects a context; started more often by itself, as threads that read with it or that hash. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import type {
  CollectorStart,
  FromCollector,
  FromDigester,
  FromReader,
  ToDigester,
  ToReader,
} from "./collector-protocol.ts";
import { ContextError } from "./context-error.ts";
import { Digester, type DigestJob } from "./digest.ts";

// The module is started by this project's own code only, which posts exactly these types.
const start = workerData as CollectorStart;

if (start.role === "collect") await collectHere(start);
else if (start.role === "read") await serveReads(start.port ?? parentPort);
else serveDigests(start.port ?? parentPort);

async function collectHere({ source, helper }: Extract<CollectorStart, { role: "collect" }>): Promise<void> {
  const post = (message: FromCollector) => parentPort?.postMessage(message);
  // The other threads do without this, and start the sooner.
  const { gather } = await import("./gather.ts");
  try {
    const corpus = await gather(source, (files, bytes) => post({ type: "progress", files, bytes }), helper);
    post({ type: "corpus", corpus });
  } catch (error) {
    if (!(error instanceof ContextError)) throw error;
    post({ type: "error", code: error.code, message: error.message });
  }
}

async function serveReads(port: MessagePort | null): Promise<void> {
  const { BatchReader } = await import("./read-batch.ts");
  const reader = new BatchReader();
  port?.on("message", async (message: ToReader) => {
    if (message.type === "start") reader.share(message.claims, message.progress);
    else if (message.type === "batch") reader.read(message.batch);
    else port.postMessage({ reading: await reader.finish() } satisfies FromReader);
  });
}

function serveDigests(port: MessagePort | null): void {
  const digester = new Digester();
  port?.on("message", (message: ToDigester) => {
    if (message.type === "segment") digester.addSegment(message.segment);
    else port?.postMessage(digestAll(digester, message.jobs));
  });
}

function digestAll(digester: Digester, jobs: readonly DigestJob[]): FromDigester {
  const digests = jobs.map((job) => digester.run(job)).filter((digest) => digest !== null);
  const sha256 = new Uint8Array(digests.length * 32);
  digests.forEach((digest, i) => {
    if (digest.sha256) sha256.set(digest.sha256, i * 32);
  });
  return { file: digests.map((digest) => digest.file), masked: digests.map((digest) => digest.masked), sha256 };
}
