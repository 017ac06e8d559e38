import { createHash, hash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { MessagePort } from "node:worker_threads";
import type { LeftOutReason } from "../rlm/context.ts";
import { ByteScan, endScan, type TextScan } from "./byte-scan.ts";
import { blockBytes, blocksFrom, fileFlags } from "./corpus.ts";
import { type Blocks, type CorpusPart, type Entry, partOf } from "./corpus-parts.ts";
import type { Digest } from "./digest.ts";
import { DigestQueue } from "./digest-queue.ts";
import { type Encoding, encodingOf, toUtf8 } from "./encoding.ts";
import { machineMade } from "./file-kinds.ts";
import { countUnits } from "./line-scan.ts";
import { isNotebookName, largestNotebook } from "./notebook.ts";
import { notebookText } from "./notebook-text.ts";
import { maskSecrets, secretWords } from "./secret-text.ts";

const firstSegmentBytes = 4 * 1024 * 1024;
const segmentBytes = 32 * 1024 * 1024;
/** Larger files are read in pieces, which the other thread hashes while they are in the processor's cache. */
const largeFrom = 8 * 1024 * 1024;
const pieceBytes = 1024 * 1024;
const largestText = 2 ** 32 - 8;
const page = 4096;
const sniffed = 8 * 1024;

// A named pipe that has taken a file's place must not stop the thread.
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

export interface TakeOptions {
  /** A larger file is not taken. */
  readonly maxBytes: number;
  /** Minified and generated files are not taken either. */
  readonly choosy: boolean;
}

/** Why a file was not taken, and its size. */
export interface Refusal {
  readonly reason: LeftOutReason;
  readonly bytes: number;
}

/** Where a large text comes from. */
interface Origin {
  /** Puts the bytes between two positions at a place of the target. @returns how many those are; 0 at the end */
  readonly read: (target: Buffer, at: number, from: number, to: number) => number;
  /** So many bytes of it once more, as they were. */
  readonly again: (bytes: number) => Buffer;
}

/** A text before it is entered: where it lies, and what of it is known. */
interface Found {
  readonly bytes: Buffer;
  readonly seen: TextScan;
  readonly blocks: Blocks | null;
  readonly chars: number;
}

let threadScan: ByteScan | undefined;

/** The thread's one scan: it is large, and slow to set up. What it holds is used up before anybody else has a turn. */
function scanOfThread(): ByteScan {
  threadScan ??= new ByteScan(secretWords);
  return threadScan;
}

/** Reads files into shared memory. Small ones are scanned, hashed and masked before they are copied there. */
export class CorpusBuilder {
  readonly #entries: (Entry | null)[] = [];
  readonly #segments: Buffer[] = [];
  readonly #shared: SharedArrayBuffer[] = [];
  readonly #queue: DigestQueue;
  readonly #scan = scanOfThread();
  #used = 0;
  #longest = 0;
  #files = 0;
  #bytes = 0;

  /** @param digester a thread that hashes, where there is one already */
  constructor(digester: MessagePort | null = null) {
    this.#queue = new DigestQueue(digester, (digest) => this.#digested(digest));
  }

  get files(): number {
    return this.#files;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Reads one file. @returns null where it was taken */
  takeFile(path: string, file: string, options: TakeOptions): Refusal | null {
    let handle: number;
    try {
      handle = openSync(file, openFlags);
    } catch {
      return { reason: "unreadable", bytes: 0 };
    }
    try {
      return isNotebookName(path) ? this.#readNotebook(path, handle, options) : this.#takeHandle(path, handle, options);
    } catch {
      return { reason: "unreadable", bytes: 0 };
    } finally {
      closeSync(handle);
    }
  }

  /** Takes a text that is no file, or an unsaved one. */
  takeText(path: string, text: string, options: TakeOptions): Refusal | null {
    return this.takeBytes(path, Buffer.from(text), options);
  }

  /** Takes what was read already. */
  takeBytes(path: string, bytes: Buffer, options: TakeOptions): Refusal | null {
    const size = bytes.length;
    const cells = isNotebookName(path) && size <= largestNotebook ? notebookText(bytes) : null;
    if (cells !== null) return this.#takeNotebook(path, bytes, Buffer.from(cells), options);
    if (size > Math.min(options.maxBytes, largestText)) return { reason: "too-large", bytes: size };
    if (size < largeFrom) {
      this.#scan.scratch.set(bytes);
      return this.#takeSmall(path, size, options);
    }
    const copy = (target: Buffer, at: number, from: number, to: number) => bytes.copy(target, at, from, to);
    return this.#takePieces(path, size, options, { read: copy, again: () => bytes });
  }

  /** What was taken. The builder can't be used afterwards. */
  async finish(): Promise<CorpusPart> {
    await this.#queue.finish();
    const entries = this.#entries.filter((entry) => entry !== null);
    return partOf(entries, this.#shared, this.#longest);
  }

  /** A notebook is read whole: what is too large is decided by the text of its cells, without the images. */
  #readNotebook(path: string, handle: number, options: TakeOptions): Refusal | null {
    const { size } = fstatSync(handle);
    if (size > largestNotebook) return this.#takeHandle(path, handle, options);
    return this.takeBytes(path, readAgain(handle, size), options);
  }

  #takeNotebook(path: string, bytes: Buffer, text: Buffer, options: TakeOptions): Refusal | null {
    if (text.length > options.maxBytes) return { reason: "too-large", bytes: bytes.length };
    return this.#takeConverted(path, text, hash("sha256", bytes, "binary"), options);
  }

  #takeHandle(path: string, handle: number, options: TakeOptions): Refusal | null {
    if (options.maxBytes >= largeFrom) {
      const { size } = fstatSync(handle);
      if (size > Math.min(options.maxBytes, largestText)) return { reason: "too-large", bytes: size };
      if (size >= largeFrom) {
        const read = (target: Buffer, at: number, from: number, to: number) =>
          readSync(handle, target, at, to - from, null);
        return this.#takePieces(path, size, options, { read, again: (bytes) => readAgain(handle, bytes) });
      }
    }
    const most = Math.min(options.maxBytes, largeFrom) + 1;
    const bytes = readUpTo(handle, this.#scan.scratch, most);
    if (bytes === most) return { reason: "too-large", bytes: fstatSync(handle).size };
    return this.#takeSmall(path, bytes, options);
  }

  /** Takes bytes that lie at the start of the scratch memory. */
  #takeSmall(path: string, size: number, options: TakeOptions): Refusal | null {
    const raw = this.#scan.scratch.subarray(0, size);
    this.#scan.end(size);
    const found = this.#look(raw, 0);
    const encoding = encodingAfter(found.seen, raw);
    if (encoding === "binary") return { reason: "binary", bytes: size };
    if (encoding === "utf8") {
      return this.#enter(path, found, options, () => hash("sha256", raw, "binary"));
    }
    const sha256 = hash("sha256", raw, "binary");
    return this.#takeConverted(path, toUtf8(raw, encoding), sha256, options);
  }

  /** Takes a text that is not as it is on disk, whose hash is known. */
  #takeConverted(path: string, text: Buffer, sha256: string, options: TakeOptions): Refusal | null {
    if (text.length > this.#scan.capacity) return this.#takeOther(path, text, sha256, options);
    this.#scan.scratch.set(text);
    this.#scan.end(text.length);
    return this.#enter(path, this.#look(this.#scan.scratch.subarray(0, text.length), 0), options, () => sha256);
  }

  /** Enters a small text: its hash is taken before its secrets are masked. */
  #enter(path: string, found: Found, options: TakeOptions, sha256: () => string): Refusal | null {
    const { bytes, seen } = found;
    const refusal = this.#refusal(path, found, options);
    if (refusal) return refusal;
    const digest = sha256();
    const masked = seen.places.length === 0 ? 0 : maskSecrets(bytes, seen.places);
    this.#room(bytes.length).set(bytes, this.#used);
    this.#push(path, this.#used, found, digest, masked);
    return null;
  }

  /** Takes a text of many megabytes piece by piece, while another thread hashes what is there. */
  #takePieces(path: string, size: number, options: TakeOptions, origin: Origin): Refusal | null {
    this.#queue.expect(size);
    const buffer = this.#room(size);
    const file = this.#entries.length;
    const segment = this.#segments.length - 1;
    const start = this.#used;
    let read = 0;
    while (read < size) {
      const bytes = origin.read(buffer, start + read, read, Math.min(read + pieceBytes, size));
      if (bytes === 0) break;
      if (read === 0 && encodingOf(buffer.subarray(start, start + sniffed)) === "binary") {
        return { reason: "binary", bytes: size };
      }
      const from = start + read;
      read += bytes;
      this.#queue.add({ file, segment, from, to: start + read, last: false, hashed: true });
    }
    const end = start + read;
    this.#queue.add({ file, segment, from: end, to: end, last: true, hashed: true });
    this.#queue.flush();
    const refusal = this.#takeLarge(path, read, options, origin);
    // Its number is used up: its stretches are on their way already.
    if (refusal && this.#entries.length === file) this.#entries.push(null);
    return refusal;
  }

  /** Takes bytes that lie at the end of the last segment and are being hashed. */
  #takeLarge(path: string, size: number, options: TakeOptions, origin: Origin): Refusal | null {
    const start = this.#used;
    const raw = this.#lastSegment().subarray(start, start + size);
    let found = this.#look(raw, 0);
    const encoding = encodingAfter(found.seen, raw);
    if (encoding === "binary") return { reason: "binary", bytes: size };
    if (encoding !== "utf8" && encoding !== "utf8Bom") {
      // The other thread may have masked what was read already, and its results belong to no entry then.
      const whole = origin.again(size);
      this.#entries.push(null);
      return this.#takeOther(
        path,
        toUtf8(whole, encoding),
        createHash("sha256").update(whole).digest("binary"),
        options,
      );
    }
    const skipped = encoding === "utf8Bom" ? 3 : 0;
    if (skipped > 0) found = this.#look(raw, skipped);
    const refusal = this.#refusal(path, found, options);
    if (refusal) return refusal;
    this.#push(path, start + skipped, found, null, 0);
    return null;
  }

  /** As `#takeConverted`, for a large text. */
  #takeOther(path: string, text: Buffer, sha256: string, options: TakeOptions): Refusal | null {
    this.#room(text.length).set(text, this.#used);
    const start = this.#used;
    const found = this.#look(this.#lastSegment().subarray(start, start + text.length), 0);
    const refusal = this.#refusal(path, found, options);
    if (refusal) return refusal;
    const file = this.#entries.length;
    const segment = this.#segments.length - 1;
    this.#queue.add({ file, segment, from: start, to: start + text.length, last: true, hashed: false });
    this.#push(path, start, found, sha256, 0);
    return null;
  }

  /** Scans a text that begins behind a byte order mark of so many bytes; none where it lies in the scratch memory. */
  #look(raw: Buffer, skipped: number): Found {
    const bytes = skipped === 0 ? raw : raw.subarray(skipped);
    const isHere = raw.buffer === this.#scan.scratch.buffer;
    const seen = this.#scan.start();
    const look = (from: number, to: number) => {
      if (isHere) this.#scan.scanHere(from, to, seen);
      else this.#scan.scanCopy(bytes.subarray(from, to), from, seen);
    };
    if (bytes.length < blocksFrom) {
      look(0, bytes.length);
      return { bytes, seen, blocks: null, chars: unitsOf(bytes, 0, bytes.length, seen.ascii) };
    }
    const blocks = { lines: [] as number[], chars: [] as number[] };
    let chars = 0;
    for (let from = 0; from < bytes.length; from += blockBytes) {
      const to = Math.min(bytes.length, from + blockBytes);
      blocks.lines.push(seen.newlines);
      blocks.chars.push(chars);
      look(from, to);
      chars += unitsOf(bytes, from, to, seen.ascii);
    }
    return { bytes, seen, blocks, chars };
  }

  #refusal(path: string, { bytes, seen }: Found, { choosy }: TakeOptions): Refusal | null {
    const lines = endScan(seen, bytes.length);
    if (!choosy) return null;
    const longestLine = longestOf(bytes, seen);
    const reason = machineMade(path, bytes, { lines, longestLine });
    return reason && { reason, bytes: bytes.length };
  }

  /** Adds a text that lies in the last segment to the table. */
  #push(
    path: string,
    offset: number,
    { bytes, seen, blocks, chars }: Found,
    sha256: string | null,
    masked: number,
  ): void {
    const flags = (seen.ascii ? fileFlags.ascii : 0) | (seen.hasReturn ? fileFlags.hasCarriageReturn : 0);
    const size = bytes.length;
    const lines = endScan(seen, size);
    const segment = this.#segments.length - 1;
    this.#entries.push({
      path,
      segment,
      offset,
      bytes: size,
      chars,
      lines,
      firstLine: 1,
      flags,
      blocks,
      sha256,
      masked,
    });
    this.#used = offset + size + 1;
    this.#longest = Math.max(this.#longest, longestOf(bytes, seen));
    this.#files += 1;
    this.#bytes += size;
  }

  #digested({ file, sha256, masked }: Digest): void {
    const entry = this.#entries[file];
    if (!entry) return;
    entry.sha256 ??= sha256?.toString("latin1") ?? null;
    entry.masked += masked;
  }

  #lastSegment(): Buffer {
    return this.#segments.at(-1) ?? this.#room(0);
  }

  /** The segment that has this many bytes free at `#used`. */
  #room(bytes: number): Buffer {
    const last = this.#segments.at(-1);
    if (last && this.#used + bytes <= last.length) return last;
    const usual = last ? segmentBytes : firstSegmentBytes;
    const shared = new SharedArrayBuffer(Math.max(usual, bytes));
    const segment = Buffer.from(shared);
    this.#segments.push(segment);
    this.#shared.push(shared);
    this.#queue.addSegment(shared);
    this.#used = 0;
    return segment;
  }
}

function readAgain(handle: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let read = 0;
  for (let more = -1; more !== 0 && read < size; read += more) more = readSync(handle, bytes, read, size - read, read);
  return bytes.subarray(0, read);
}

/** Reads a file from its start. @returns how many bytes it has, at most as many as were asked for */
function readUpTo(handle: number, buffer: Buffer, most: number): number {
  let read = 0;
  for (;;) {
    const bytes = readSync(handle, buffer, read, most - read, null);
    read += bytes;
    // Some file systems give whole pages only; anything else is the end.
    if (bytes === 0 || read === most || bytes % page !== 0) return read;
  }
}

function encodingAfter(seen: TextScan, raw: Buffer): Encoding {
  const plain = seen.ascii && !raw.subarray(0, sniffed).includes(0);
  const encoding = plain ? "utf8" : encodingOf(raw);
  return encoding === "utf8" && seen.hasReturn && seen.newlines === 0 ? "macLines" : encoding;
}

function longestOf(bytes: Buffer, { longestStart, longestBytes, ascii }: TextScan): number {
  return unitsOf(bytes, longestStart, longestStart + longestBytes, ascii);
}

function unitsOf(bytes: Buffer, from: number, to: number, ascii: boolean): number {
  return ascii ? to - from : countUnits(bytes, from, to);
}
