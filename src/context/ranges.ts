import { formatCount } from "../rlm/format.ts";
import type { CorpusText } from "./corpus-text.ts";
import { GuestError } from "./guest-error.ts";
import { isAbsent, isFields, kindOf, wholeNumber } from "./guest-values.ts";
import { shownPath } from "./shown-path.ts";
import { noFile } from "./suggest.ts";

/** Lines of a file, 1-based and inclusive. `chars` narrows a single line that is too long to be given whole. */
export interface Part {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly chars?: readonly [number, number];
}

export interface FileRange {
  readonly file: number;
  readonly from: number;
  readonly to: number;
  readonly chars?: readonly [number, number];
}

/** The number of a file that a guest names. @throws GuestError */
export function fileNamed(call: string, path: unknown, texts: CorpusText): number {
  if (typeof path !== "string")
    throw new GuestError("TypeError", `${call}: the path must be a string, not ${kindOf(path)}.`);
  const file = texts.numberOf(path);
  if (file >= 0) return file;
  const plain = texts.numberOf(path.replace(/^(?:\.?\/)+/, ""));
  if (plain >= 0) return plain;
  const escaped = texts.numberOf(shownPath(path));
  if (escaped >= 0) return escaped;
  const leftOut = texts.corpus.leftOut.find((entry) => entry.path === path && entry.reason !== "secret");
  if (leftOut) throw new GuestError("Error", `"${path}" was left out of the context: ${leftOut.reason}.`);
  throw noFile(path, texts.paths);
}

/** The lines that a guest asks for, from the first and to the last where it says nothing. @throws GuestError */
export function rangeOf(call: string, texts: CorpusText, file: number, from: unknown, to: unknown): FileRange {
  const [begin, last] = [texts.firstLine(file), texts.lastLine(file)];
  const first = Math.max(begin, wholeNumber(`${call}: from`, from, begin, Number.MIN_SAFE_INTEGER));
  const end = Math.min(last, wholeNumber(`${call}: to`, to, last, Number.MIN_SAFE_INTEGER));
  if (first > last && last > 0) {
    const lines = begin > 1 ? `lines ${begin}-${last}` : `${formatCount(last)} line${last === 1 ? "" : "s"}`;
    throw new GuestError("RangeError", `${call}: "${texts.path(file)}" has ${lines}; there is no line ${first}.`);
  }
  if (end < begin && last > 0) {
    throw new GuestError("RangeError", `${call}: "${texts.path(file)}" begins with line ${begin} here.`);
  }
  if (first > end && last > 0) throw new GuestError("RangeError", `${call}: from (${first}) is after to (${end}).`);
  return { file, from: first, to: end };
}

/** Reads the parts of a chunk, as a guest hands them back. @throws GuestError */
export function partsOf(call: string, value: unknown, texts: CorpusText): FileRange[] {
  if (!Array.isArray(value))
    throw new GuestError("TypeError", `${call}: parts must be an array, not ${kindOf(value)}.`);
  return value.map((part: unknown) => {
    if (!isFields(part))
      throw new GuestError("TypeError", `${call}: a part must be {path, from, to}, not ${kindOf(part)}.`);
    const file = fileNamed(call, part.path, texts);
    const range = rangeOf(call, texts, file, part.from, part.to);
    const { chars } = part;
    if (isAbsent(chars)) return range;
    const [start, end]: unknown[] = Array.isArray(chars) ? chars : [];
    if (typeof start !== "number" || typeof end !== "number") {
      throw new GuestError("TypeError", `${call}: chars must be [from, to].`);
    }
    return { ...range, chars: [start, end] as const };
  });
}

/** The lines of a range as they are, or the piece of its line. */
export function linesOf(texts: CorpusText, { file, from, to, chars }: FileRange): string[] {
  const lines = texts.lines(file, from, to);
  texts.observer?.gave(file, from, to);
  return chars === undefined ? lines : lines.map((line) => line.slice(chars[0], chars[1]));
}

/** `path:from-to`, as citations are written. */
export function headOf(texts: CorpusText, { file, from, to, chars }: FileRange): string {
  const piece = chars === undefined ? "" : ` (characters ${chars[0] + 1}-${chars[1]} of the line)`;
  return `${texts.path(file)}:${from}-${to}${piece}`;
}

/** Numbered lines under a head. */
export function numberedBlock(texts: CorpusText, range: FileRange): string {
  const lines = linesOf(texts, range).map((line, i) => `${range.from + i}: ${line}`);
  return [headOf(texts, range), ...lines].join("\n");
}
