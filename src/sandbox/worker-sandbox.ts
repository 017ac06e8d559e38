import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { Corpus } from "../context/corpus.ts";
import { CancelledError } from "../rlm/cancel.ts";
import type { CellMemory, CellOutcome, CellRequest, Sandbox, Variable } from "../rlm/sandbox.ts";
import type { Snapshot } from "./snapshot.ts";
import {
  Control,
  defaultSandboxLimits,
  type FromWorker,
  type SandboxLimits,
  type ToWorker,
  type WorkerOutcome,
  type WorkerStart,
} from "./worker-protocol.ts";

const fromSource = import.meta.url.endsWith(".ts");
const workerFile = new URL(fromSource ? "./sandbox-worker.ts" : "./sandbox-worker.js", import.meta.url);

/** How late a worker may be before it is ended, in milliseconds. */
const grace = 1_000;
const watchEvery = 100;

// The types of Node name the module, not the function that compiles it.
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<WebAssembly.Module> };

let compiled: Promise<WebAssembly.Module> | undefined;

/** The QuickJS module, compiled once for all workers of the process. */
function quickJs(): Promise<WebAssembly.Module> {
  compiled ??= readFile(wasmFile()).then((bytes) => WebAssembly.compile(bytes));
  return compiled;
}

function wasmFile(): string | URL {
  if (!fromSource) return new URL("./quickjs.wasm", import.meta.url);
  const fromHere = createRequire(import.meta.url);
  return createRequire(fromHere.resolve("quickjs-emscripten")).resolve("@jitl/quickjs-wasmfile-release-sync/wasm");
}

/**
 * Starts a sandbox whose worker gets ready at once, while the corpus may still be collected.
 * A worker that no interrupt reaches is ended and replaced; the new one gets the memory of before the cell.
 */
export function startSandbox(corpus: Promise<Corpus>, limits: SandboxLimits = defaultSandboxLimits): Sandbox {
  return new WorkerSandbox(corpus, limits);
}

interface Thread {
  readonly worker: Worker;
  readonly control: Control;
  /** Settles when the machine stands; see `FromWorker`. */
  readonly ready: Promise<CellMemory>;
}

class WorkerSandbox implements Sandbox {
  readonly #corpus: Promise<Corpus>;
  readonly #limits: SandboxLimits;
  #thread: Promise<Thread>;
  #snapshot: Snapshot | null = null;
  #nextId = 1;
  #closed = false;

  constructor(corpus: Promise<Corpus>, limits: SandboxLimits) {
    this.#corpus = corpus;
    this.#limits = limits;
    this.#thread = this.#startThread();
  }

  async run(cell: CellRequest): Promise<CellOutcome> {
    if (cell.signal.aborted) throw new CancelledError();
    const startedAt = performance.now();
    const thread = await this.#thread;
    const outcome = await this.#runIn(thread, cell);
    return { ...outcome, wallMs: performance.now() - startedAt };
  }

  async variable(name: string): Promise<Variable> {
    const { worker } = await this.#thread;
    const id = this.#id();
    return new Promise((resolve) => {
      const listen = (message: FromWorker) => {
        if (message.type !== "variable" || message.id !== id) return;
        worker.off("message", listen);
        resolve(message.variable);
      };
      worker.on("message", listen);
      post(worker, { type: "variable", id, name });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const thread = await this.#thread.catch(() => null);
    thread?.control.cancel();
    await thread?.worker.terminate();
  }

  #runIn({ worker, control }: Thread, cell: CellRequest): Promise<WorkerOutcome> {
    const id = this.#id();
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearInterval(watchdog);
        worker.off("message", listen);
        worker.off("error", fail);
        cell.signal.removeEventListener("abort", cancel);
        settle();
      };
      const replace = (message: string) => {
        const cpuMs = this.#limits.cellCpuMs;
        finish(() => resolve(this.#replaceThread(worker).then((memory) => killed(message, cpuMs, memory))));
      };
      const listen = (message: FromWorker) => {
        if (message.type === "finished" && message.id === id) finish(() => resolve(message.outcome));
        else this.#serve(message, worker, cell);
      };
      const fail = (error: Error) => replace(`The REPL's thread broke down (${error.message.slice(0, 200)}).`);
      const cancel = () => {
        control.cancel();
        void worker.terminate();
        finish(() => reject(new CancelledError()));
      };
      const watchdog = setInterval(() => {
        if (control.lateMs() > grace) replace(notInterruptible);
      }, watchEvery);
      worker.on("message", listen);
      worker.once("error", fail);
      cell.signal.addEventListener("abort", cancel, { once: true });
      const name = `cell-${cell.turn}.${cell.cell}`;
      post(worker, { type: "cell", id, code: cell.code, name, now: cell.now, budget: cell.budget() });
    });
  }

  /** Answers what a running cell asks for. */
  #serve(message: FromWorker, worker: Worker, cell: CellRequest): void {
    if (message.type === "output") cell.onOutput(message.text);
    else if (message.type === "warning") cell.onWarning(message.message);
    else if (message.type === "call") void this.#serveCall(message, worker, cell);
  }

  async #serveCall(message: Extract<FromWorker, { type: "call" }>, worker: Worker, cell: CellRequest): Promise<void> {
    const { callId } = message;
    try {
      const text = await cell.onSubCall(message.call);
      post(worker, { type: "reply", callId, text, budget: cell.budget() });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      post(worker, { type: "failure", callId, message: reason, budget: cell.budget() });
    }
  }

  /** @returns what became of the variables */
  async #replaceThread(old: Worker): Promise<CellMemory> {
    await old.terminate();
    this.#thread = this.#startThread();
    const { ready } = await this.#thread;
    return ready;
  }

  async #startThread(): Promise<Thread> {
    const control = new Control();
    const start: WorkerStart = { control: control.buffer, limits: this.#limits };
    const worker = new Worker(workerFile, {
      workerData: start,
      env: {},
      execArgv: [],
      // Deep recursion inside QuickJS must meet its own limit before the thread's.
      resourceLimits: { stackSizeMb: 64 },
    });
    worker.unref();
    if (this.#closed) void worker.terminate();
    const ready = new Promise<CellMemory>((resolve) => {
      worker.on("message", (message: FromWorker) => {
        if (message.type === "ready") resolve(message.memory);
        else if (message.type === "snapshot") this.#snapshot = message.snapshot;
      });
      worker.once("exit", () => resolve("lost"));
    });
    post(worker, { type: "wasm", wasm: await quickJs() });
    this.#corpus.then(
      (corpus) => post(worker, { type: "corpus", corpus, snapshot: this.#snapshot }),
      () => void worker.terminate(),
    );
    return { worker, control, ready };
  }

  #id(): number {
    this.#nextId += 1;
    return this.#nextId;
  }
}

const notInterruptible = "The cell was stuck in one long operation and had to be ended.";

function killed(message: string, cpuMs: number, memory: CellMemory): WorkerOutcome {
  return { error: { name: "TimeoutError", message }, touched: true, cpuMs, memory };
}

function post(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}
