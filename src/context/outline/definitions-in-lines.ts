import { type Blanker, filler } from "./blank.ts";
import { bracketsOf } from "./brackets.ts";
import { type Code, type Found, matchAt, outermost, type Rule, type Scope } from "./rules.ts";

/** A line of an outline. */
export interface Definition {
  readonly name: string;
  /** 1-based. */
  readonly line: number;
  /** Number of definitions round it. */
  readonly depth: number;
  /** How it begins in the source, as one line. */
  readonly text: string;
}

export interface Language {
  /** Endings of file names in lower case, separated by blanks. */
  readonly endings: string;
  readonly blank: Blanker;
  /** What may stand before a definition on its line and is not shown: annotations and attributes. */
  readonly prefix?: RegExp;
  /** The first that fits counts. */
  readonly rules: readonly Rule[];
  /** Bodies are in braces, or are told by how far their lines are indented. */
  readonly bodies: "braces" | "indents";
  readonly preprocessor?: boolean;
}

const textChars = 100;
const codeLineChars = 5_000;

/** The definitions of a source text, in the order of their lines. */
export function definitionsInLines(path: string, raw: string, language: Language): Definition[] {
  const text = language.blank(raw);
  const code: Code = { path, raw, text, brackets: bracketsOf(text, language.preprocessor ?? false) };
  return language.bodies === "braces" ? byBraces(code, language) : byIndents(code, language);
}

function byBraces(code: Code, language: Language): Definition[] {
  const definitions: Definition[] = [];
  const bodies = new Map<number, Scope>();
  for (const { at, line } of codeLines(code.text)) {
    const scope = scopeOf(code, bodies, code.brackets.innermost(at));
    if (!scope) continue;
    const start = afterPrefix(code.text, at, language);
    const found = firstFound(code, start, scope, language.rules);
    if (!found) continue;
    const { body, end } = headOf(code.text, found, code);
    if (found.needsBody && body === null) continue;
    if (body !== null) {
      const depth = found.hidden ? scope.depth : scope.depth + 1;
      bodies.set(body, { holds: found.holds, inBlock: false, depth, name: found.name });
    }
    if (!found.hidden) definitions.push(definition(code, found, start, end, line, scope.depth));
  }
  return definitions;
}

/** The scope inside a bracket; null where a line is but a part of an expression. */
function scopeOf(code: Code, bodies: Map<number, Scope>, bracket: number): Scope | null {
  if (bracket < 0) return outermost;
  const known = bodies.get(bracket);
  if (known) return known;
  if (code.text[bracket] !== "{") return null;
  let round = code.brackets.around.get(bracket) ?? -1;
  while (round >= 0 && !bodies.has(round) && code.text[round] !== "{") round = code.brackets.around.get(round) ?? -1;
  const outer = scopeOf(code, bodies, round) ?? outermost;
  const nested = outer.holds === "object" && /:\s*$/.test(code.text.slice(Math.max(0, bracket - 20), bracket));
  const scope = { ...outer, inBlock: !nested };
  bodies.set(bracket, scope);
  return scope;
}

function byIndents(code: Code, language: Language): Definition[] {
  const definitions: Definition[] = [];
  const open: { indent: number; scope: Scope }[] = [];
  for (const { at, lineStart, line } of codeLines(code.text)) {
    if (code.brackets.innermost(at) >= 0) continue;
    const indent = at - lineStart;
    while ((open.at(-1)?.indent ?? -1) >= indent) open.pop();
    const scope = open.at(-1)?.scope ?? outermost;
    const found = firstFound(code, at, scope, language.rules);
    if (!found) continue;
    definitions.push(definition(code, found, at, endOfHead(code, found), line, scope.depth));
    const inner = { holds: found.holds, inBlock: false, depth: scope.depth + 1, name: found.name };
    if (found.holds !== "nothing") open.push({ indent, scope: inner });
  }
  return definitions;
}

/** Lines that hold code, but for those that begin inside a text of several lines, and endless ones. */
function* codeLines(text: string): Generator<{ at: number; lineStart: number; line: number }> {
  const first = /[ \t\f\r]*/y;
  for (let lineStart = 0, line = 1; lineStart < text.length; line += 1) {
    const at = lineStart + (matchAt(first, text, lineStart)?.[0].length ?? 0);
    const newline = text.indexOf("\n", lineStart);
    const end = newline < 0 ? text.length : newline;
    if (at < end && text[at] !== filler && !isMinified(text, at, end)) yield { at, lineStart, line };
    lineStart = end + 1;
  }
}

/** So much code on one line is for no reader, and some rules would take long over it. */
function isMinified(text: string, from: number, to: number): boolean {
  return to - from > codeLineChars && !text.slice(from, from + codeLineChars).includes(filler);
}

function afterPrefix(text: string, at: number, { prefix }: Language): number {
  return prefix ? at + (matchAt(prefix, text, at)?.[0].length ?? 0) : at;
}

function firstFound(code: Code, at: number, scope: Scope, rules: readonly Rule[]): Found | null {
  for (const find of rules) {
    const found = find(code, at, scope);
    if (found) return found;
  }
  return null;
}

const goesOn =
  /\s*(?:[{:=&|,.?+<>-]|(?:extends|implements|where|throws|requires|noexcept|with|permits)\b|(?:const|override)\s*(?:noexcept|override|final|[{;]))/y;

/** Where the body of a definition opens, if it has one, and where its head ends. */
function headOf(text: string, found: Found, { brackets }: Code): { body: number | null; end: number } {
  if (found.holds === "group") return { body: found.bodyFrom, end: found.bodyFrom };
  const marks = /[([{;})\]\n]/g;
  marks.lastIndex = found.bodyFrom;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    const at = mark.index;
    const [sign] = mark;
    if (sign === "{" && !isType(text, at, found)) return { body: at, end: at };
    if (sign === "(" || sign === "[" || sign === "{") {
      const close = brackets.closing.get(at);
      if (close === undefined) return { body: null, end: at };
      marks.lastIndex = close + 1;
    } else if (sign !== "\n" || endsAt(text, at, found.bodyFrom)) return { body: null, end: at };
  }
  return { body: null, end: text.length };
}

/** A brace after the colon of a function's result is a type, as in TypeScript. */
function isType(text: string, brace: number, { holds }: Found): boolean {
  return holds === "function" && /[:|&<]\s*$/.test(text.slice(Math.max(0, brace - 20), brace));
}

function endsAt(text: string, newline: number, from: number): boolean {
  const before = text.slice(Math.max(from, newline - 20), newline).trimEnd();
  return !/[,=&|<+:>]$/.test(before) && !matchAt(goesOn, text, newline);
}

/** Where the head of a definition ends whose body is told by indents. */
function endOfHead({ text, brackets }: Code, { bodyFrom, holds }: Found): number {
  const marks = holds === "nothing" ? /[([{;\n]/g : /[([{;\n]|:\s/g;
  marks.lastIndex = bodyFrom;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    const close = brackets.closing.get(mark.index);
    if (close === undefined) return mark.index;
    marks.lastIndex = close + 1;
  }
  return text.length;
}

function definition(code: Code, found: Found, start: number, end: number, line: number, depth: number): Definition {
  const { name, nameAt } = found;
  const linesBefore = code.text.slice(start, nameAt).split("\n").length - 1;
  const from = linesBefore === 0 ? start : code.text.lastIndexOf("\n", nameAt) + 1;
  const text = found.shown ?? asLine(code, from, Math.max(end, nameAt + name.length));
  return { name, line: line + linesBefore, depth, text };
}

/** A piece of the source on one line, without comments. */
function asLine({ raw, text }: Code, from: number, to: number): string {
  let line = "";
  for (let at = from; at < Math.min(to, from + 4 * textChars); at += 1) {
    const isComment = text[at]?.trim() === "" && raw[at]?.trim() !== "";
    if (!isComment) line += raw[at];
  }
  const plain = line
    .replace(/\s+/g, " ")
    .replace(/ ?[=:]?\s*$/, "")
    .trim();
  return plain.length <= textChars ? plain : `${plain.slice(0, textChars - 1)}…`;
}
