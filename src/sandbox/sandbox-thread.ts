import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { CellMemory, Sandbox } from "../rlm/sandbox.ts";
import { unpackImage } from "./guest-image.ts";
import type { Snapshot } from "./snapshot.ts";
import {
  Control,
  type FromWorker,
  type GuestData,
  type Machine,
  type SandboxLimits,
  type ToWorker,
  type WorkerStart,
} from "./worker-protocol.ts";

const fromSource = import.meta.url.endsWith(".ts");
const workerFile = new URL(fromSource ? "./sandbox-worker.ts" : "./sandbox-worker.js", import.meta.url);

// The types of Node name the module, not the function that compiles it.
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<WebAssembly.Module> };

let compiled: Promise<WebAssembly.Module> | undefined;

/** The memory of a guest before any cell: as it was built, else that of the process's first one. */
let image: Snapshot | null = null;
let shipped: Promise<void> | undefined;

/** The QuickJS module, compiled once for all workers of the process, and what is made of it. */
async function machine(): Promise<Machine> {
  compiled ??= readFile(wasmFile()).then((bytes) => WebAssembly.compile(bytes));
  shipped ??= readShippedImage();
  await shipped;
  return { wasm: await compiled, image };
}

async function readShippedImage(): Promise<void> {
  if (fromSource) return;
  const file = await readFile(new URL("./guest-image.bin", import.meta.url));
  image = unpackImage(file);
}

function wasmFile(): string | URL {
  if (!fromSource) return new URL("./quickjs.wasm", import.meta.url);
  const fromHere = createRequire(import.meta.url);
  return createRequire(fromHere.resolve("quickjs-emscripten")).resolve("@jitl/quickjs-wasmfile-release-sync/wasm");
}

/** A worker thread in which cells are executed, as the main thread holds it. */
export class SandboxThread {
  readonly worker: Worker;
  readonly control = new Control();
  /** Settles with the reason when the thread is gone. */
  readonly gone: Promise<string>;
  /** The sandbox whose guest is in it, if nobody else has had it since. */
  owner: Sandbox | null = null;
  #isGone = false;

  constructor(limits: SandboxLimits) {
    const start: WorkerStart = { control: this.control.buffer, limits };
    const worker = new Worker(workerFile, {
      workerData: start,
      env: {},
      execArgv: [],
      // Deep recursion inside QuickJS must meet its own limit before the thread's.
      resourceLimits: { stackSizeMb: 64 },
    });
    worker.unref();
    worker.setMaxListeners(0);
    this.worker = worker;
    this.gone = new Promise<string>((resolve) => {
      worker.once("error", (error) => resolve(`The REPL's thread broke down (${error.message.slice(0, 200)}).`));
      worker.once("exit", () => resolve("The REPL's thread has ended."));
    });
    void this.gone.then(() => {
      this.#isGone = true;
    });
    worker.on("message", (message: FromWorker) => {
      if (message.type === "image") image ??= message.image;
    });
    machine().then(
      (made) => this.post({ type: "machine", machine: made }),
      () => this.end(),
    );
  }

  /** True where it can serve another run. */
  get usable(): boolean {
    return !this.#isGone && !this.control.cancelled;
  }

  post(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  /**
   * Puts a guest over a corpus into it, with the memory that it had if given; whatever ran before is gone.
   * @param sandbox tells apart whose guest it is
   * @param spare where the memory of a guest that has none yet may be kept
   * @returns what became of the variables
   */
  open(
    sandbox: number,
    data: GuestData,
    snapshot: Snapshot | null,
    spare: Snapshot | null = null,
  ): Promise<CellMemory> {
    this.post({ type: "corpus", sandbox, data, snapshot, spare });
    return new Promise((resolve) => {
      const ready = (message: FromWorker) => {
        if (message.type !== "ready") return;
        this.worker.off("message", ready);
        resolve(message.memory);
      };
      this.worker.on("message", ready);
      void this.gone.then(() => resolve("lost"));
    });
  }

  /** Ends the thread, whatever it does. */
  async end(): Promise<void> {
    this.control.cancel();
    await this.worker.terminate();
  }
}
