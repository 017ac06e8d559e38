import { CancelledError, type CancelSignal, CancelSource } from "../rlm/cancel.ts";
import type { LineRange } from "../rlm/coverage.ts";
import type { CellMemory, CellOutcome, CellRequest, PromptsSeen, Sandbox, Variable } from "../rlm/sandbox.ts";
import type { Semaphore } from "../rlm/semaphore.ts";
import { Place } from "./place.ts";
import type { SandboxThread } from "./sandbox-thread.ts";
import type { Snapshot } from "./snapshot.ts";
import type { FromWorker, GuestData, SandboxLimits, ToWorker } from "./worker-protocol.ts";

/** How late a worker may be before it is ended, in milliseconds. */
const grace = 1_000;
const watchEvery = 100;

/** What a sandbox has of the pool that it comes from. */
export interface FromPool {
  readonly limits: SandboxLimits;
  /** One for each cell that computes. */
  readonly places: Semaphore;
  /** A thread that nobody uses now, if it can be the one that holds this sandbox's guest. */
  take(sandbox: Sandbox): Promise<SandboxThread>;
  give(thread: SandboxThread): void;
  /** Where a memory was kept that nobody needs any more; null where there is none. */
  takeSpare(): Snapshot | null;
  giveSpare(snapshot: Snapshot): void;
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
 * The sandbox of one run. It holds a thread only while a cell runs: its guest's memory is kept outside, and goes on in
 * whatever thread is free. A thread that no interrupt reaches is ended, and the next one gets the memory of before the cell.
 */
export class WorkerSandbox implements Sandbox {
  readonly #id = newId();
  readonly #data: Promise<GuestData>;
  readonly #pool: FromPool;
  #thread: Promise<SandboxThread> | null = null;
  /** How many use the thread now. */
  #users = 0;
  /** What became of the variables when the thread was taken. */
  #memory: Promise<CellMemory> = Promise.resolve("kept");
  #snapshot: Snapshot | null = null;
  /** Settles when the memory after the last cell is kept. */
  #saved: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param eager takes a thread at once, which gets ready while the corpus may still be collected */
  constructor(data: Promise<GuestData>, pool: FromPool, eager: boolean) {
    this.#data = data;
    this.#pool = pool;
    if (!eager) return;
    this.#thread = this.#load(pool.take(this));
    // Whoever waits for the corpus is told of its failure.
    this.#thread.catch(() => {});
  }

  async run(cell: CellRequest): Promise<CellOutcome> {
    const startedAt = performance.now();
    const place = new Place(this.#pool.places, cell.signal);
    try {
      await place.take();
      const outcome = await this.#using((thread) => this.#runIn(thread, cell, place));
      return { ...outcome, wallMs: performance.now() - startedAt };
    } finally {
      place.end(this.#saved);
    }
  }

  variable(name: string): Promise<Variable> {
    const id = newId();
    const none = { found: false, names: [] } as const;
    return this.#using((thread) =>
      exchange<Variable>(thread, {
        message: { type: "variable", id, name },
        answer: (message) => (message.type === "variable" && message.id === id ? message.variable : null),
        ended: () => this.#replaceThread(thread).then(() => none),
      }),
    );
  }

  rangesIn(text: string): Promise<readonly LineRange[]> {
    const id = newId();
    return this.#using((thread) =>
      exchange<readonly LineRange[]>(thread, {
        message: { type: "attribute", id, text },
        answer: (message) => (message.type === "attributed" && message.id === id ? message.ranges : null),
        ended: () => [],
      }),
    );
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const thread = await this.#thread?.catch(() => null);
    await this.#saved;
    if (this.#snapshot) this.#pool.giveSpare(this.#snapshot);
    if (!thread) return;
    thread.worker.off("message", this.#keepSnapshot);
    thread.owner = null;
    this.#pool.give(thread);
  }

  #runIn(thread: SandboxThread, cell: CellRequest, place: Place): Promise<Omit<CellOutcome, "wallMs">> {
    const id = newId();
    const name = `cell-${cell.turn}.${cell.cell}`;
    this.#saved = saved(thread, id);
    return exchange<Omit<CellOutcome, "wallMs">>(thread, {
      message: { type: "cell", id, code: cell.code, name, now: cell.now, budget: cell.budget() },
      signal: cell.signal,
      answer: (message) => {
        if (message.type !== "finished" || message.id !== id) return serve(message, thread, cell, place);
        if (message.output) cell.onOutput(message.output);
        return message.outcome;
      },
      ended: async (reason) => {
        const error = { name: "TimeoutError", message: reason };
        const memory = await this.#replaceThread(thread);
        return { error, touched: true, cpuMs: this.#pool.limits.cellCpuMs, memory };
      },
    });
  }

  /** Does something with a thread in which this sandbox's guest is. */
  async #using<T>(work: (thread: SandboxThread) => Promise<T>): Promise<T> {
    this.#users += 1;
    try {
      this.#thread ??= this.#load();
      return await work(await this.#thread);
    } finally {
      this.#users -= 1;
      void this.#park();
    }
  }

  /** Puts the guest into a thread, with the memory that it had. */
  async #load(taken: Promise<SandboxThread> | null = null): Promise<SandboxThread> {
    const data = await this.#data;
    await this.#saved;
    const thread = await (taken ?? this.#pool.take(this));
    thread.worker.on("message", this.#keepSnapshot);
    if (thread.owner !== this) {
      const spare = this.#snapshot === null ? this.#pool.takeSpare() : null;
      this.#memory = thread.open(this.#id, data, this.#snapshot, spare);
    }
    thread.owner = this;
    return thread;
  }

  /** Gives the thread back once nobody uses it and the memory is kept. */
  async #park(): Promise<void> {
    await this.#saved;
    if (this.#users > 0 || this.#closed || !this.#thread) return;
    const parked = this.#thread;
    this.#thread = null;
    const thread = await parked.catch(() => null);
    thread?.worker.off("message", this.#keepSnapshot);
    if (thread) this.#pool.give(thread);
  }

  /** @returns what became of the variables */
  async #replaceThread(old: SandboxThread): Promise<CellMemory> {
    old.worker.off("message", this.#keepSnapshot);
    await old.end();
    this.#thread = this.#load();
    await this.#thread;
    return this.#memory;
  }

  readonly #keepSnapshot = (message: FromWorker): void => {
    if (message.type === "snapshot") this.#snapshot = message.snapshot;
  };
}

/** Settles when the thread has kept the memory of after a cell, or is gone. */
function saved({ worker, gone }: SandboxThread, id: number): Promise<void> {
  return new Promise((resolve) => {
    const listen = (message: FromWorker) => {
      if (message.type !== "saved" || message.id !== id) return;
      worker.off("message", listen);
      resolve();
    };
    worker.on("message", listen);
    void gone.then(() => resolve());
  });
}

/** Sends a message and waits for its answer, for the thread's end, for its being stuck, or for the cancel. */
function exchange<T>(
  { worker, control, gone }: SandboxThread,
  { message, signal = new CancelSource(), answer, ended }: Exchange<T>,
): Promise<T> {
  if (signal.aborted) return Promise.reject(new CancelledError());
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

let lastId = 0;

/** A number that no other message has: threads are used by one sandbox after the other. */
function newId(): number {
  lastId += 1;
  return lastId;
}

const notInterruptible = "The cell was stuck in one long operation and had to be ended.";

/** Answers what a running cell asks for. */
function serve(message: FromWorker, thread: SandboxThread, cell: CellRequest, place: Place): null {
  if (message.type === "output") cell.onOutput(message.text);
  else if (message.type === "warning") cell.onWarning(message.message);
  else if (message.type === "waiting") place.leave(message.replies);
  else if (message.type === "call") void answerCall(message, thread, cell, place);
  return null;
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
