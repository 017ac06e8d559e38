import { Worker } from "node:worker_threads";
import type { Snapshot } from "./snapshot.ts";
import { Control, defaultSandboxLimits, type FromWorker, type ToWorker, type WorkerStart } from "./worker-protocol.ts";

/**
 * The memory of a guest that has run no cell, as a file that ships with the package: a process that reads it need not
 * evaluate the library. Lengths in bytes of layout and index, as numbers of 32 bits, then layout, index and pages.
 */
function packImage({ layout, index, bytes }: Snapshot): Uint8Array {
  const text = new TextEncoder().encode(layout);
  const count = new Int32Array(index)[1] ?? 0;
  const used = new Uint8Array(index, 0, (2 + count) * 4);
  const head = new Uint8Array(new Int32Array([text.length, used.length]).buffer);
  return Buffer.concat([head, text, used, new Uint8Array(bytes)]);
}

/** @throws RangeError where the file is cut */
export function unpackImage(file: Uint8Array): Snapshot {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const [layoutBytes, indexBytes] = [view.getInt32(0, true), view.getInt32(4, true)];
  const pagesAt = 8 + layoutBytes + indexBytes;
  const layout = new TextDecoder().decode(file.subarray(8, 8 + layoutBytes));
  return { layout, index: shared(file.subarray(8 + layoutBytes, pagesAt)), bytes: shared(file.subarray(pagesAt)) };
}

function shared(bytes: Uint8Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

/** Sets a guest up in a thread of its own. @returns its memory, packed */
export async function makeImage(workerFile: URL, wasm: WebAssembly.Module): Promise<Uint8Array> {
  const start: WorkerStart = { control: new Control().buffer, limits: defaultSandboxLimits };
  const worker = new Worker(workerFile, { workerData: start, env: {}, execArgv: [] });
  try {
    return await new Promise((resolve, reject) => {
      worker.once("error", reject);
      worker.on("message", (message: FromWorker) => {
        if (message.type === "image") resolve(packImage(message.image));
      });
      worker.postMessage({ type: "machine", machine: { wasm, image: null } } satisfies ToWorker);
    });
  } finally {
    await worker.terminate();
  }
}
