import { availableParallelism } from "node:os";
import type { Corpus } from "../context/corpus.ts";
import type { Sandbox } from "../rlm/sandbox.ts";
import { Semaphore } from "../rlm/semaphore.ts";
import { SandboxThread } from "./sandbox-thread.ts";
import type { Snapshot } from "./snapshot.ts";
import { defaultSandboxLimits, type GuestData, type SandboxLimits } from "./worker-protocol.ts";
import { type FromPool, WorkerSandbox } from "./worker-sandbox.ts";

export interface PoolOptions {
  readonly limits?: SandboxLimits;
  /** Cells that compute at a time; one that waits for its calls does not count. */
  readonly places?: number;
}

/** How long a thread that is in use is waited for, in milliseconds: about what it takes to start another one. */
const patienceMs = 100;

type Taker = (thread: SandboxThread) => void;

/** The threads of a run and of its children: about as many as cells compute or wait in their midst at a time. */
export class SandboxPool {
  readonly #limits: SandboxLimits;
  readonly #places: Semaphore;
  readonly #threads = new Set<SandboxThread>();
  #idle: SandboxThread[] = [];
  /** Those who wait for a thread, the first to come first. */
  readonly #takers: Taker[] = [];
  readonly #spares: Snapshot[] = [];
  #closed = false;
  readonly #own: FromPool;

  constructor({ limits = defaultSandboxLimits, places = Math.max(2, availableParallelism()) }: PoolOptions = {}) {
    this.#limits = limits;
    this.#places = new Semaphore(places);
    this.#own = {
      limits,
      places: this.#places,
      take: (sandbox) => this.#take(sandbox),
      give: (thread) => this.#give(thread),
      takeSpare: () => this.#spares.pop() ?? null,
      giveSpare: (snapshot) => this.#spares.push(snapshot),
    };
  }

  /** Starts a sandbox whose thread gets ready at once, while the corpus may still be collected. */
  start(data: Promise<GuestData>): Sandbox {
    return new WorkerSandbox(data, this.#own, true);
  }

  /** A sandbox that takes a thread for its first cell; one gets ready for it where none is there or soon free. */
  open(corpus: Corpus): Sandbox {
    if (this.#idle.length === 0 && this.#places.taken === 0) this.#idle.push(this.#start());
    return new WorkerSandbox(Promise.resolve({ corpus, history: [] }), this.#own, false);
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  async #take(sandbox: Sandbox): Promise<SandboxThread> {
    this.#idle = this.#idle.filter((thread) => thread.usable);
    const own = this.#idle.find((thread) => thread.owner === sandbox);
    const idle = own ?? this.#idle.find((thread) => thread.owner === null) ?? this.#idle[0];
    if (idle) {
      this.#idle.splice(this.#idle.indexOf(idle), 1);
      return idle;
    }
    return this.#othersCompute() ? this.#nextFree() : this.#start();
  }

  /** True where a cell computes, besides the one that asks: its thread may soon be free. */
  #othersCompute(): boolean {
    return this.#places.taken > 1;
  }

  /** Waits for a thread to come free, and starts one where that takes too long. */
  #nextFree(): Promise<SandboxThread> {
    return new Promise((resolve) => {
      const take: Taker = (thread) => {
        clearTimeout(timer);
        resolve(thread);
      };
      const timer = setTimeout(() => {
        this.#takers.splice(this.#takers.indexOf(take), 1);
        resolve(this.#start());
      }, patienceMs);
      this.#takers.push(take);
    });
  }

  #start(): SandboxThread {
    const thread = new SandboxThread(this.#limits);
    this.#threads.add(thread);
    void thread.gone.then(() => this.#threads.delete(thread));
    if (this.#closed) void thread.end();
    return thread;
  }

  #give(thread: SandboxThread): void {
    if (this.#closed || !thread.usable) return void thread.end();
    const next = this.#takers.shift();
    if (next) next(thread);
    else this.#idle.push(thread);
  }
}
