import { availableParallelism } from "node:os";
import type { Corpus } from "../context/corpus.ts";
import type { Sandbox } from "../rlm/sandbox.ts";
import { Semaphore } from "../rlm/semaphore.ts";
import { SandboxThread } from "./sandbox-thread.ts";
import type { Snapshot } from "./snapshot.ts";
import { defaultSandboxLimits, type SandboxLimits } from "./worker-protocol.ts";
import { type FromPool, WorkerSandbox } from "./worker-sandbox.ts";

export interface PoolOptions {
  readonly limits?: SandboxLimits;
  /** Cells that compute at a time; one that waits for its calls does not count. */
  readonly places?: number;
}

/** The threads of a run and of its children: about as many as cells compute or wait in their midst at a time. */
export class SandboxPool {
  readonly #limits: SandboxLimits;
  readonly #places: Semaphore;
  readonly #threads = new Set<SandboxThread>();
  #idle: SandboxThread[] = [];
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
  start(corpus: Promise<Corpus>): Sandbox {
    return new WorkerSandbox(corpus, this.#own, true);
  }

  /** A sandbox that takes a thread for its first cell. */
  open(corpus: Corpus): Sandbox {
    return new WorkerSandbox(Promise.resolve(corpus), this.#own, false);
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  #take(sandbox: Sandbox): SandboxThread {
    this.#idle = this.#idle.filter((thread) => thread.usable);
    const own = this.#idle.find((thread) => thread.owner === sandbox);
    const idle = own ?? this.#idle.find((thread) => thread.owner === null) ?? this.#idle[0];
    if (idle) {
      this.#idle.splice(this.#idle.indexOf(idle), 1);
      return idle;
    }
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
