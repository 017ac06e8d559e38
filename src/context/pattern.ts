import { GuestError } from "./guest-error.ts";
import { isRegex, kindOf } from "./guest-values.ts";

/** A pattern of the guest, ready to run: always with the flags `g` and `m`, since it is matched line by line. */
export interface Pattern {
  readonly regex: RegExp;
  /** A match may span so much text that a file must be looked at as a whole. */
  readonly whole: boolean;
  /** A match may reach over the end of a line. */
  readonly crossesLines: boolean;
  /** Lines that end in CRLF must look as if they ended in a line feed, or there would be a line between the two. */
  readonly hidesReturns: boolean;
  /** Bytes that every match begins with; null where none are known. Looking for them first is much faster. */
  readonly prefix: Buffer | null;
  /** Bytes that every match holds and that are found fast; null where none are known. */
  readonly needle: Buffer | null;
}

export interface PatternOptions {
  readonly ignoreCase: boolean;
  readonly word: boolean;
}

/** What to try, in order: the next only where the one before finds nothing. */
export interface Attempts {
  readonly tries: readonly { readonly pattern: Pattern; readonly note: string | null }[];
}

/**
 * Reads a pattern. A string is a regular expression; it is taken literally where it is invalid, or finds nothing.
 * @throws GuestError
 */
export function patternsOf(call: string, value: unknown, options: PatternOptions): Attempts {
  if (isRegex(value)) return { tries: [{ pattern: compiled(call, value.source, value.flags, options), note: null }] };
  if (typeof value !== "string") {
    throw new GuestError("TypeError", `${call}: the pattern must be a string or a RegExp, not ${kindOf(value)}.`);
  }
  if (value === "") throw new GuestError("TypeError", `${call}: the pattern is empty.`);
  const literal = { pattern: compiled(call, escaped(value), "", options) };
  const shown = value.length > 100 ? `${value.slice(0, 100)}…` : value;
  try {
    const { source, flags } = pythonic(value);
    const pattern = compile(source, flags, options);
    if (escaped(value) === value) return { tries: [{ pattern, note: null }] };
    const note = `[${call}: no match for "${shown}" as a regular expression; searched literally]`;
    return {
      tries: [
        { pattern, note: null },
        { ...literal, note },
      ],
    };
  } catch {
    return {
      tries: [{ ...literal, note: `[${call}: "${shown}" is not a valid regular expression; searched literally]` }],
    };
  }
}

/** A pattern as `match` of a string takes it: its own flags only. */
export function stringPattern(call: string, value: unknown): Pattern {
  const { source, flags } = isRegex(value) ? value : { source: value, flags: "" };
  if (typeof source !== "string") {
    throw new GuestError("TypeError", `${call}: the pattern must be a string or a RegExp, not ${kindOf(value)}.`);
  }
  try {
    const regex = new RegExp(source, `g${flags.replace(/[gy]/g, "")}`);
    const reach = reachOf(regex);
    // Without the flag m, ^ and $ mean the whole text.
    const anchored = !regex.multiline && /(?<!\\|\[)[$^]/.test(source);
    const crossesLines = reach !== "line";
    const whole = reach === "text" || anchored;
    const prefix = prefixOf(regex);
    return { regex, whole, crossesLines, hidesReturns: false, prefix, needle: needleOf(regex, prefix) };
  } catch (error) {
    throw new GuestError("Error", `${call}: ${error instanceof Error ? error.message : "invalid pattern"}.`);
  }
}

function compiled(call: string, source: string, flags: string, options: PatternOptions): Pattern {
  try {
    return compile(source, flags, options);
  } catch (error) {
    throw new GuestError("Error", `${call}: ${error instanceof Error ? error.message : "invalid pattern"}.`);
  }
}

function compile(source: string, flags: string, { ignoreCase, word }: PatternOptions): Pattern {
  const kept = new Set(flags.replace(/[gymd]/g, ""));
  if (ignoreCase) kept.add("i");
  const regex = new RegExp(word ? `(?<!\\w)(?:${source})(?!\\w)` : source, `gm${[...kept].join("")}`);
  const plain = new RegExp(source, regex.flags);
  const reach = reachOf(plain);
  const crossesLines = reach !== "line";
  const hidesReturns = !namesReturn(source) && (crossesLines || /[\^$]|\\B/.test(source) || plain.test(""));
  const whole = reach === "text";
  const prefix = prefixOf(plain);
  return { regex, whole, crossesLines, hidesReturns, prefix, needle: needleOf(plain, prefix) };
}

/** `(?i)` and its like at the start, `(?P<name>…)`, `(?P=name)`, `\A` and `\Z`, as Python writes them. */
function pythonic(text: string): { source: string; flags: string } {
  const inline = /^\(\?([ims]+)\)/.exec(text);
  const source = text.slice(inline?.[0].length ?? 0).replace(/\\[\s\S]|\(\?P<|\(\?P=(\w+)\)/g, (part, name) => {
    if (part === "(?P<") return "(?<";
    if (part.startsWith("(?P=")) return `\\k<${name}>`;
    return pythonAnchors[part] ?? part;
  });
  return { source, flags: [...new Set(inline?.[1] ?? "")].join("") };
}

const pythonAnchors: Readonly<Record<string, string>> = { "\\A": "^", "\\Z": "$", "\\z": "$" };

function namesReturn(source: string): boolean {
  return /\\r|\\x0d|\\u\{?0*d\b|\\cM|\r/i.test(source);
}

/** How far a match may reach: within a line, over a few lines, or over the whole text. */
function reachOf({ source, dotAll }: RegExp): "line" | "lines" | "text" {
  const anything = /\[\\s\\S\]|\[\\S\\s\]|\[\\d\\D\]|\[\\D\\d\]|\[\\w\\W\]|\[\\W\\w\]|\[\^\]/;
  if ((dotAll && /(?<!\\)\./.test(source)) || anything.test(source)) return "text";
  const overLines = /\\[nrsDWpPxucvftb0]|\[\^|\n/.test(source.replaceAll("\\b", ""));
  if (!overLines) return "line";
  return source.includes("(?<=") || source.includes("(?<!") ? "text" : "lines";
}

/** The literal text that a pattern begins with, unless it is too short to be rare. */
function prefixOf({ source, ignoreCase }: RegExp): Buffer | null {
  if (ignoreCase || source.includes("|")) return null;
  // What stands before the first character of a match and takes none itself.
  const start = /^(?:\^|\\b)*/.exec(source)?.[0].length ?? 0;
  const literal = /^(?:[\w \-,:;<>="'`~!@#%&/]|\\[.()[\]{}*+?/^$\\-])+/.exec(source.slice(start))?.[0] ?? "";
  // A quantifier behind it may do without its last character.
  const sure = /^[*?{]/.test(source.slice(start + literal.length)) ? literal.replace(/\\?.$/, "") : literal;
  const text = sure.replace(/\\(.)/g, "$1");
  return text.length < 3 ? null : Buffer.from(text);
}

/** Of the longest literal text that a pattern asks for, the part that is found fastest; null where it is too short. */
function needleOf({ source, ignoreCase, unicodeSets }: RegExp, prefix: Buffer | null): Buffer | null {
  if (ignoreCase || unicodeSets || source.includes("|")) return null;
  let longest = "";
  let run = "";
  let depth = 0;
  const end = (sure: string) => {
    if (sure.length > longest.length) longest = sure;
    run = "";
  };
  for (const [part] of source.matchAll(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\{\d+(?:,\d*)?\}|[\s\S]/g)) {
    if (part === "(") depth += 1;
    if (part === ")") depth -= 1;
    // A quantifier may do without the character before it.
    if (/^[*?]$|^\{\d/.test(part)) end(run.slice(0, -1));
    else if (depth === 0 && /^(?:\\[!-/:-@[-^`{-~]|[^\\[(){}.^$*+?\s]|[ {}])$/.test(part) && /^[ -~]+$/.test(part)) {
      run += part.at(-1);
    } else end(run);
  }
  end(run);
  const start = prefix?.toString() ?? "";
  const literal = longest.length > start.length ? longest : start;
  return literal.length < 3 ? null : Buffer.from(rareEnd(literal));
}

/** Letters of source code, the most common ones first. Others are rarer. */
const common = " etaoinsrlcdupmhgfby_vwkxqjz";

/** The end of a literal, of three characters or more, from its rarest letter on: that one is looked for first. */
function rareEnd(literal: string): string {
  const ranks = [...literal.slice(0, -2)].map((char) => (common.includes(char) ? common.indexOf(char) : common.length));
  return literal.slice(ranks.indexOf(Math.max(...ranks)));
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
