import { createHash, type Hash, hash } from "node:crypto";
import { ByteScan } from "./byte-scan.ts";
import { maskSecrets, secretOverlap, secretWords } from "./secret-text.ts";

/**
 * A stretch of a segment to hash and to mask. A large file comes as several stretches, in order; `last` ends it.
 * `hashed` is false where the bytes are not those of the file on disk and the hash is known already.
 */
export interface DigestJob {
  readonly file: number;
  readonly segment: number;
  readonly from: number;
  readonly to: number;
  readonly last: boolean;
  readonly hashed: boolean;
}

export interface Digest {
  readonly file: number;
  /** Null where the job asked for none. */
  readonly sha256: Buffer | null;
  readonly masked: number;
}

/** Hashes files as they are on disk, then masks the secrets in them in place. */
export class Digester {
  readonly #segments: Buffer[] = [];
  readonly #scan = new ByteScan(secretWords);
  #open: { hash: Hash; maskFrom: number; masked: number } | null = null;

  addSegment(segment: SharedArrayBuffer): void {
    this.#segments.push(Buffer.from(segment));
  }

  /** @returns the file's digest with its last stretch, else null */
  run(job: DigestJob): Digest | null {
    const buffer = this.#segments[job.segment];
    if (!buffer) return null;
    const bytes = buffer.subarray(job.from, job.to);
    if (job.last && this.#open === null) {
      const sha256 = job.hashed ? hash("sha256", bytes, "buffer") : null;
      return { file: job.file, sha256, masked: this.#mask(bytes) };
    }
    this.#open ??= { hash: createHash("sha256"), maskFrom: job.from, masked: 0 };
    const open = this.#open;
    open.hash.update(bytes);
    // A secret may go on in the next stretch, and the bytes of that one are not hashed yet.
    const maskTo = job.last ? job.to : Math.max(open.maskFrom, job.to - secretOverlap);
    open.masked += this.#mask(buffer.subarray(open.maskFrom, job.to), maskTo - open.maskFrom);
    open.maskFrom = maskTo;
    if (!job.last) return null;
    this.#open = null;
    return { file: job.file, sha256: open.hash.digest(), masked: open.masked };
  }

  #mask(bytes: Buffer, startsBefore = bytes.length): number {
    const seen = this.#scan.start();
    this.#scan.scanCopy(bytes, 0, seen);
    return maskSecrets(bytes, seen.places, startsBefore);
  }
}
