import { builtFiles } from "./built-files.ts";
import { type Chunk, chunkOf } from "./chunks.ts";
import type { CorpusText, TextWindow } from "./corpus-text.ts";
import { type FileRole, roleOf } from "./file-role.ts";
import { GuestError } from "./guest-error.ts";
import { globOf, selectFiles } from "./guest-glob.ts";
import { isRegex, kindOf, optionsOf, wholeNumber } from "./guest-values.ts";
import { type Term, termsOf } from "./question-terms.ts";
import { type FileRange, numberedBlock } from "./ranges.ts";

const defaultLimit = 8;
const passageChars = 2_000;
/** Passages begin this many characters apart, so that they overlap a little. */
const passageStep = 1_600;
/** The best passages of the first ranking, which are looked at closely for the second. */
const refined = 60;

/** A file of at most so many bytes is decoded as a whole. */
const decodedBytes = 1_000_000;

const saturation = 1.2;
const roleWeight: Readonly<Record<FileRole, number>> = {
  source: 1,
  docs: 0.95,
  config: 0.9,
  declarations: 0.8,
  test: 0.75,
  data: 0.7,
  changelog: 0.55,
  lock: 0.3,
};

/** What a passage holds of the question: passage `index` of a file, and how often each term occurs. */
interface Passage {
  readonly file: number;
  readonly index: number;
  readonly counts: Uint16Array;
}

interface Ranked {
  readonly passage: Passage;
  readonly score: number;
}

/**
 * The passages that fit a question best, ranked by its words (BM25 over passages of about 2,000 characters). Of a source
 * and what was built of it only the source is looked at.
 * @throws GuestError
 */
export function find(texts: CorpusText, question: unknown, given: unknown): Chunk[] {
  if (typeof question !== "string") {
    throw new GuestError("TypeError", `find: the question must be a string, not ${kindOf(question)}.`);
  }
  const short = typeof given === "number" ? { limit: given } : given;
  const glob = typeof short === "string" || Array.isArray(short) || isRegex(short) ? { glob: short } : short;
  const options = optionsOf("find", glob, ["limit", "glob"]);
  const limit = wholeNumber("find: limit", options.limit, defaultLimit, 1, 200);
  const files = withoutBuilt(texts, selectFiles("find", globOf("find", options.glob), texts));
  const terms = termsOf(question);
  if (terms.length === 0) throw new GuestError("TypeError", "find: the question has no words to look for.");
  return new Ranking(texts, files, terms, question).best(limit);
}

function withoutBuilt(texts: CorpusText, files: readonly number[]): readonly number[] {
  const built = builtFiles(files.map((file) => texts.path(file)));
  return built.size === 0 ? files : files.filter((file) => !built.has(texts.path(file)));
}

class Ranking {
  readonly #texts: CorpusText;
  readonly #files: readonly number[];
  readonly #terms: readonly Term[];
  readonly #regex: RegExp;
  readonly #asked: ReadonlySet<FileRole>;
  readonly #passages: Passage[] = [];

  constructor(texts: CorpusText, files: readonly number[], terms: readonly Term[], question: string) {
    this.#texts = texts;
    this.#files = files;
    // The longest first: an exact name also counts for the words in it, which are looked for inside it.
    this.#terms = terms.toSorted((a, b) => b.stem.length - a.stem.length);
    this.#regex = new RegExp(this.#terms.map((term) => `(${term.source})`).join("|"), "gi");
    this.#asked = rolesAsked(question);
  }

  best(limit: number): Chunk[] {
    for (const file of this.#files) this.#countFile(file);
    const weights = this.#weights();
    const ranked = this.#passages
      .map((passage) => ({ passage, score: this.#score(passage, weights) }))
      .sort((a, b) => b.score - a.score || a.passage.file - b.passage.file || a.passage.index - b.passage.index)
      .slice(0, Math.max(refined, limit * 3));
    const closer = ranked
      .map((one) => ({ ...one, score: one.score * this.#closeness(one.passage) }))
      .sort((a, b) => b.score - a.score);
    return this.#chunks(closer, limit);
  }

  #countFile(file: number): void {
    const counts = new Map<number, Uint16Array>();
    const step = Math.max(1, this.#terms.length);
    let before = 0;
    this.#texts.observer?.searched(file);
    for (const window of this.#texts.windows(file, false, 0)) {
      this.#countWindow(window, before, counts, step);
      before += window.text.length;
    }
    if (counts.size === 0 && this.#pathCounts(file).some((n) => n > 0)) counts.set(0, new Uint16Array(step));
    for (const [index, own] of counts) this.#passages.push({ file, index, counts: own });
  }

  #countWindow({ text }: TextWindow, before: number, counts: Map<number, Uint16Array>, step: number): void {
    const regex = this.#regex;
    regex.lastIndex = 0;
    for (let match = regex.exec(text); match !== null; match = regex.exec(text)) {
      const at = before + match.index;
      const term = this.#termOf(match);
      if (!fits(text, match.index, match[0].length, this.#terms[term])) {
        regex.lastIndex = match.index + 1;
        continue;
      }
      const last = Math.floor(at / passageStep);
      addOne(counts, last, term, step);
      if (last > 0 && at < (last - 1) * passageStep + passageChars) addOne(counts, last - 1, term, step);
      // Words inside an exact name count too.
      if (this.#terms[term]?.exact) regex.lastIndex = match.index + 1;
    }
  }

  #termOf(match: RegExpExecArray): number {
    for (let i = 1; i < match.length; i += 1) if (match[i] !== undefined) return i - 1;
    return 0;
  }

  /** What a term is worth: the rarer the passages that hold it, the more. */
  #weights(): number[] {
    const total = this.#files.reduce((sum, file) => sum + 1 + Math.floor(this.#texts.charCount(file) / passageStep), 0);
    return this.#terms.map((term, i) => {
      const holders = this.#passages.reduce((sum, { counts }) => sum + ((counts[i] ?? 0) > 0 ? 1 : 0), 0);
      return Math.log(1 + (total - holders + 0.5) / (holders + 0.5)) * (term.exact ? 1.5 : 1);
    });
  }

  #score({ file, counts }: Passage, weights: readonly number[]): number {
    const inPath = this.#pathCounts(file);
    let [score, found, all] = [0, 0, 0];
    weights.forEach((weight, i) => {
      const count = (counts[i] ?? 0) + ((inPath[i] ?? 0) > 0 ? 0.7 : 0);
      score += (weight * count * (saturation + 1)) / (count + saturation);
      all += weight;
      if (count > 0) found += weight;
    });
    // A passage with all of the words beats one that repeats a single word.
    const coverage = all === 0 ? 0 : found / all;
    const role = roleOf(this.#texts.path(file));
    return score * (0.4 + 0.6 * coverage) * (this.#asked.has(role) ? 1 : roleWeight[role]);
  }

  readonly #inPaths = new Map<number, readonly number[]>();
  #pathCounts(file: number): readonly number[] {
    const known = this.#inPaths.get(file);
    if (known) return known;
    const path = this.#texts.corpus.manifest.kind === "text" ? "" : this.#texts.path(file);
    const counts = this.#terms.map((term) => {
      const match = new RegExp(term.source, "i").exec(path);
      return match && fits(path, match.index, match[0].length, term) ? 1 : 0;
    });
    this.#inPaths.set(file, counts);
    return counts;
  }

  /** More for words that stand close together, and for the place where something is defined. */
  #closeness(passage: Passage): number {
    const text = this.#passageText(passage);
    let [best, defined] = [0, false];
    for (const line of text.split("\n")) {
      const there = new Set<number>();
      for (const match of line.matchAll(this.#regex)) {
        const term = this.#termOf(match);
        if (fits(line, match.index, match[0].length, this.#terms[term])) there.add(term);
      }
      best = Math.max(best, there.size);
      if (there.size > 0 && definition.test(line)) defined = true;
    }
    return 1 + (0.5 * best) / this.#terms.length + (defined ? 0.15 : 0);
  }

  #bounds({ file, index }: Passage): { from: number; to: number } {
    const start = index * passageStep;
    return { from: this.#byteOfChar(file, start), to: this.#byteOfChar(file, start + passageChars) };
  }

  /** Counting in a decoded text is many times faster than walking over its bytes; half a pair ends inside of its line. */
  #byteOfChar(file: number, char: number): number {
    const texts = this.#texts;
    if (texts.isAscii(file) || texts.byteCount(file) > decodedBytes) return texts.byteOfChar(file, char);
    return Buffer.byteLength(texts.text(file).slice(0, char));
  }

  #passageText(passage: Passage): string {
    const { file, index } = passage;
    if (this.#texts.byteCount(file) <= decodedBytes) {
      return this.#texts.text(file).slice(index * passageStep, index * passageStep + passageChars);
    }
    const { from, to } = this.#bounds(passage);
    return this.#texts.decode(file, from, to);
  }

  /** The best passages as chunks: none of the same lines twice, and no file takes all the places. */
  #chunks(ranked: readonly Ranked[], limit: number): Chunk[] {
    const taken: FileRange[] = [];
    const perFile = this.#files.length === 1 ? limit : Math.max(2, Math.ceil(limit / 3));
    for (const { passage, score } of ranked) {
      if (taken.length === limit) break;
      const range = this.#range(passage);
      const same = taken.filter((other) => other.file === range.file);
      if (score <= 0 || same.length >= perFile || same.some((other) => overlaps(other, range))) continue;
      taken.push(range);
    }
    return taken.map((range) => {
      return chunkOf(this.#texts, [range], true, numberedBlock(this.#texts, range).length);
    });
  }

  /** The whole lines of a passage; of a very long line, the piece that the passage covers. */
  #range(passage: Passage): FileRange {
    const texts = this.#texts;
    const { file } = passage;
    const { from, to } = this.#bounds(passage);
    const first = texts.lineOfByte(file, from);
    const last = Math.max(first, Math.min(texts.lastLine(file), texts.lineOfByte(file, Math.max(from, to - 1))));
    const lineStart = texts.byteOfLine(file, first);
    const lineEnd = texts.byteOfLine(file, last + 1);
    if (lineEnd - lineStart <= 4 * passageChars) return { file, from: first, to: last };
    if (first < last && texts.byteOfLine(file, first + 1) - lineStart > passageChars) {
      return { file, from: first + 1, to: Math.max(first + 1, last - 1) };
    }
    const charsBefore = texts.charOfByte(file, lineStart);
    const start = Math.max(0, passage.index * passageStep - charsBefore);
    return { file, from: first, to: first, chars: [start, start + passageChars] };
  }
}

const definition =
  /^\s*(?:(?:export|default|public|private|protected|static|abstract|async|pub|final|override)\s+)*(?:class|interface|type|enum|struct|trait|impl|function|def|fn|func|const|let|var|module|namespace|#+)\s/;

/** True where a found stem is a word of the question: it begins a word, and only an ending follows. */
function fits(text: string, start: number, length: number, term: Term | undefined): boolean {
  if (!term || term.exact) return true;
  const before = text.charCodeAt(start - 1);
  if (isLetter(before) && !(isLower(before) && isUpper(text.charCodeAt(start)))) {
    const capitalRun = isUpper(before) && isUpper(text.charCodeAt(start)) && isLower(text.charCodeAt(start + 1));
    if (!capitalRun) return false;
  }
  const shouting = isUpper(text.charCodeAt(start + length - 1));
  let end = start + length;
  while (end < text.length && end < start + length + 8 && follows(text.charCodeAt(end), shouting)) end += 1;
  const rest = text.slice(start + length, end);
  return term.stem.length >= 5 ? rest.length <= 6 : /^(?:e?[sdr]|e?rs|e|ings?)?$/i.test(rest);
}

function follows(code: number, shouting: boolean): boolean {
  return isLower(code) || (shouting && isUpper(code));
}

function isLetter(code: number): boolean {
  return isLower(code) || isUpper(code);
}

function isLower(code: number): boolean {
  return code >= 97 && code <= 122;
}

function isUpper(code: number): boolean {
  return code >= 65 && code <= 90;
}

function addOne(counts: Map<number, Uint16Array>, index: number, term: number, terms: number): void {
  let own = counts.get(index);
  if (own === undefined) {
    own = new Uint16Array(terms);
    counts.set(index, own);
  }
  if ((own[term] ?? 0) < 65_535) own[term] = (own[term] ?? 0) + 1;
}

function overlaps(a: FileRange, b: FileRange): boolean {
  const shared = Math.min(a.to, b.to) - Math.max(a.from, b.from) + 1;
  if (a.chars && b.chars && a.from === b.from) return a.chars[0] < b.chars[1] && b.chars[0] < a.chars[1];
  return shared * 2 > Math.min(a.to - a.from, b.to - b.from) + 1;
}

/** Kinds of files that the question itself speaks of. */
function rolesAsked(question: string): ReadonlySet<FileRole> {
  const asked = new Set<FileRole>();
  if (/\btests?\b|\btested\b|\bspecs?\b/i.test(question)) asked.add("test");
  if (/\bchange\s?logs?\b|\breleased?s?\b|\bversions?\b|\bchanged\b/i.test(question)) asked.add("changelog");
  if (/\block\s?files?\b|\blocked\b/i.test(question)) asked.add("lock");
  return asked;
}
