import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { expect, it, onTestFinished } from "vitest";
import { collect } from "../../src/context/collect.ts";
import { CancelSource } from "../../src/rlm/cancel.ts";
import { makeImage, unpackImage } from "../../src/sandbox/guest-image.ts";
import { Control, defaultSandboxLimits, type FromWorker, type ToWorker } from "../../src/sandbox/worker-protocol.ts";

// The types of Node name the module, not the function that compiles it.
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<WebAssembly.Module> };

const workerFile = new URL("../../src/sandbox/sandbox-worker.ts", import.meta.url);
const quickJs = createRequire(createRequire(import.meta.url).resolve("quickjs-emscripten"));
const wasm = await WebAssembly.compile(readFileSync(quickJs.resolve("@jitl/quickjs-wasmfile-release-sync/wasm")));

/** Starts a thread that gets an image as the file holds it. @returns what it says until its guest is ready */
async function saidBy(file: Uint8Array): Promise<string[]> {
  const start = { control: new Control().buffer, limits: defaultSandboxLimits };
  const worker = new Worker(workerFile, { workerData: start, env: {}, execArgv: [] });
  onTestFinished(async () => void (await worker.terminate()));
  const corpus = await collect({ kind: "text", name: "a.txt", text: "one\n" }, { signal: new CancelSource() });
  const post = (message: ToWorker) => worker.postMessage(message);
  post({ type: "machine", machine: { wasm, image: unpackImage(file) } });
  post({ type: "corpus", sandbox: 1, data: { corpus, history: [] }, snapshot: null, spare: null });
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    worker.once("error", reject);
    worker.on("message", ({ type }: FromWorker) => {
      said.push(type);
      if (type === "ready") resolve(said);
    });
  });
}

it("a thread that gets the image of a guest makes none of its own", async () => {
  const file = await makeImage(workerFile, wasm);
  expect(await saidBy(file)).toEqual(["ready"]);
  // One that is laid out in another way is not taken.
  file.set(new TextEncoder().encode("0"), 8);
  expect(await saidBy(file)).toEqual(["image", "ready"]);
});

it("an image holds no time zone", async () => {
  const zone = process.env.TZ;
  onTestFinished(() => {
    process.env.TZ = zone ?? "";
  });
  const files: Uint8Array[] = [];
  for (const TZ of ["UTC", "Asia/Tokyo", "America/St_Johns"]) {
    process.env.TZ = TZ;
    files.push(await makeImage(workerFile, wasm));
  }
  const [first = new Uint8Array(), ...others] = files;
  // QuickJS keeps the time of its start as the seed of a generator that no cell can reach.
  for (const other of others) expect(first.filter((byte, i) => byte !== other[i]).length).toBeLessThanOrEqual(8);
});
