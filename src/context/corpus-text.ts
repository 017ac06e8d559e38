import { blockBytes, type Corpus, fileFlags, pathsOf } from "./corpus.ts";
import { countNewlines, countUnits } from "./line-scan.ts";
import { defaultRegexTimeoutMs } from "./run-regex.ts";

/** Texts up to this many bytes are kept for a while once decoded. */
const cachedBytes = 2 * 1024 * 1024;
const cachedTexts = 8;
/** Larger files are looked at in windows of about this size, unless a pattern needs the whole. */
const windowBytes = 4 * 1024 * 1024;
const longestString = 0x1fff_ffe8;

/** A part of a file, of whole lines unless a line is longer than the window. */
export interface TextWindow {
  readonly text: string;
  /** Where the part begins in its file, in bytes. */
  readonly byte: number;
  /** Matches that begin at or after this character belong to the next window. */
  readonly startsBefore: number;
}

/** Is told what code does with the files. */
export interface TextObserver {
  /** Their names were looked at. */
  listed(file: number): void;
  /** Something was sought in it. */
  searched(file: number): void;
  /** Code was given the text of these lines. */
  gave(file: number, from: number, to: number): void;
}

/** Reads the texts of a corpus. Files are numbered in the order of their paths, lines from 1. */
export class CorpusText {
  readonly corpus: Corpus;
  readonly paths: readonly string[];
  /** Milliseconds that the matching of one call may take. */
  readonly regexTimeoutMs: number;
  /** Null where nobody asks. */
  observer: TextObserver | null = null;
  readonly #segments: readonly Buffer[];
  readonly #cache = new Map<number, string>();
  #numbers: ReadonlyMap<string, number> | null = null;

  constructor(corpus: Corpus, regexTimeoutMs = defaultRegexTimeoutMs) {
    this.corpus = corpus;
    this.regexTimeoutMs = regexTimeoutMs;
    this.paths = pathsOf(corpus);
    this.#segments = corpus.segments.map((segment) => Buffer.from(segment));
  }

  /** @returns -1 where there is no such file */
  numberOf(path: string): number {
    this.#numbers ??= new Map(this.paths.map((known, file) => [known, file]));
    return this.#numbers.get(path) ?? -1;
  }

  path(file: number): string {
    return this.paths[file] ?? "";
  }

  byteCount(file: number): number {
    return this.corpus.table.bytes[file] ?? 0;
  }

  charCount(file: number): number {
    return this.corpus.table.chars[file] ?? 0;
  }

  lineCount(file: number): number {
    return this.corpus.table.lines[file] ?? 0;
  }

  /** The number of a text's first line: 1, but where it is a part of a file. */
  firstLine(file: number): number {
    return this.corpus.table.firstLine[file] ?? 1;
  }

  lastLine(file: number): number {
    return this.firstLine(file) + this.lineCount(file) - 1;
  }

  newlineCount(file: number): number {
    const endsInNewline = this.bytes(file).at(-1) === 10;
    return this.lineCount(file) - (this.byteCount(file) === 0 || endsInNewline ? 0 : 1);
  }

  isAscii(file: number): boolean {
    return ((this.corpus.table.flags[file] ?? 0) & fileFlags.ascii) !== 0;
  }

  hasCarriageReturn(file: number): boolean {
    return ((this.corpus.table.flags[file] ?? 0) & fileFlags.hasCarriageReturn) !== 0;
  }

  bytes(file: number): Buffer {
    const { table } = this.corpus;
    const offset = table.offset[file] ?? 0;
    return this.#segment(file).subarray(offset, offset + this.byteCount(file));
  }

  /** The whole text of a file. */
  text(file: number): string {
    const known = this.#cache.get(file);
    if (known !== undefined) {
      this.#cache.delete(file);
      this.#cache.set(file, known);
      return known;
    }
    const size = this.byteCount(file);
    const text = this.decode(file, 0, size);
    if (size <= cachedBytes) {
      this.#cache.set(file, text);
      const [oldest] = this.#cache.keys();
      if (this.#cache.size > cachedTexts && oldest !== undefined) this.#cache.delete(oldest);
    }
    return text;
  }

  /** The text between two byte positions, which must not split a character. */
  decode(file: number, from: number, to: number): string {
    const { table } = this.corpus;
    const offset = table.offset[file] ?? 0;
    return this.#segment(file).toString(this.isAscii(file) ? "latin1" : "utf8", offset + from, offset + to);
  }

  /** The position of a line's first byte; the end of the text where the line lies beyond it. */
  byteOfLine(file: number, line: number): number {
    const bytes = this.bytes(file);
    if (line > this.lastLine(file)) return bytes.length;
    const before = line - this.firstLine(file);
    const { blockLines } = this.corpus.table;
    const block = this.#lastBlock(file, (row) => (blockLines[row] ?? 0) < before);
    let at = block.index * blockBytes;
    for (let newlines = block.row < 0 ? 0 : (blockLines[block.row] ?? 0); newlines < before; newlines += 1) {
      at = bytes.indexOf(10, at) + 1;
    }
    return at;
  }

  /** The line that holds a byte position. */
  lineOfByte(file: number, byte: number): number {
    const index = this.#blockCount(file) === 0 ? 0 : Math.floor(byte / blockBytes);
    const known = this.#blockCount(file) === 0 ? 0 : this.#blockValue(this.corpus.table.blockLines, file, index);
    return this.firstLine(file) + known + countNewlines(this.bytes(file), index * blockBytes, byte);
  }

  /** The byte position of a character, given in UTF-16 code units. */
  byteOfChar(file: number, char: number): number {
    if (char >= this.charCount(file)) return this.byteCount(file);
    if (this.isAscii(file)) return Math.max(0, char);
    const { blockChars } = this.corpus.table;
    const block = this.#lastBlock(file, (row) => (blockChars[row] ?? 0) <= char);
    const bytes = this.bytes(file);
    let at = block.index * blockBytes;
    while (((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1;
    for (let left = char - (block.row < 0 ? 0 : (blockChars[block.row] ?? 0)); left > 0; ) {
      const byte = bytes[at] ?? 0;
      const [length, units] = byte < 0x80 ? [1, 1] : byte < 0xe0 ? [2, 1] : byte < 0xf0 ? [3, 1] : [4, 2];
      if (units > left) break;
      at += length;
      left -= units;
    }
    return at;
  }

  /** UTF-16 code units before a byte position. */
  charOfByte(file: number, byte: number): number {
    if (this.isAscii(file)) return byte;
    const index = this.#blockCount(file) === 0 ? 0 : Math.floor(byte / blockBytes);
    const known = this.#blockCount(file) === 0 ? 0 : this.#blockValue(this.corpus.table.blockChars, file, index);
    return known + countUnits(this.bytes(file), index * blockBytes, byte);
  }

  /** Lines without their ends, from one to another inclusive. */
  lines(file: number, from: number, to: number): string[] {
    const start = this.byteOfLine(file, from);
    const end = this.byteOfLine(file, to + 1);
    if (start >= end) return [];
    const text = this.decode(file, start, end);
    const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
    return this.hasCarriageReturn(file) ? lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line)) : lines;
  }

  /**
   * The text of a file in one or more windows.
   * @param whole the pattern may reach over many lines: one window, if a string can hold it
   * @param overlap bytes that a window shows of the next one
   * @param prefix where given, windows in which it does not begin are left out
   */
  *windows(file: number, whole: boolean, overlap: number, prefix: Buffer | null = null): Generator<TextWindow> {
    const size = this.byteCount(file);
    const bytes = this.bytes(file);
    let next = prefix === null ? 0 : bytes.indexOf(prefix);
    if (next < 0) return;
    if (size <= windowBytes || (whole && size < longestString)) {
      yield { text: this.text(file), byte: 0, startsBefore: Number.POSITIVE_INFINITY };
      return;
    }
    for (let from = 0; from < size; ) {
      const to = this.lineEnd(file, from + windowBytes);
      if (prefix !== null && next < from) next = bytes.indexOf(prefix, from);
      if (next < 0) return;
      if (prefix !== null && next >= to) {
        from = to;
        continue;
      }
      const shown = overlap === 0 ? to : this.lineEnd(file, to + overlap);
      const text = this.decode(file, from, shown);
      const startsBefore = shown === to ? Number.POSITIVE_INFINITY : text.length - this.#units(file, to, shown);
      yield { text, byte: from, startsBefore };
      from = to;
    }
  }

  /** The first line end at or after a byte position, or a little further on if there is none near. */
  lineEnd(file: number, byte: number): number {
    const bytes = this.bytes(file);
    if (byte >= bytes.length) return bytes.length;
    const newline = bytes.subarray(byte, byte + windowBytes).indexOf(10);
    if (newline >= 0) return byte + newline + 1;
    let at = Math.min(bytes.length, byte + windowBytes);
    while (at < bytes.length && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1;
    return at;
  }

  #units(file: number, from: number, to: number): number {
    return this.isAscii(file) ? to - from : countUnits(this.bytes(file), from, to);
  }

  #segment(file: number): Buffer {
    const segment = this.#segments[this.corpus.table.segment[file] ?? 0];
    if (!segment) throw new RangeError(`There is no file number ${file}.`);
    return segment;
  }

  #blockCount(file: number): number {
    const { firstBlock } = this.corpus.table;
    return (firstBlock[file + 1] ?? 0) - (firstBlock[file] ?? 0);
  }

  #blockValue(values: Uint32Array, file: number, index: number): number {
    const last = this.#blockCount(file) - 1;
    return values[(this.corpus.table.firstBlock[file] ?? 0) + Math.min(index, last)] ?? 0;
  }

  /** The last block for which `before` holds; the first where it holds for none, row -1 where there are no blocks. */
  #lastBlock(file: number, before: (row: number) => boolean): { index: number; row: number } {
    const first = this.corpus.table.firstBlock[file] ?? 0;
    let [low, high] = [0, this.#blockCount(file) - 1];
    if (high < 0) return { index: 0, row: -1 };
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (before(first + middle)) low = middle;
      else high = middle - 1;
    }
    return { index: low, row: first + low };
  }
}
