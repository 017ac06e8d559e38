import type { CorpusText, TextWindow } from "./corpus-text.ts";
import { type GuestGlob, globOf, selectFiles } from "./guest-glob.ts";
import { isFields, isRegex, optionsOf, trueOrFalse, wholeNumber } from "./guest-values.ts";
import { type Pattern, patternsOf } from "./pattern.ts";
import { runRegex } from "./run-regex.ts";

/** Characters of a line or a captured text that a hit gives back. */
const hitChars = 400;
const captureChars = 10_000;
const defaultLimit = 200;
/** What a window shows of the next one, so that matches over a few lines are found whole. */
const overlapBytes = 64 * 1024;
/** A line of fewer characters fits a window. */
const longLineChars = 1_000_000;

interface Hit {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  readonly endLine: number;
  /** The line or lines of the match, at most 400 characters round it. */
  readonly text: string;
  readonly match: string;
  /** The captures in order; by name where the pattern names them. */
  readonly groups: readonly (string | null)[] | Readonly<Record<string, string | null>>;
  /** Lines before and after, where they were asked for. */
  readonly before?: readonly string[];
  readonly after?: readonly string[];
}

export interface SearchResult {
  readonly hits: readonly Hit[];
  /** All matches, also those beyond the limits. */
  readonly total: number;
  /** Files with a match. */
  readonly files: number;
  readonly truncated: boolean;
  /** What the cell should know about how it was searched. */
  readonly notes: readonly string[];
}

interface SearchOptions {
  readonly glob: GuestGlob;
  readonly ignoreCase: boolean;
  readonly word: boolean;
  readonly before: number;
  readonly after: number;
  readonly limit: number;
  readonly perFile: number;
}

const searchOptions = ["glob", "ignoreCase", "word", "before", "after", "limit", "perFile"];
const countOptions = ["glob", "ignoreCase", "word"];

/** Finds a pattern in the files. @throws GuestError */
export function search(texts: CorpusText, pattern: unknown, given: unknown): SearchResult {
  const options = readOptions("search", given, searchOptions);
  const { tries } = patternsOf("search", pattern, options);
  const files = selectFiles("search", options.glob, texts);
  const notes = files.length === 0 ? ["[search: no file matches the glob]"] : [];
  return runRegex("search", texts.regexTimeoutMs, () => {
    let result: SearchResult = { hits: [], total: 0, files: 0, truncated: false, notes };
    for (const [attempt, { pattern: compiled, note }] of tries.entries()) {
      const found = collectHits(texts, files, compiled, options);
      if (attempt > 0 && found.total === 0) break;
      result = { ...found, notes: note === null ? notes : [...notes, note] };
      if (found.total > 0) break;
    }
    return result;
  });
}

/** Number of matches of a pattern. @throws GuestError */
export function count(texts: CorpusText, pattern: unknown, given: unknown): number {
  const options = readOptions("count", given, countOptions);
  const { tries } = patternsOf("count", pattern, options);
  const files = selectFiles("count", options.glob, texts);
  if (tries[0]?.pattern.regex.source === "\\n") return files.reduce((sum, file) => sum + texts.newlineCount(file), 0);
  return runRegex("count", texts.regexTimeoutMs, () => {
    for (const { pattern: compiled } of tries) {
      let total = 0;
      for (const file of files) {
        scan(texts, file, compiled, () => {
          total += 1;
        });
      }
      if (total > 0) return total;
    }
    return 0;
  });
}

/** Where a match lies: in which window of its file, at which character of it. */
export interface Place {
  readonly text: string;
  readonly windowByte: number;
}

/** A window as a pattern sees it. */
interface View extends Place {
  /** The text as it is in the file, with its carriage returns. */
  readonly raw: string;
  /** Matches that begin at or after this character belong to the next window. */
  readonly startsBefore: number;
}

/** Calls back for every match in a file, in order, until `false` is returned. It runs no time-out of its own. */
export function scan(
  texts: CorpusText,
  file: number,
  pattern: Pattern,
  found: (match: RegExpExecArray, place: Place) => boolean | undefined,
): void {
  const { regex, prefix, needle, crossesLines } = pattern;
  texts.observer?.searched(file);
  // In a large file the prefix is looked for window by window.
  const worthwhile = needle !== null && (prefix === null || texts.byteCount(file) < overlapBytes * 16);
  if (worthwhile && !texts.bytes(file).includes(needle)) return;
  // Windows end at line ends, unless a line is longer than they are.
  const whole = pattern.whole || texts.corpus.longestLine > longLineChars;
  const hidesReturns = pattern.hidesReturns && texts.hasCarriageReturn(file);
  let resumeByte = 0;
  for (const window of texts.windows(file, whole, crossesLines ? overlapBytes : 0, prefix)) {
    let view = viewOf(window, hidesReturns);
    regex.lastIndex = resumeByte > window.byte ? charsBetween(texts, file, window.byte, resumeByte, hidesReturns) : 0;
    for (let match = nextMatch(regex, view); match !== null; match = nextMatch(regex, view)) {
      const end = match.index + match[0].length;
      // A window that ends at a line's end has an empty last line, which is the first of the next window.
      if (match[0] === "" && end === view.text.length && emptyEnd(texts, file, view.text)) break;
      const larger = end === view.text.length ? enlarged(texts, file, view, hidesReturns) : null;
      if (larger) {
        view = larger;
        regex.lastIndex = match.index;
        continue;
      }
      if (found(match, view) === false) return;
      if (match[0] === "") regex.lastIndex = nextCharacter(regex, view.text, end);
      else if (end > view.startsBefore) resumeByte = window.byte + bytesOf(view, end);
    }
  }
}

function nextMatch(regex: RegExp, { text, startsBefore }: View): RegExpExecArray | null {
  if (regex.lastIndex >= startsBefore) return null;
  const match = regex.exec(text);
  return match && match.index < startsBefore ? match : null;
}

function viewOf({ text: raw, byte, startsBefore }: TextWindow, hidesReturns: boolean): View {
  if (!hidesReturns) return { raw, text: raw, windowByte: byte, startsBefore };
  const limit = Number.isFinite(startsBefore) ? withoutReturns(raw.slice(0, startsBefore)).length : startsBefore;
  return { raw, text: withoutReturns(raw), windowByte: byte, startsBefore: limit };
}

/** The window with twice as much text, for a match that may go on beyond its end; null where the file ends with it. */
function enlarged(texts: CorpusText, file: number, view: View, hidesReturns: boolean): View | null {
  if (!Number.isFinite(view.startsBefore)) return null;
  const bytes = Buffer.byteLength(view.raw);
  const from = view.windowByte;
  if (from + bytes >= texts.byteCount(file)) return null;
  const raw = texts.decode(file, from, texts.lineEnd(file, from + 2 * bytes));
  return { ...view, raw, text: hidesReturns ? withoutReturns(raw) : raw };
}

/** Characters, as the pattern sees them, between two byte positions. */
function charsBetween(texts: CorpusText, file: number, from: number, to: number, hidesReturns: boolean): number {
  const raw = texts.decode(file, from, to);
  return (hidesReturns ? withoutReturns(raw) : raw).length;
}

/** Bytes in the file of the first characters of a view. */
function bytesOf({ raw, text }: View, chars: number): number {
  if (raw === text) return Buffer.byteLength(raw.slice(0, chars));
  let returns = 0;
  for (let at = raw.indexOf("\r\n"); at >= 0 && at - returns < chars; at = raw.indexOf("\r\n", at + 2)) returns += 1;
  return Buffer.byteLength(raw.slice(0, chars + returns));
}

function withoutReturns(text: string): string {
  return text.replaceAll("\r\n", "\n");
}

/** Where to look on after an empty match: never inside of a surrogate pair that the pattern takes as one character. */
function nextCharacter({ unicode, unicodeSets }: RegExp, text: string, at: number): number {
  const isPair = (unicode || unicodeSets) && (text.codePointAt(at) ?? 0) > 0xffff;
  return at + (isPair ? 2 : 1);
}

function emptyEnd(texts: CorpusText, file: number, text: string): boolean {
  return text.endsWith("\n") && texts.lineCount(file) > 0;
}

function readOptions(call: string, given: unknown, known: readonly string[]): SearchOptions {
  const short = typeof given === "string" || Array.isArray(given) || isRegex(given);
  const options = optionsOf(call, short ? { glob: given } : given, known);
  const number = (name: string, fallback: number, least: number, most?: number) =>
    wholeNumber(`${call}: ${name}`, isFields(options) ? options[name] : undefined, fallback, least, most);
  return {
    glob: globOf(call, options.glob),
    ignoreCase: trueOrFalse(`${call}: ignoreCase`, options.ignoreCase),
    word: trueOrFalse(`${call}: word`, options.word),
    before: number("before", 0, 0, 100),
    after: number("after", 0, 0, 100),
    limit: number("limit", defaultLimit, 1),
    perFile: number("perFile", Number.MAX_SAFE_INTEGER, 1),
  };
}

function collectHits(
  texts: CorpusText,
  files: readonly number[],
  pattern: Pattern,
  options: SearchOptions,
): Omit<SearchResult, "notes"> {
  const hits: Hit[] = [];
  let total = 0;
  let filesHit = 0;
  for (const file of files) {
    let inFile = 0;
    let lines: LineCounter | null = null;
    scan(texts, file, pattern, (match, place) => {
      inFile += 1;
      if (hits.length >= options.limit || inFile > options.perFile) return;
      if (lines?.place !== place) lines = new LineCounter(texts, file, place);
      hits.push(hitOf(texts, file, match, place, lines, options));
    });
    total += inFile;
    if (inFile > 0) filesHit += 1;
  }
  return { hits, total, files: filesHit, truncated: hits.length < total };
}

/** Tells lines of ascending positions in a window, and where they begin and end. */
class LineCounter {
  readonly place: Place;
  #line: number;
  #next = 0;
  #from = 0;
  #to = -1;

  constructor(texts: CorpusText, file: number, place: Place) {
    this.place = place;
    this.#line = texts.lineOfByte(file, place.windowByte);
  }

  lineAt(char: number): number {
    const { text } = this.place;
    for (let at = text.indexOf("\n", this.#next); at >= 0 && at < char; at = text.indexOf("\n", this.#next)) {
      this.#line += 1;
      this.#next = at + 1;
    }
    return this.#line;
  }

  /** From the start of the line of one position to the end of the line of another. */
  bounds(start: number, end: number): readonly [number, number] {
    const { text } = this.place;
    // Many matches may lie on one very long line.
    if (start >= this.#to || this.#to < 0) {
      this.#from = start === 0 ? 0 : text.lastIndexOf("\n", start - 1) + 1;
      this.#to = lineEnd(text, start);
    }
    return [this.#from, end <= this.#to ? this.#to : lineEnd(text, end)];
  }
}

function lineEnd(text: string, at: number): number {
  const newline = text.indexOf("\n", at);
  return newline < 0 ? text.length : newline;
}

function hitOf(
  texts: CorpusText,
  file: number,
  match: RegExpExecArray,
  { text }: Place,
  lines: LineCounter,
  { before, after }: SearchOptions,
): Hit {
  const start = match.index;
  const end = start + match[0].length;
  const line = lines.lineAt(start);
  // A match that ends with a line feed ends on its own line.
  const lastChar = end > start && text[end - 1] === "\n" ? end - 1 : end;
  const endLine = line + newlinesIn(text, start, lastChar);
  const [from, to] = lines.bounds(start, lastChar);
  const hit = {
    path: texts.path(file),
    line,
    endLine,
    text: cutRound(text, from, to, start),
    match: match[0].slice(0, captureChars),
    groups: groupsOf(match),
  };
  return {
    ...hit,
    ...(before > 0
      ? { before: shortLines(texts, file, Math.max(texts.firstLine(file), line - before), line - 1) }
      : {}),
    ...(after > 0 ? { after: shortLines(texts, file, endLine + 1, endLine + after) } : {}),
  };
}

function groupsOf(match: RegExpExecArray): Hit["groups"] {
  const cut = (value: string | undefined) => value?.slice(0, captureChars) ?? null;
  if (!match.groups) return match.slice(1).map(cut);
  return Object.fromEntries(Object.entries(match.groups).map(([name, value]) => [name, cut(value)]));
}

/** Lines cut to the width of a hit. */
function shortLines(texts: CorpusText, file: number, from: number, to: number): string[] {
  return texts.lines(file, from, to).map((line) => (line.length > hitChars ? `${line.slice(0, hitChars - 1)}…` : line));
}

/** The text from one position to another, at most 400 characters of it round a third. */
function cutRound(text: string, from: number, to: number, round: number): string {
  const end = text[to - 1] === "\r" && to > from ? to - 1 : to;
  if (end - from <= hitChars) return text.slice(from, end).replaceAll("\r\n", "\n");
  const start = Math.max(from, Math.min(round - hitChars / 4, end - hitChars + 1));
  const head = start > from ? "…" : "";
  const room = hitChars - head.length;
  const tail = start + room < end ? "…" : "";
  const piece = text.slice(start, start + room - tail.length);
  // A cut may fall into a surrogate pair.
  return head + piece.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "") + tail;
}

function newlinesIn(text: string, from: number, to: number): number {
  let found = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) found += 1;
  return found;
}
