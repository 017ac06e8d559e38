import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import type { Corpus } from "../context/corpus.ts";
import { CancelledError, type CancelSignal } from "../rlm/cancel.ts";
import type { CellMemory, CellOutcome, CellRequest, Sandbox, Variable } from "../rlm/sandbox.ts";
import type { Snapshot } from "./snapshot.ts";
import {
  Control,
  defaultSandboxLimits,
  type FromWorker,
  type SandboxLimits,
  type ToWorker,
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
  /** Settles with the reason when the thread is gone. */
  readonly gone: Promise<string>;
}

/** A message to the worker, and its answer; null for messages that are not. */
interface Exchange<T> {
  readonly message: ToWorker;
  readonly signal?: CancelSignal;
  answer(message: FromWorker): T | null;
  /** What comes where the thread had to be ended. */
  ended(reason: string, memory: CellMemory): T;
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
    // A thread that can't start is told to whoever runs a cell in it.
    this.#thread.catch(() => {});
  }

  async run(cell: CellRequest): Promise<CellOutcome> {
    const startedAt = performance.now();
    const id = this.#id();
    const name = `cell-${cell.turn}.${cell.cell}`;
    const { worker } = await this.#thread;
    const outcome = await this.#exchange<Omit<CellOutcome, "wallMs">>({
      message: { type: "cell", id, code: cell.code, name, now: cell.now, budget: cell.budget() },
      signal: cell.signal,
      answer: (message) => {
        if (message.type === "finished" && message.id === id) return message.outcome;
        this.#serve(message, worker, cell);
        return null;
      },
      ended: (reason, memory) => {
        const error = { name: "TimeoutError", message: reason };
        return { error, touched: true, cpuMs: this.#limits.cellCpuMs, memory };
      },
    });
    return { ...outcome, wallMs: performance.now() - startedAt };
  }

  variable(name: string): Promise<Variable> {
    const id = this.#id();
    return this.#exchange<Variable>({
      message: { type: "variable", id, name },
      answer: (message) => (message.type === "variable" && message.id === id ? message.variable : null),
      ended: () => ({ found: false, names: [] }),
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const thread = await this.#thread.catch(() => null);
    thread?.control.cancel();
    await thread?.worker.terminate();
  }

  /** Sends a message and waits for its answer, for the thread's end, for its being stuck, or for the cancel. */
  async #exchange<T>({ message, signal, answer, ended }: Exchange<T>): Promise<T> {
    if (signal?.aborted) throw new CancelledError();
    const { worker, control, gone } = await this.#thread;
    return new Promise((resolve, reject) => {
      let over = false;
      const finish = (settle: () => void) => {
        if (over) return;
        over = true;
        clearInterval(watchdog);
        worker.off("message", listen);
        signal?.removeEventListener("abort", cancel);
        settle();
      };
      const replace = (reason: string) =>
        finish(() => resolve(this.#replaceThread(worker).then((memory) => ended(reason, memory))));
      const listen = (received: FromWorker) => {
        const answered = answer(received);
        if (answered !== null) finish(() => resolve(answered));
      };
      const cancel = () => {
        control.cancel();
        void worker.terminate();
        finish(() => reject(new CancelledError()));
      };
      const watchdog = setInterval(() => {
        if (control.lateMs() > grace) replace(notInterruptible);
      }, watchEvery);
      worker.on("message", listen);
      signal?.addEventListener("abort", cancel, { once: true });
      void gone.then((reason) => replace(reason));
      post(worker, message);
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
    const gone = new Promise<string>((resolve) => {
      worker.once("error", (error) => resolve(`The REPL's thread broke down (${error.message.slice(0, 200)}).`));
      worker.once("exit", () => resolve("The REPL's thread has ended."));
    });
    const ready = new Promise<CellMemory>((resolve) => {
      worker.on("message", (message: FromWorker) => {
        if (message.type === "ready") resolve(message.memory);
        else if (message.type === "snapshot") this.#snapshot = message.snapshot;
      });
      void gone.then(() => resolve("lost"));
    });
    post(worker, { type: "wasm", wasm: await quickJs() });
    this.#corpus.then(
      (corpus) => post(worker, { type: "corpus", corpus, snapshot: this.#snapshot }),
      () => void worker.terminate(),
    );
    return { worker, control, ready, gone };
  }

  #id(): number {
    this.#nextId += 1;
    return this.#nextId;
  }
}

const notInterruptible = "The cell was stuck in one long operation and had to be ended.";

function post(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}
