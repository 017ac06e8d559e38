import type { Corpus } from "../context/corpus.ts";
import { CancelledError, type CancelSignal, CancelSource } from "../rlm/cancel.ts";
import type { LineRange } from "../rlm/coverage.ts";
import type { CellMemory, CellOutcome, CellRequest, PromptsSeen, Sandbox, Variable } from "../rlm/sandbox.ts";
import type { Semaphore } from "../rlm/semaphore.ts";
import { Place } from "./place.ts";
import type { SandboxThread } from "./sandbox-thread.ts";
import type { Snapshot } from "./snapshot.ts";
import type { FromWorker, SandboxLimits, ToWorker } from "./worker-protocol.ts";

/** How late a worker may be before it is ended, in milliseconds. */
const grace = 1_000;
const watchEvery = 100;

/** What a sandbox has of the pool that it comes from. */
export interface FromPool {
  readonly limits: SandboxLimits;
  /** One for each cell that computes. */
  readonly places: Semaphore;
  take(): SandboxThread;
  /** Takes a thread back whose guest nobody needs any more. */
  give(thread: SandboxThread): void;
}

/** A message to the worker, and its answer; null for messages that are not. */
interface Exchange<T> {
  readonly message: ToWorker;
  readonly signal?: CancelSignal;
  answer(message: FromWorker): T | null;
  /** What comes where the thread is gone, or has to be replaced. */
  ended(reason: string): T | Promise<T>;
}

/**
 * The sandbox of one run. A thread that no interrupt reaches is ended and replaced; the new one gets the memory of before
 * the cell.
 */
export class WorkerSandbox implements Sandbox {
  readonly #corpus: Promise<Corpus>;
  readonly #pool: FromPool;
  #thread: SandboxThread;
  /** Settles when the machine is told to stand over the corpus; what comes after that comes in order. */
  #opened: Promise<void>;
  #snapshot: Snapshot | null = null;
  #closed = false;

  constructor(corpus: Promise<Corpus>, pool: FromPool) {
    this.#corpus = corpus;
    this.#pool = pool;
    this.#thread = pool.take();
    this.#opened = corpus.then((known) => void this.#open(known));
    // Whoever waits for the corpus is told of its failure.
    this.#opened.catch(() => {});
  }

  async run(cell: CellRequest): Promise<CellOutcome> {
    const startedAt = performance.now();
    await this.#opened;
    const id = newId();
    const name = `cell-${cell.turn}.${cell.cell}`;
    const place = new Place(this.#pool.places, cell.signal);
    const thread = this.#thread;
    try {
      await place.take();
      const outcome = await this.#exchange<Omit<CellOutcome, "wallMs">>({
        message: { type: "cell", id, code: cell.code, name, now: cell.now, budget: cell.budget() },
        signal: cell.signal,
        answer: (message) => {
          if (message.type === "finished" && message.id === id) return message.outcome;
          serve(message, thread, cell, place);
          return null;
        },
        ended: async (reason) => {
          const error = { name: "TimeoutError", message: reason };
          const memory = await this.#replaceThread();
          return { error, touched: true, cpuMs: this.#pool.limits.cellCpuMs, memory };
        },
      });
      return { ...outcome, wallMs: performance.now() - startedAt };
    } finally {
      place.end();
    }
  }

  async variable(name: string): Promise<Variable> {
    await this.#opened;
    const id = newId();
    return this.#exchange<Variable>({
      message: { type: "variable", id, name },
      answer: (message) => (message.type === "variable" && message.id === id ? message.variable : null),
      ended: async () => {
        await this.#replaceThread();
        return { found: false, names: [] };
      },
    });
  }

  async rangesIn(text: string): Promise<readonly LineRange[]> {
    await this.#opened;
    const id = newId();
    return this.#exchange<readonly LineRange[]>({
      message: { type: "attribute", id, text },
      answer: (message) => (message.type === "attributed" && message.id === id ? message.ranges : null),
      ended: () => [],
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#thread.worker.off("message", this.#keepSnapshot);
    this.#pool.give(this.#thread);
  }

  /** Sends a message and waits for its answer, for the thread's end, for its being stuck, or for the cancel. */
  #exchange<T>({ message, signal = new CancelSource(), answer, ended }: Exchange<T>): Promise<T> {
    if (signal.aborted) return Promise.reject(new CancelledError());
    const { worker, control, gone } = this.#thread;
    return new Promise((resolve, reject) => {
      let over = false;
      const finish = (settle: () => void) => {
        if (over) return;
        over = true;
        clearInterval(watchdog);
        worker.off("message", listen);
        signal.removeEventListener("abort", cancel);
        settle();
      };
      const end = (reason: string) => finish(() => resolve(ended(reason)));
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
        if (control.lateMs() > grace) end(notInterruptible);
      }, watchEvery);
      worker.on("message", listen);
      signal.addEventListener("abort", cancel, { once: true });
      void gone.then(end);
      worker.postMessage(message);
    });
  }

  /** @returns what became of the variables */
  async #replaceThread(): Promise<CellMemory> {
    await this.#thread.end();
    this.#thread = this.#pool.take();
    return this.#open(await this.#corpus);
  }

  #open(corpus: Corpus): Promise<CellMemory> {
    this.#thread.worker.on("message", this.#keepSnapshot);
    return this.#thread.open(corpus, this.#snapshot);
  }

  readonly #keepSnapshot = (message: FromWorker): void => {
    if (message.type === "snapshot") this.#snapshot = message.snapshot;
  };
}

let lastId = 0;

/** A number that no other message has: threads are used by one sandbox after the other. */
function newId(): number {
  lastId += 1;
  return lastId;
}

const notInterruptible = "The cell was stuck in one long operation and had to be ended.";

/** Answers what a running cell asks for. */
function serve(message: FromWorker, thread: SandboxThread, cell: CellRequest, place: Place): void {
  if (message.type === "output") cell.onOutput(message.text);
  else if (message.type === "warning") cell.onWarning(message.message);
  else if (message.type === "waiting") place.leave(message.replies);
  else if (message.type === "call") void answerCall(message, thread, cell, place);
}

/** Waits for what the worker tells of a call's prompts. */
function promptsSeen(callId: number, { worker, gone }: SandboxThread): PromptsSeen {
  return new Promise((resolve) => {
    const listen = (message: FromWorker) => {
      if (message.type !== "prompts-seen" || message.callId !== callId) return;
      worker.off("message", listen);
      resolve(message.seen);
    };
    worker.on("message", listen);
    void gone.then(() => resolve([]));
  });
}

async function answerCall(
  { callId, call }: Extract<FromWorker, { type: "call" }>,
  thread: SandboxThread,
  cell: CellRequest,
  place: Place,
): Promise<void> {
  const results = await cell.onCall(call, promptsSeen(callId, thread));
  try {
    await place.take();
  } catch (error) {
    // A cell that is over needs no replies.
    if (error instanceof CancelledError) return;
    throw error;
  }
  place.replied();
  thread.post({ type: "reply", callId, results, budget: cell.budget() });
}
