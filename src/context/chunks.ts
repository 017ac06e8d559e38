import type { CorpusText } from "./corpus-text.ts";
import { GuestError } from "./guest-error.ts";
import { globOf, selectFiles } from "./guest-glob.ts";
import { isAbsent, isRegex, kindOf, optionsOf, wholeNumber } from "./guest-values.ts";
import { type FileRange, headOf, linesOf, numberedBlock, type Part, partsOf } from "./ranges.ts";

const defaultMaxChars = 50_000;
const leastMaxChars = 1_000;
const mostMaxChars = 400_000;

export interface Chunk {
  /** What is in it, for people: `src/a.ts:1-80 and 3 more`. */
  readonly label: string;
  readonly parts: readonly Part[];
  /** Characters of its text. */
  readonly chars: number;
  /** Whether its text has line numbers. */
  readonly numbered: boolean;
}

/**
 * Everything, or what a glob selects, in pieces of whole lines: small files packed together close to the cap, large
 * ones cut at line ends, and a line beyond the cap cut into pieces.
 * @throws GuestError
 */
export function chunks(texts: CorpusText, given: unknown): Chunk[] {
  const { maxChars, files, numbered } = readOptions(texts, given);
  const packer = new Packer(texts, maxChars, numbered);
  for (const file of files) packer.add(file);
  return packer.finish();
}

/** The text of a chunk, as `chunks` and `find` announced it. @throws GuestError */
export function chunkText(texts: CorpusText, parts: unknown, numbered: unknown): string {
  const ranges = partsOf("chunk", parts, texts);
  if (numbered !== false) return ranges.map((range) => numberedBlock(texts, range)).join("\n\n");
  return ranges.map((range) => rawBlock(texts, range)).join("\n\n");
}

export function chunkOf(texts: CorpusText, ranges: readonly FileRange[], numbered: boolean, chars: number): Chunk {
  const [first] = ranges;
  const more = ranges.length > 1 ? ` and ${ranges.length - 1} more` : "";
  const label = first ? headOf(texts, first) + more : "";
  const parts = ranges.map(({ file, ...lines }) => ({ path: texts.path(file), ...lines }));
  return { label, parts, chars, numbered };
}

function rawBlock(texts: CorpusText, range: FileRange): string {
  const lines = linesOf(texts, range);
  return texts.corpus.manifest.kind === "text" ? lines.join("\n") : [headOf(texts, range), ...lines].join("\n");
}

function readOptions(texts: CorpusText, given: unknown): { maxChars: number; files: number[]; numbered: boolean } {
  const glob = typeof given === "string" || Array.isArray(given) || isRegex(given);
  const short = typeof given === "number" ? { maxChars: given } : glob ? { glob: given } : given;
  const options = optionsOf("chunks", short, ["maxChars", "glob", "numbered"]);
  const { numbered } = options;
  if (!isAbsent(numbered) && typeof numbered !== "boolean") {
    throw new GuestError("TypeError", `chunks: numbered must be true or false, not ${kindOf(numbered)}.`);
  }
  return {
    maxChars: wholeNumber("chunks: maxChars", options.maxChars, defaultMaxChars, leastMaxChars, mostMaxChars),
    files: selectFiles("chunks", globOf("chunks", options.glob), texts),
    numbered: numbered !== false,
  };
}

/** Packs ranges into chunks, knowing the exact length of each text without building it. */
class Packer {
  readonly #texts: CorpusText;
  readonly #max: number;
  readonly #numbered: boolean;
  readonly #chunks: Chunk[] = [];
  #ranges: FileRange[] = [];
  #chars = 0;

  constructor(texts: CorpusText, max: number, numbered: boolean) {
    this.#texts = texts;
    this.#max = max;
    this.#numbered = numbered;
  }

  add(file: number): void {
    if (this.#texts.lineCount(file) === 0) return;
    const whole = { file, from: this.#texts.firstLine(file), to: this.#texts.lastLine(file) };
    const size = this.#wholeSize(whole);
    if (size <= this.#room()) this.#put(whole, size);
    else if (size > this.#max / 4) this.#cut(whole);
    else {
      this.#close();
      this.#put(whole, size);
    }
  }

  finish(): Chunk[] {
    this.#close();
    return this.#chunks;
  }

  /** Cuts a file at line ends, filling what room there is. */
  #cut(whole: FileRange): void {
    const { file } = whole;
    if (this.#room() < this.#max / 10) this.#close();
    let { from } = whole;
    let size = 0;
    const flush = (to: number) => {
      if (to >= from) this.#put({ file, from, to }, this.#headSize({ file, from, to }) + size);
      size = 0;
    };
    this.#eachLine(whole, (line, chars) => {
      const own = this.#lineSize(line, chars);
      const head = this.#headSize({ file, from, to: line });
      if (head + size + own <= this.#room()) {
        size += own;
        return;
      }
      flush(line - 1);
      this.#close();
      from = line;
      if (this.#headSize({ file, from, to: line }) + own <= this.#max) size = own;
      else {
        this.#cutLine(file, line, chars);
        from = line + 1;
      }
    });
    flush(whole.to);
  }

  /** A line beyond the cap, in pieces of their own. */
  #cutLine(file: number, line: number, chars: number): void {
    for (let start = 0; start < chars; ) {
      const guess = { file, from: line, to: line, chars: [start, chars] as const };
      const end = Math.min(chars, start + this.#max - this.#headSize(guess) - this.#lineSize(line, 0));
      const piece = { ...guess, chars: [start, end] as const };
      this.#put(piece, this.#headSize(piece) + this.#lineSize(line, end - start));
      this.#close();
      start = end;
    }
  }

  #eachLine({ file, from, to }: FileRange, visit: (line: number, chars: number) => void): void {
    const text = this.#texts;
    const bytes = text.bytes(file);
    const ascii = text.isAscii(file);
    let start = 0;
    for (let line = from; line <= to; line += 1) {
      const newline = bytes.indexOf(10, start);
      const end = newline < 0 ? bytes.length : newline;
      const carriage = newline >= 0 && bytes[end - 1] === 13 && end > start ? 1 : 0;
      const last = newline < 0 && bytes[end - 1] === 13 && end > start ? 1 : 0;
      const size = end - start - carriage - last;
      visit(line, ascii ? size : text.decode(file, start, start + size).length);
      start = end + 1;
    }
  }

  /** Exact length of a whole file's block, without looking at its lines where they end in plain line feeds. */
  #wholeSize(range: FileRange): number {
    const text = this.#texts;
    const { file } = range;
    const lines = text.lineCount(file);
    if (text.hasCarriageReturn(file)) {
      let size = this.#headSize(range);
      this.#eachLine(range, (line, chars) => {
        size += this.#lineSize(line, chars);
      });
      return size;
    }
    const bytes = text.bytes(file);
    const ends = lines - (bytes[bytes.length - 1] === 10 ? 0 : 1);
    const raw = text.charCount(file) - ends;
    return (
      this.#headSize(range) +
      raw +
      lines +
      (this.#numbered ? digitsUpTo(range.to) - digitsUpTo(range.from - 1) + 2 * lines : 0)
    );
  }

  /** A line with the line feed before it. */
  #lineSize(line: number, chars: number): number {
    return 1 + chars + (this.#numbered ? digits(line) + 2 : 0);
  }

  #headSize(range: FileRange): number {
    if (!this.#numbered && this.#texts.corpus.manifest.kind === "text") return -1;
    return headOf(this.#texts, range).length;
  }

  #room(): number {
    return this.#ranges.length === 0 ? this.#max : this.#max - this.#chars - 2;
  }

  #put(range: FileRange, size: number): void {
    this.#chars += size + (this.#ranges.length === 0 ? 0 : 2);
    this.#ranges.push(range);
  }

  #close(): void {
    if (this.#ranges.length > 0) {
      this.#chunks.push(chunkOf(this.#texts, this.#ranges, this.#numbered, this.#chars));
    }
    this.#ranges = [];
    this.#chars = 0;
  }
}

function digits(n: number): number {
  return String(n).length;
}

/** Digits of all numbers from 1 to n together. */
function digitsUpTo(n: number): number {
  let sum = 0;
  for (let least = 1, width = 1; least <= n; least *= 10, width += 1) {
    sum += (Math.min(n, least * 10 - 1) - least + 1) * width;
  }
  return sum;
}
