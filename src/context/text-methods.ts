/** What a string can do, for a text that is too long to be a string of the guest. */
import { formatCount } from "../rlm/format.ts";
import type { CorpusText } from "./corpus-text.ts";
import { GuestError } from "./guest-error.ts";
import { isAbsent, kindOf, wholeNumber } from "./guest-values.ts";
import { stringPattern } from "./pattern.ts";
import { runRegex } from "./run-regex.ts";
import { scan } from "./search.ts";

const mostMatches = 100_000;

export interface TextMatch {
  readonly match: string;
  readonly captures: readonly (string | null)[];
  /** Position in the whole text, in UTF-16 code units. */
  readonly index: number;
  readonly groups: Readonly<Record<string, string | null>> | null;
}

/** As `String.prototype.slice`. @throws GuestError */
export function textSlice(texts: CorpusText, from: unknown, to: unknown): string {
  const length = texts.charCount(0);
  const place = (name: string, value: unknown, fallback: number) => {
    const at = wholeNumber(`slice: ${name}`, value, fallback, Number.MIN_SAFE_INTEGER);
    return at < 0 ? Math.max(0, length + at) : Math.min(at, length);
  };
  const [start, end] = [place("from", from, 0), place("to", to, length)];
  if (start >= end) return "";
  const byte = texts.byteOfChar(0, start);
  const text = texts.decode(0, byte, nextCharacter(texts, texts.byteOfChar(0, end), end));
  // Positions inside a surrogate pair: the decoded text begins or ends with the whole pair.
  const skipped = start - texts.charOfByte(0, byte);
  return text.slice(skipped, skipped + end - start);
}

/** As `String.prototype.indexOf`. @throws GuestError */
export function textIndexOf(texts: CorpusText, needle: unknown, from: unknown): number {
  if (typeof needle !== "string") {
    throw new GuestError("TypeError", `indexOf: the text to find must be a string, not ${kindOf(needle)}.`);
  }
  const start = Math.max(0, wholeNumber("indexOf: from", from, 0, Number.MIN_SAFE_INTEGER));
  if (needle === "") return Math.min(start, texts.charCount(0));
  const found = texts.bytes(0).indexOf(needle, texts.byteOfChar(0, start), "utf8");
  return found < 0 ? -1 : texts.charOfByte(0, found);
}

/**
 * The matches of a pattern, as `matchAll` gives them.
 * @throws GuestError where there are more than 100,000
 */
export function textMatchAll(texts: CorpusText, pattern: unknown, limit: unknown): TextMatch[] {
  const compiled = stringPattern("match", pattern);
  const most = isAbsent(limit) ? Number.POSITIVE_INFINITY : wholeNumber("match: limit", limit, 1, 1);
  return runRegex("match", texts.regexTimeoutMs, () => {
    const found: TextMatch[] = [];
    let window = { byte: 0, char: 0 };
    scan(texts, 0, compiled, (match, { windowByte }) => {
      if (found.length === mostMatches) throw tooMany();
      if (windowByte !== window.byte) window = { byte: windowByte, char: texts.charOfByte(0, windowByte) };
      found.push(matchOf(match, window.char));
      return found.length < most;
    });
    return found;
  });
}

function matchOf(match: RegExpExecArray, before: number): TextMatch {
  const orNull = (value: string | undefined) => value ?? null;
  const named = Object.entries(match.groups ?? {}).map(([name, value]) => [name, orNull(value)] as const);
  return {
    match: match[0],
    captures: match.slice(1).map(orNull),
    index: before + match.index,
    groups: match.groups ? Object.fromEntries(named) : null,
  };
}

function tooMany(): GuestError {
  return new GuestError("RangeError", `match: more than ${formatCount(mostMatches)} matches; use count() or search().`);
}

/** The end of the character that a position lies inside of. */
function nextCharacter(texts: CorpusText, byte: number, char: number): number {
  return texts.charOfByte(0, byte) === char ? byte : byte + 4;
}
