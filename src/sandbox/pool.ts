import { availableParallelism } from "node:os";
import type { Corpus } from "../context/corpus.ts";
import type { Sandbox } from "../rlm/sandbox.ts";
import { Semaphore } from "../rlm/semaphore.ts";
import { SandboxThread } from "./sandbox-thread.ts";
import { defaultSandboxLimits, type SandboxLimits } from "./worker-protocol.ts";
import { WorkerSandbox } from "./worker-sandbox.ts";

export interface PoolOptions {
  readonly limits?: SandboxLimits;
  /** Cells that compute at a time; one that waits for its calls does not count. */
  readonly places?: number;
}

/** The threads of a run and of its children; what one of them has done with is used again by the next. */
export class SandboxPool {
  readonly #limits: SandboxLimits;
  readonly #places: Semaphore;
  readonly #threads = new Set<SandboxThread>();
  #idle: SandboxThread[] = [];
  #closed = false;

  constructor({ limits = defaultSandboxLimits, places = Math.max(2, availableParallelism()) }: PoolOptions = {}) {
    this.#limits = limits;
    this.#places = new Semaphore(places);
  }

  /** Starts a sandbox whose thread gets ready at once, while the corpus may still be collected. */
  start(corpus: Promise<Corpus>): Sandbox {
    return new WorkerSandbox(corpus, {
      limits: this.#limits,
      places: this.#places,
      take: () => this.#take(),
      give: (thread) => this.#give(thread),
    });
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  #take(): SandboxThread {
    const idle = this.#idle.pop();
    if (idle?.usable) return idle;
    const thread = new SandboxThread(this.#limits);
    this.#threads.add(thread);
    void thread.gone.then(() => this.#threads.delete(thread));
    if (this.#closed) void thread.end();
    return thread;
  }

  #give(thread: SandboxThread): void {
    if (!this.#closed && thread.usable) this.#idle.push(thread);
    else void thread.end();
  }
}
