import type { Corpus } from "../context/corpus.ts";
import type { LineRange } from "../rlm/coverage.ts";
import type { Exchange } from "../rlm/earlier.ts";
import type { Budget, CallResult, CellCall, CellError, CellMemory, Variable } from "../rlm/sandbox.ts";
import type { Snapshot } from "./snapshot.ts";

/** What the sandbox's worker is started with. */
export interface WorkerStart {
  /** Shared state, see `Control`. */
  readonly control: SharedArrayBuffer;
  readonly limits: SandboxLimits;
}

export interface SandboxLimits {
  /** Milliseconds that one cell may compute. */
  readonly cellCpuMs: number;
  /** Bytes of the guest's memory. */
  readonly memoryBytes: number;
  /** Characters that one cell may pull into the guest. */
  readonly readChars: number;
  /** Characters that one cell may print. */
  readonly outputChars: number;
}

export const defaultSandboxLimits: SandboxLimits = {
  cellCpuMs: 30_000,
  memoryBytes: 256 * 1024 * 1024,
  readChars: 64 * 1024 * 1024,
  outputChars: 1_000_000,
};

/** What guests are made of. */
export interface Machine {
  readonly wasm: WebAssembly.Module;
  /** The memory of a guest that has run no cell; null before the first has been made. */
  readonly image: Snapshot | null;
}

/** What a guest is about. */
export interface GuestData {
  readonly corpus: Corpus;
  /** What was asked about it before; `history` to a cell. */
  readonly history: readonly Exchange[];
}

export type ToWorker =
  /** Comes once, so that the thread and the module get ready at the same time. */
  | { readonly type: "machine"; readonly machine: Machine }
  /** Puts in the guest of another sandbox. `snapshot`: the memory that it had; null where it has run no cell. */
  | {
      readonly type: "corpus";
      readonly sandbox: number;
      readonly data: GuestData;
      readonly snapshot: Snapshot | null;
      /** Where the memory may be kept of a guest that has none yet. */
      readonly spare: Snapshot | null;
    }
  | {
      readonly type: "cell";
      readonly id: number;
      readonly code: string;
      readonly name: string;
      readonly now: number;
      readonly budget: Budget;
    }
  | {
      readonly type: "reply";
      readonly callId: number;
      readonly results: readonly CallResult[];
      readonly budget: Budget;
    }
  | { readonly type: "variable"; readonly id: number; readonly name: string }
  /** Asks which lines of files stand in a text. */
  | { readonly type: "attribute"; readonly id: number; readonly text: string };

/** A cell's outcome as the worker knows it; the main thread adds the wall time. */
export interface WorkerOutcome {
  readonly value?: string;
  readonly error?: CellError;
  readonly answer?: string;
  readonly touched: boolean;
  readonly cpuMs: number;
  readonly memory: CellMemory;
  readonly levels?: Uint8Array;
}

export type FromWorker =
  /** The machine stands; `memory` says whether an earlier one's variables are in it. */
  | { readonly type: "ready"; readonly memory: CellMemory }
  /** Of the first guest, for those to come. */
  | { readonly type: "image"; readonly image: Snapshot }
  /** Where the guest's memory is kept between cells from now on. */
  | { readonly type: "snapshot"; readonly snapshot: Snapshot }
  | { readonly type: "output"; readonly text: string }
  | { readonly type: "call"; readonly callId: number; readonly call: CellCall }
  /** Which lines of files stand in each prompt of a call; comes after it. */
  | { readonly type: "prompts-seen"; readonly callId: number; readonly seen: readonly (readonly LineRange[])[] }
  | { readonly type: "attributed"; readonly id: number; readonly ranges: readonly LineRange[] }
  /** The cell has nothing to compute until the next reply; it has had `replies` of them. */
  | { readonly type: "waiting"; readonly replies: number }
  | { readonly type: "warning"; readonly message: string }
  /** `output`: what was not told yet. */
  | { readonly type: "finished"; readonly id: number; readonly output: string; readonly outcome: WorkerOutcome }
  /** The memory of after a cell is kept. */
  | { readonly type: "saved"; readonly id: number }
  | { readonly type: "variable"; readonly id: number; readonly variable: Variable };

/**
 * Two numbers that both threads see. `cancel`: 1 ends the cell at its next interrupt. `deadline`: while the worker
 * computes, the millisecond since `epoch` at which it must be back; 0 while it waits.
 */
export class Control {
  readonly buffer: SharedArrayBuffer;
  readonly #cells: Int32Array;
  readonly #epoch: Float64Array;

  constructor(buffer = new SharedArrayBuffer(16)) {
    this.buffer = buffer;
    this.#cells = new Int32Array(buffer, 0, 2);
    this.#epoch = new Float64Array(buffer, 8, 1);
    this.#epoch[0] ||= Date.now();
  }

  cancel(): void {
    Atomics.store(this.#cells, 0, 1);
  }

  get cancelled(): boolean {
    return Atomics.load(this.#cells, 0) === 1;
  }

  /** The worker begins to compute and may do so for `ms`. */
  enter(ms: number): void {
    Atomics.store(this.#cells, 1, Math.max(1, this.#sinceEpoch() + Math.ceil(ms)));
  }

  /** The worker waits again. */
  leave(): void {
    Atomics.store(this.#cells, 1, 0);
  }

  /** Milliseconds by which the worker is late; negative while it is not. */
  lateMs(): number {
    const deadline = Atomics.load(this.#cells, 1);
    return deadline === 0 ? Number.NEGATIVE_INFINITY : this.#sinceEpoch() - deadline;
  }

  #sinceEpoch(): number {
    return Date.now() - (this.#epoch[0] ?? 0);
  }
}
