import { CorpusBuilder, type Refusal, type TakeOptions } from "./corpus-builder.ts";
import type { CorpusPart } from "./corpus-parts.ts";

/** Files that one thread reads in one go. */
export interface ReadBatch {
  readonly number: number;
  /** Shown paths and absolute paths, side by side. */
  readonly shown: readonly string[];
  readonly files: readonly string[];
  readonly options: TakeOptions;
}

/** A file that was not taken. */
export interface Refused extends Refusal {
  readonly shown: string;
}

/** What one thread has read. */
export interface Reading {
  readonly part: CorpusPart;
  readonly refused: readonly Refused[];
}

/** What the threads of one collecting share: which batches are taken, and how far they are. */
export class SharedState {
  /** A byte for each batch. */
  readonly claims: SharedArrayBuffer;
  /** Files and kilobytes that were read. */
  readonly progress: SharedArrayBuffer;
  readonly #taken: Uint8Array;
  readonly #counts: Int32Array;

  constructor(claims = new SharedArrayBuffer(1024 * 1024), progress = new SharedArrayBuffer(8)) {
    this.claims = claims;
    this.progress = progress;
    this.#taken = new Uint8Array(claims);
    this.#counts = new Int32Array(progress);
  }

  get files(): number {
    return Atomics.load(this.#counts, 0);
  }

  get bytes(): number {
    return Atomics.load(this.#counts, 1) * 1024;
  }

  /** @returns true for the first thread only */
  claim(batch: number): boolean {
    return Atomics.exchange(this.#taken, batch, 1) === 0;
  }

  add(files: number, bytes: number): void {
    Atomics.add(this.#counts, 0, files);
    Atomics.add(this.#counts, 1, Math.round(bytes / 1024));
  }
}

/** Reads the batches that no other thread has claimed. */
export class BatchReader {
  readonly #builder: CorpusBuilder;
  readonly #refused: Refused[] = [];
  #shared = new SharedState();

  constructor(builder = new CorpusBuilder()) {
    this.#builder = builder;
  }

  share(claims: SharedArrayBuffer, progress: SharedArrayBuffer): void {
    this.#shared = new SharedState(claims, progress);
  }

  read({ number, shown, files, options }: ReadBatch): void {
    if (!this.#shared.claim(number)) return;
    const before = { files: this.#builder.files, bytes: this.#builder.bytes };
    files.forEach((file, i) => {
      const path = shown[i] ?? "";
      const refusal = this.#builder.takeFile(path, file, options);
      if (refusal) this.#refused.push({ shown: path, ...refusal });
    });
    this.#shared.add(this.#builder.files - before.files, this.#builder.bytes - before.bytes);
  }

  /** @returns what this thread has read */
  async finish(): Promise<Reading> {
    return { part: await this.#builder.finish(), refused: this.#refused };
  }
}
