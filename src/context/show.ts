import { formatCount } from "../rlm/format.ts";
import type { CorpusText } from "./corpus-text.ts";
import { GuestError } from "./guest-error.ts";
import { type Fields, isAbsent, isFields, kindOf } from "./guest-values.ts";
import { type FileRange, fileNamed, headOf, linesOf, partsOf, rangeOf } from "./ranges.ts";

const shownLines = 400;
const shownLineChars = 2_000;
/** Lines shown before and after a hit. */
const round = 3;

/**
 * The text that `show` prints: for each range a head `path:from-to`, then its numbered lines.
 * @throws GuestError
 */
export function show(texts: CorpusText, where: unknown, from: unknown, to: unknown): string {
  const ranges = rangesOf(texts, where, from, to);
  if (ranges.length === 0) return "[show: nothing to show]";
  const blocks: string[] = [];
  let left = shownLines;
  for (const range of ranges) {
    if (left === 0) break;
    const shown = { ...range, to: Math.min(range.to, range.from + left - 1) };
    left -= Math.max(0, shown.to - shown.from + 1);
    blocks.push(block(texts, shown));
  }
  const asked = ranges.reduce((sum, range) => sum + range.to - range.from + 1, 0);
  if (asked > shownLines) blocks.push(`[${shownLines} of ${formatCount(asked)} lines; show a smaller range]`);
  return blocks.join("\n\n");
}

function block(texts: CorpusText, range: FileRange): string {
  if (texts.lineCount(range.file) === 0) return `${texts.path(range.file)} is empty.`;
  const lines = linesOf(texts, range).map((line, i) => {
    const cut = line.length > shownLineChars;
    const note = `… [${formatCount(line.length)} characters]`;
    return `${range.from + i}: ${cut ? line.slice(0, shownLineChars) + note : line}`;
  });
  return [headOf(texts, range), ...lines].join("\n");
}

function rangesOf(texts: CorpusText, where: unknown, from: unknown, to: unknown): FileRange[] {
  const isText = texts.corpus.manifest.kind === "text";
  if (isText && (isAbsent(where) || typeof where === "number")) return [rangeOf("show", texts, 0, where, from)];
  if (typeof where === "string") return [named(texts, where, from, to)];
  if (Array.isArray(where)) return merged(where.flatMap((one: unknown) => oneOf(texts, one)));
  return oneOf(texts, where);
}

function oneOf(texts: CorpusText, where: unknown): FileRange[] {
  if (typeof where === "string") return [named(texts, where, null, null)];
  if (isFields(where)) {
    if (Array.isArray(where.parts)) return partsOf("show", where.parts, texts);
    if (typeof where.line === "number") return [aroundHit(texts, where)];
    if (typeof where.path === "string") return partsOf("show", [where], texts);
  }
  throw new GuestError("TypeError", `show: give a path, a hit or an array of hits, not ${kindOf(where)}.`);
}

/** `path`, `path:10` or `path:10-40`. */
function named(texts: CorpusText, where: string, from: unknown, to: unknown): FileRange {
  const place = /^(.*):(\d+)(?:\s*[-–]\s*(\d+))?$/s.exec(where);
  if (!place || texts.numberOf(where) >= 0) return rangeOf("show", texts, fileNamed("show", where, texts), from, to);
  const file = fileNamed("show", place[1], texts);
  return rangeOf("show", texts, file, Number(place[2]), Number(place[3] ?? place[2]));
}

function aroundHit(texts: CorpusText, hit: Fields): FileRange {
  const file = fileNamed("show", hit.path, texts);
  const line = Number(hit.line);
  const endLine = typeof hit.endLine === "number" ? hit.endLine : line;
  const before = Array.isArray(hit.before) ? hit.before.length : round;
  const after = Array.isArray(hit.after) ? hit.after.length : round;
  return rangeOf("show", texts, file, line - before, endLine + after);
}

/** Joins ranges of the same file that touch or overlap, in the order in which they came. */
function merged(ranges: readonly FileRange[]): FileRange[] {
  const result: FileRange[] = [];
  for (const range of ranges) {
    const last = result.at(-1);
    const joins = last && last.file === range.file && !last.chars && !range.chars;
    if (joins && range.from >= last.from && range.from <= last.to + 1) {
      result[result.length - 1] = { ...last, to: Math.max(last.to, range.to) };
    } else result.push(range);
  }
  return result;
}
