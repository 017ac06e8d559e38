import { isAscii } from "node:buffer";
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { MessagePort } from "node:worker_threads";
import type { ContextManifest, LeftOutReason } from "../rlm/context.ts";
import {
  blockBytes,
  blocksFrom,
  type Corpus,
  type CorpusRoot,
  type CorpusTable,
  fileFlags,
  type LeftOut,
} from "./corpus.ts";
import type { Digest } from "./digest.ts";
import { DigestQueue } from "./digest-queue.ts";
import { encodingOf, toUtf8 } from "./encoding.ts";
import { machineMade } from "./file-kinds.ts";
import { countUnits, endScan, type LineScan, scanLines, startScan } from "./line-scan.ts";

const firstSegmentBytes = 4 * 1024 * 1024;
const segmentBytes = 32 * 1024 * 1024;
/** Larger files are read in pieces, which the other thread hashes while they are in the processor's cache. */
const largeFrom = 8 * 1024 * 1024;
const pieceBytes = 1024 * 1024;
const largestText = 2 ** 32 - 8;

interface Entry {
  readonly path: string;
  readonly segment: number;
  readonly offset: number;
  readonly bytes: number;
  readonly chars: number;
  readonly lines: number;
  readonly flags: number;
  readonly blocks: Blocks | null;
  sha256: Buffer | null;
  masked: number;
}

interface Blocks {
  readonly lines: readonly number[];
  readonly chars: readonly number[];
}

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

/** Reads files into shared memory and builds the corpus of them. */
export class CorpusBuilder {
  readonly #entries: (Entry | null)[] = [];
  readonly #segments: Buffer[] = [];
  readonly #shared: SharedArrayBuffer[] = [];
  readonly #queue: DigestQueue;
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
      handle = openSync(file, "r");
    } catch {
      return { reason: "unreadable", bytes: 0 };
    }
    try {
      return this.#takeHandle(path, handle, options);
    } catch {
      return { reason: "unreadable", bytes: 0 };
    } finally {
      closeSync(handle);
    }
  }

  /** Takes a text that is no file, or an unsaved one. */
  takeText(path: string, text: string, options: TakeOptions): Refusal | null {
    const bytes = Buffer.byteLength(text);
    if (bytes > Math.min(options.maxBytes, largestText)) return { reason: "too-large", bytes };
    this.#room(bytes).write(text, this.#used, bytes, "utf8");
    if (bytes >= blocksFrom) this.#queue.expect(bytes);
    return this.#takeBytes(path, bytes, options);
  }

  async build(about: {
    kind: ContextManifest["kind"];
    name: string;
    leftOut: readonly LeftOut[];
    roots: readonly CorpusRoot[];
  }): Promise<Corpus> {
    await this.#queue.finish();
    const entries = this.#entries.filter((entry) => entry !== null).sort((a, b) => compare(a.path, b.path));
    const sum = (of: (entry: Entry) => number) => entries.reduce((total, entry) => total + of(entry), 0);
    return {
      manifest: {
        kind: about.kind,
        name: about.name,
        files: entries.length,
        chars: sum((entry) => entry.chars),
        bytes: sum((entry) => entry.bytes),
        lines: sum((entry) => entry.lines),
        leftOut: countReasons(about.leftOut),
      },
      segments: this.#shared,
      table: tableOf(entries),
      leftOut: about.leftOut.toSorted((a, b) => compare(a.path, b.path)),
      masked: { secrets: sum((entry) => entry.masked), files: sum((entry) => Math.sign(entry.masked)) },
      longestLine: this.#longest,
      roots: about.roots,
    };
  }

  #takeHandle(path: string, handle: number, options: TakeOptions): Refusal | null {
    if (options.maxBytes >= largeFrom) {
      const { size } = fstatSync(handle);
      if (size > Math.min(options.maxBytes, largestText)) return { reason: "too-large", bytes: size };
      if (size >= largeFrom) return this.#takeLarge(path, handle, size, options);
    }
    const most = Math.min(options.maxBytes, largeFrom) + 1;
    const buffer = this.#room(most);
    const bytes = readSync(handle, buffer, this.#used, most, null);
    if (bytes === most) return { reason: "too-large", bytes: fstatSync(handle).size };
    return this.#takeBytes(path, bytes, options);
  }

  /** Reads a file of many megabytes piece by piece, while another thread hashes what is there. */
  #takeLarge(path: string, handle: number, size: number, options: TakeOptions): Refusal | null {
    this.#queue.expect(size);
    const buffer = this.#room(size);
    const file = this.#entries.length;
    const start = this.#used;
    let read = 0;
    while (read < size) {
      const bytes = readSync(handle, buffer, start + read, Math.min(pieceBytes, size - read), null);
      if (bytes === 0) break;
      if (read === 0 && encodingOf(buffer.subarray(start, start + 8192)) === "binary") {
        return { reason: "binary", bytes: size };
      }
      const from = start + read;
      read += bytes;
      this.#queue.add({ file, segment: this.#segments.length - 1, from, to: start + read, last: false, hashed: true });
    }
    const end = start + read;
    this.#queue.add({ file, segment: this.#segments.length - 1, from: end, to: end, last: true, hashed: true });
    this.#queue.flush();
    const refusal = this.#takeBytes(path, read, options, false);
    // Its number is used up: its stretches are on their way already.
    if (refusal) this.#entries.push(null);
    return refusal;
  }

  /** Takes bytes that lie at the end of the last segment. */
  #takeBytes(path: string, bytes: number, options: TakeOptions, digest = true): Refusal | null {
    const buffer = this.#lastSegment();
    const start = this.#used;
    const view = buffer.subarray(start, start + bytes);
    const encoding = isAscii(view) && !view.subarray(0, 8192).includes(0) ? "utf8" : encodingOf(view);
    if (encoding === "binary") return { reason: "binary", bytes };
    if (encoding !== "utf8" && encoding !== "utf8Bom") {
      const sha256 = createHash("sha256").update(view).digest();
      const text = toUtf8(view, encoding);
      this.#room(text.length).set(text, this.#used);
      return this.#enter(path, this.#used, text.length, options, () => sha256);
    }
    const skipped = encoding === "utf8Bom" ? 3 : 0;
    const job = { segment: this.#segments.length - 1, from: start, to: start + bytes, last: true, hashed: true };
    return this.#enter(path, start + skipped, bytes - skipped, options, (file) => {
      if (digest) this.#queue.add({ ...job, file });
      return null;
    });
  }

  /** Enters a text, given by its place in the last segment, into the table. */
  #enter(
    path: string,
    offset: number,
    bytes: number,
    options: TakeOptions,
    digest: (file: number) => Buffer | null,
  ): Refusal | null {
    const segment = this.#lastSegment();
    const ascii = isAscii(segment.subarray(offset, offset + bytes));
    const { scan, blocks, chars } = measure(segment, offset, bytes, ascii);
    const lines = endScan(scan, offset + bytes);
    const longestLine = unitsOf(segment, scan.longestStart, scan.longestBytes, ascii);
    if (options.choosy) {
      const head = segment.toString("latin1", offset, offset + Math.min(bytes, 2_000));
      const reason = machineMade(path, head, { bytes, lines, longestLine });
      if (reason) return { reason, bytes };
    }
    const file = this.#entries.length;
    const carriage = segment.subarray(offset, offset + bytes).includes(13) ? fileFlags.hasCarriageReturn : 0;
    const flags = (ascii ? fileFlags.ascii : 0) | carriage;
    const entry = { path, segment: this.#segments.length - 1, offset, bytes, chars, lines, flags, blocks };
    const sha256 = digest(file);
    this.#entries.push({ ...entry, sha256, masked: 0 });
    if (sha256) {
      this.#queue.add({ file, segment: entry.segment, from: offset, to: offset + bytes, last: true, hashed: false });
    }
    this.#used = offset + bytes + 1;
    this.#longest = Math.max(this.#longest, longestLine);
    this.#files += 1;
    this.#bytes += bytes;
    return null;
  }

  #digested({ file, sha256, masked }: Digest): void {
    const entry = this.#entries[file];
    if (!entry) return;
    entry.sha256 ??= sha256;
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

function measure(
  segment: Buffer,
  offset: number,
  bytes: number,
  ascii: boolean,
): { scan: LineScan; blocks: Blocks | null; chars: number } {
  const scan = startScan(offset);
  if (bytes < blocksFrom) {
    scanLines(segment, offset, offset + bytes, scan);
    return { scan, blocks: null, chars: unitsOf(segment, offset, bytes, ascii) };
  }
  const blocks = { lines: [] as number[], chars: [] as number[] };
  let chars = 0;
  for (let from = 0; from < bytes; from += blockBytes) {
    const size = Math.min(blockBytes, bytes - from);
    blocks.lines.push(scan.newlines);
    blocks.chars.push(chars);
    scanLines(segment, offset + from, offset + from + size, scan);
    chars += unitsOf(segment, offset + from, size, ascii);
  }
  return { scan, blocks, chars };
}

function unitsOf(segment: Buffer, offset: number, bytes: number, ascii: boolean): number {
  return ascii ? bytes : countUnits(segment, offset, offset + bytes);
}

function tableOf(entries: readonly Entry[]): CorpusTable {
  const column = (of: (entry: Entry) => number) => {
    const values = new Uint32Array(new SharedArrayBuffer(entries.length * 4));
    entries.forEach((entry, i) => {
      values[i] = of(entry);
    });
    return values;
  };
  const sha256 = new Uint8Array(new SharedArrayBuffer(entries.length * 32));
  const flags = new Uint8Array(new SharedArrayBuffer(entries.length));
  entries.forEach((entry, i) => {
    if (entry.sha256) sha256.set(entry.sha256, i * 32);
    flags[i] = entry.flags;
  });
  return {
    files: entries.length,
    paths: entries.map((entry) => entry.path).join("\0"),
    segment: column((entry) => entry.segment),
    offset: column((entry) => entry.offset),
    bytes: column((entry) => entry.bytes),
    chars: column((entry) => entry.chars),
    lines: column((entry) => entry.lines),
    flags,
    sha256,
    ...blockColumns(entries),
  };
}

function blockColumns(entries: readonly Entry[]): Pick<CorpusTable, "firstBlock" | "blockLines" | "blockChars"> {
  const count = entries.reduce((total, { blocks }) => total + (blocks?.lines.length ?? 0), 0);
  const firstBlock = new Uint32Array(new SharedArrayBuffer((entries.length + 1) * 4));
  const blockLines = new Uint32Array(new SharedArrayBuffer(count * 4));
  const blockChars = new Uint32Array(new SharedArrayBuffer(count * 4));
  let next = 0;
  entries.forEach(({ blocks }, i) => {
    if (blocks) {
      blockLines.set(blocks.lines, next);
      blockChars.set(blocks.chars, next);
      next += blocks.lines.length;
    }
    firstBlock[i + 1] = next;
  });
  return { firstBlock, blockLines, blockChars };
}

function countReasons(leftOut: readonly LeftOut[]): ContextManifest["leftOut"] {
  const counts: Partial<Record<LeftOutReason, number>> = {};
  for (const { reason } of leftOut) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
