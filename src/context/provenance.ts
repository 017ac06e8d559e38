import { type LineRange, looks } from "../rlm/coverage.ts";
import { Intervals } from "../rlm/intervals.ts";
import type { CorpusText, TextObserver } from "./corpus-text.ts";

/** Lines that are kept for finding raw text again; what is given beyond that is not attributed. */
const mostIndexed = 300_000;
/** A single line tells where it is from only if it says this much. */
const leastTelling = 8;
const pageLines = 512;
const cachedPages = 64;
/** Places of one line that are looked at. */
const mostPlaces = 64;

interface Place {
  readonly file: number;
  readonly line: number;
}

/** What code has done with the files of a corpus, and which lines of them stand in a text. */
export class Provenance implements TextObserver {
  readonly #texts: CorpusText;
  readonly #levels: Uint8Array;
  #changed = false;
  readonly #given = new Map<number, Intervals>();
  #notIndexed: { readonly file: number; readonly from: number; readonly to: number }[] = [];
  /** Where each given line stands. */
  readonly #index = new Map<string, Place[]>();
  #indexed = 0;
  readonly #pages = new Map<string, readonly string[]>();

  constructor(texts: CorpusText) {
    this.#texts = texts;
    this.#levels = new Uint8Array(texts.paths.length);
  }

  /** For each file, its bits of `looks` so far; null where nothing is new since this was asked. */
  takeLevels(): Uint8Array | null {
    if (!this.#changed) return null;
    this.#changed = false;
    return this.#levels.slice();
  }

  listed(file: number): void {
    this.#look(file, looks.listed);
  }

  searched(file: number): void {
    this.#look(file, looks.searched);
  }

  gave(file: number, from: number, to: number): void {
    this.#look(file, looks.read);
    const known = this.#given.get(file) ?? new Intervals();
    this.#given.set(file, known);
    if (to < from || known.covers(from, to)) return;
    known.add(from, to);
    this.#notIndexed.push({ file, from, to });
  }

  /**
   * The lines of files that stand in a text: numbered ones under the name of their file, and raw ones of what code was
   * given, where two follow each other as in the file, or one is like no other.
   */
  rangesIn(text: string): LineRange[] {
    const found = new Map<number, Intervals>();
    const lines = text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
    let file = this.#texts.corpus.manifest.kind === "text" ? 0 : -1;
    let last: Place | null = null;
    for (const [i, line] of lines.entries()) {
      const named = this.#fileNamedBy(line);
      if (named >= 0) file = named;
      const place: Place | null = this.#numbered(file, line) ?? this.#raw(line, lines[i + 1], last);
      if (place) add(found, place);
      last = place;
    }
    return [...found].flatMap(([at, { list }]) => list.map(([from, to]) => ({ path: this.#texts.path(at), from, to })));
  }

  #look(file: number, level: number): void {
    const known = this.#levels[file] ?? 0;
    if ((known & level) !== 0) return;
    this.#levels[file] = known | level;
    this.#changed = true;
  }

  /** The file of a line such as `src/a.ts:10-20` or `src/a.ts`; -1 where it is none. */
  #fileNamedBy(line: string): number {
    if (line.length > 1_000 || line === "") return -1;
    const head = /^(.*):\d+-\d+(?: \(characters .*\))?$/.exec(line)?.[1];
    return head === undefined ? this.#texts.numberOf(line) : this.#texts.numberOf(head);
  }

  /** The place of a line such as `41: text`, `41- text` or, of an empty one, `41:`, if that is what the file says there. */
  #numbered(file: number, line: string): Place | null {
    const match = /^\s*(\d{1,9})[:-](?: (.*))?$/.exec(line);
    if (file < 0 || !match) return null;
    const number = Number(match[1]);
    const there = this.#line(file, number);
    return there !== null && says(match[2] ?? "", there) ? { file, line: number } : null;
  }

  #raw(line: string, next: string | undefined, last: Place | null): Place | null {
    if (last && this.#line(last.file, last.line + 1) === line) return { file: last.file, line: last.line + 1 };
    if (line.trim() === "") return null;
    this.#indexGiven();
    const places = this.#index.get(line) ?? [];
    const followed = next === undefined ? undefined : places.find((at) => this.#line(at.file, at.line + 1) === next);
    if (followed && next?.trim() !== "") return followed;
    const [only] = places;
    return only && places.length === 1 && line.trim().length >= leastTelling ? only : null;
  }

  #indexGiven(): void {
    const ranges = this.#notIndexed;
    this.#notIndexed = [];
    for (const { file, from, to } of ranges) {
      for (let line = from; line <= to && this.#indexed < mostIndexed; line += 1) {
        const text = this.#line(file, line);
        if (text === null || text.trim() === "") continue;
        const places = this.#index.get(text) ?? [];
        this.#index.set(text, places);
        if (places.length < mostPlaces) places.push({ file, line });
        this.#indexed += 1;
      }
    }
  }

  /** A line of a file; null where there is none. Lines are fetched by the page, as they come one after the other. */
  #line(file: number, line: number): string | null {
    const first = this.#texts.firstLine(file);
    if (line < first || line > this.#texts.lastLine(file)) return null;
    const page = Math.floor((line - first) / pageLines);
    const key = `${file}:${page}`;
    const from = first + page * pageLines;
    const known = this.#pages.get(key) ?? this.#texts.lines(file, from, from + pageLines - 1);
    this.#pages.delete(key);
    this.#pages.set(key, known);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > cachedPages && oldest !== undefined) this.#pages.delete(oldest);
    return known[line - from] ?? null;
  }
}

/** True where a shown line is one of a file, whole or cut. */
function says(shown: string, line: string): boolean {
  // Of a cell's last line the end may have been trimmed.
  if (shown.trimEnd() === line.trimEnd()) return true;
  const cut = /^(.*?)…(?: \[[\d,]+ characters\])?$/.exec(shown)?.[1];
  return cut !== undefined && cut.length >= leastTelling && line.includes(cut.replace(/^…/, ""));
}

function add(found: Map<number, Intervals>, { file, line }: Place): void {
  const known = found.get(file) ?? new Intervals();
  found.set(file, known);
  known.add(line, line);
}
