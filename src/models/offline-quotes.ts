import type { Passage } from "./offline-passages.ts";
import { isInFolder, isNamed, pathShare, telling } from "./offline-paths.ts";
import { type Idea, stemOf, type Term, wordsOf } from "./offline-stems.ts";

/** Lines worth quoting. */
export interface Quote {
  readonly path: string;
  readonly from: number;
  readonly lines: readonly string[];
  readonly score: number;
  /** What the lines define, such as a function's name; null where they define nothing. */
  readonly defines: string | null;
  /** False where the block goes on beyond what is known. */
  readonly whole: boolean;
}

export interface Wanted {
  readonly ideas: readonly Idea[];
  /** How much each stem tells: near 1 where it is rare, near 0 where it is everywhere. */
  readonly rarity: ReadonlyMap<string, number>;
  readonly wantsValue: boolean;
  /** Files that the question names, and what may be folders that it names. */
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

const maxLines = 30;
const maxQuotes = 4;
const maxOfFile = 2;

/** The passages that answer best, the best first, none of them twice. */
export function bestQuotes(passages: readonly Passage[], wanted: Wanted): Quote[] {
  const found = passages.flatMap((passage) => quotesIn(passage, wanted)).sort((a, b) => b.score - a.score);
  const kept: Quote[] = [];
  for (const quote of found) {
    const least = (kept[0]?.score ?? 0) * (kept.length < 2 ? 0.4 : 0.55);
    if (kept.length === maxQuotes || quote.score < least || quote.score <= 0) break;
    const ofFile = kept.filter(({ path }) => path === quote.path).length;
    if (ofFile === maxOfFile && !isNamed(quote.path, wanted.files)) continue;
    if (!kept.some((other) => overlaps(other, quote) || repeats(other, quote))) kept.push(quote);
  }
  return kept;
}

/** The beginnings of files, a README first: for a question about the whole, or about files that it names. */
export function openings(passages: readonly Passage[], named: readonly string[]): Quote[] {
  const first = passages.filter(({ path, from }) => from === 1 && (named.length === 0 || isNamed(path, named)));
  const rank = (path: string) => path.split("/").length - (/readme/i.test(path) ? 1.5 : 0);
  first.sort((a, b) => rank(a.path) - rank(b.path));
  const lines = (passage: Passage) => passage.lines.slice(0, 25);
  return first
    .slice(0, 2)
    .map((passage) => ({ path: passage.path, from: 1, lines: lines(passage), score: 0, defines: null, whole: true }));
}

/** Rarity of every stem from the number of its matches. */
export function rarityOf(counts: ReadonlyMap<string, number>): Map<string, number> {
  const most = Math.log(2 + Math.max(1, ...counts.values()));
  return new Map([...counts].map(([stem, count]) => [stem, 0.2 + 0.8 * (1 - Math.log(1 + count) / most)]));
}

/** The number of lines that each term is in, where nothing has been counted in the whole context. */
export function countIn(passages: readonly Passage[], ideas: readonly Idea[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of passages.flatMap((passage) => passage.lines)) {
    const stems = stemsOf(line);
    for (const term of ideas.flat())
      if (speaks(term, line, stems)) counts.set(term.stem, (counts.get(term.stem) ?? 0) + 1);
  }
  return counts;
}

/** A block of code, or a few lines of text: positions in a passage, from 0, both ends included. */
interface Block {
  readonly start: number;
  readonly end: number;
  readonly whole: boolean;
}

interface ScoredLine {
  /** Weight of each idea that the line speaks of. */
  readonly ideas: ReadonlyMap<number, number>;
  readonly score: number;
}

function quotesIn(passage: Passage, wanted: Wanted): Quote[] {
  const scored = passage.lines.map((line) => scoreLine(line, wanted));
  const blocks = new Map<string, Block>();
  const promising = [...scored.keys()].filter((i) => (scored[i]?.score ?? 0) > 0);
  for (const i of promising) {
    const block = shortened(passage, blockAround(passage, i), scored);
    blocks.set(`${block.start}-${block.end}`, block);
  }
  return [...blocks.values()].map((block) => quoteOf(passage, block, scored, wanted));
}

function quoteOf(
  { path, from, lines }: Passage,
  { start, end, whole }: Block,
  scored: readonly ScoredLine[],
  wanted: Wanted,
): Quote {
  const inside = scored.slice(start, end + 1);
  const best = new Map<number, number>();
  for (const line of inside) {
    for (const [idea, weight] of line.ideas) best.set(idea, Math.max(best.get(idea) ?? 0, weight));
  }
  const inPath = spokenIn(telling(path), wanted);
  for (const [idea, weight] of inPath) best.set(idea, Math.max(best.get(idea) ?? 0, weight * 0.7));
  const coverage = [...best.values()].reduce((sum, weight) => sum + weight, 0);
  const top = Math.max(...inside.map((line) => line.score));
  const total = inside.reduce((sum, line) => sum + line.score, 0);
  const quoted = lines.slice(start, end + 1);
  const defines = definedIn(quoted);
  // A name made of the question's words says most of all.
  const name = defines ?? assignedIn(quoted);
  const named = name === null ? 0 : 1.5 * spokenSum(spokenIn(name, wanted));
  const score =
    (coverage * Math.sqrt(best.size) + top + Math.log1p(total) + named + spokenSum(inPath)) *
    pathShare(path) *
    (isNamed(path, wanted.files) ? 3 : isInFolder(path, wanted.folders) ? 2 : 1) *
    formFactor(path, quoted, inside, wanted);
  return { path, from: from + start, lines: quoted, score, defines, whole };
}

/** Whole definitions are worth more than cut-out lines or comments alone; so are values where one is asked for. */
function formFactor(
  path: string,
  lines: readonly string[],
  scored: readonly ScoredLine[],
  { wantsValue }: Wanted,
): number {
  const code = lines.filter((line) => line.trim() !== "" && !commentLine.test(line));
  if (code.length === 0) return 0.6;
  if (code.every((line) => importLine.test(line))) return 0.2;
  if (typeLine.test(code[0] ?? "")) return 0.85;
  if (!proseFile.test(path) && !code.some((line) => codeSign.test(line))) return 0.5;
  const valued = lines.some(
    (line, i) => (scored[i]?.score ?? 0) > 0 && !commentLine.test(line) && assignedNumber.test(line),
  );
  const form = definedIn(lines) === null && lines.length >= maxLines ? 0.8 : 1;
  return form * (wantsValue && valued ? 2 : 1);
}

/** A name that is set to a number right away, as constants are. */
const assignedNumber = /[\w"'\])]\??\s*(?::\s*[\w.]+\s*)?(?:[=:]|:=|=>)\s*-?\d|#define\s+\w+\s+\(?-?\d/;
const importLine =
  /^\s*(?:import\b|export\s+(?:\*|\{[^}]*\}\s*from|type \{)|from\s+\S+\s+import\b|#include\b|using\s+[\w.]+;|use\s+[\w:]+|require\()|=\s*require\(/;
const commentLine = /^\s*(?:\/\/|\/?\*|#(?!\w*include)|--|<!--|"""|''')/;
const proseFile = /(?:^|\/)[^./]+$|\.(?:md|mdx|rst|adoc|txt|log|csv|tsv)$/i;
/** What lines of code have, but lists of words inside of a program have not. */
const codeSign = /[(){}[\]<>;:=#"'`@$]/;
/** A type says what there is, seldom how it works. */
const typeLine = /^\s*(?:export\s+)?(?:declare\s+)?(?:type|interface)\s+\w/;
const classLine =
  /^\s*(?:export\s+)?(?:default\s+)?(?:abstract\s+|pub\s+)?(?:class|interface|namespace|module|impl|trait)\b/;
const definition =
  /^\s*(?:(?:export|default|public|private|protected|internal|static|abstract|override|final|async|pub(?:\(\w+\))?|unsafe|inline|virtual)\s+)*(?:function\*?|class|interface|struct|enum|trait|impl|type|def|fn|func|sub|module|namespace|macro_rules!)\s+\*?([\w$#]+)/;
const method =
  /^\s*(?:(?:public|private|protected|static|async|override|readonly|get|set|\*)\s+)*([#\w$]+)\s*(?:<[^>]*>)?\([^;]*\)?\s*(?::[^;={]+)?\{\s*$/;
const assignment =
  /^\s*(?:(?:export|const|let|var|static|readonly|private|public|pub|final)\s+)*([\w$.]+)\s*(?::[^=]+)?=(?!=)/;
const keywords = /^(?:if|for|while|switch|catch|with|return|else|do|try|function|await|new)$/;

function scoreLine(line: string, wanted: Wanted): ScoredLine {
  const ideas = spokenIn(line, wanted);
  return { ideas, score: spokenSum(ideas) * kindFactor(line.slice(0, 500), wanted.wantsValue) };
}

/** The ideas that a text speaks of, with the weight of the word that tells most of each. */
function spokenIn(text: string, { ideas, rarity }: Wanted): Map<number, number> {
  const stems = stemsOf(text);
  const spoken = new Map<number, number>();
  ideas.forEach((idea, index) => {
    const terms = idea.filter((term) => speaks(term, text, stems));
    const weights = terms.map((term) => term.share * (rarity.get(term.stem) ?? 0.2));
    if (weights.length > 0) spoken.set(index, Math.max(...weights));
  });
  return spoken;
}

/** More than the plain sum where several ideas meet. */
function spokenSum(ideas: ReadonlyMap<number, number>): number {
  return [...ideas.values()].reduce((sum, weight) => sum + weight, 0) * Math.sqrt(ideas.size);
}

function kindFactor(line: string, wantsValue: boolean): number {
  if (importLine.test(line)) return 0.2;
  if (/copyright|licen[cs]ed under|all rights reserved/i.test(line)) return 0.2;
  if (/\b(?:log|logger|console|warn|debug|info)\w*[.(]/i.test(line)) return 0.5;
  if (nameDefinedBy(line)) return 1.4;
  const value = wantsValue && assignedNumber.test(line) ? 1.8 : 1;
  if (commentLine.test(line)) return 0.8;
  return (assignment.test(line) ? 1.2 : 1) * value;
}

function stemsOf(line: string): Set<string> {
  return new Set(wordsOf(line).map(stemOf));
}

function speaks(term: Term, line: string, stems: ReadonlySet<string>): boolean {
  return term.exact ? line.includes(term.stem) : stems.has(term.stem);
}

function nameDefinedBy(whole: string): string | null {
  const line = whole.slice(0, 500);
  const name = definition.exec(line)?.[1] ?? method.exec(line)?.[1];
  if (name && !keywords.test(name)) return name;
  return /=>\s*[{(]?\s*$|=\s*(?:async\s+)?function/.test(line) ? (assignment.exec(line)?.[1] ?? null) : null;
}

function definedIn(lines: readonly string[]): string | null {
  const first = lines.find((line) => line.trim() !== "" && !commentLine.test(line));
  return first === undefined ? null : nameDefinedBy(first);
}

/** The name of the constant or variable that the first line of code sets; null where it sets none. */
function assignedIn(lines: readonly string[]): string | null {
  const first = lines.find((line) => line.trim() !== "" && !commentLine.test(line));
  return first === undefined ? null : (assignment.exec(first.slice(0, 500))?.[1] ?? null);
}

/** The block of code that a line stands in: by indentation, up to a function and at most `maxLines`. */
function blockAround({ path, lines }: Passage, found: number): Block {
  const at = commented(lines, found);
  let block = opensBlock(lines, at)
    ? bodyOf(lines, at)
    : nearby(lines, at, /\.(?:md|mdx|rst|adoc)$/i.test(path) ? 1 : 0);
  for (let header = at; !nameDefinedBy(lines[header] ?? ""); ) {
    const outer = headerOf(lines, header);
    if (outer === null) {
      if (indentOf(lines[header] ?? "") > 0) block = { ...block, whole: false };
      break;
    }
    const body = bodyOf(lines, outer);
    const isLong = body.end - body.start >= maxLines && nameDefinedBy(lines[outer] ?? "") === null;
    if (isLong || classLine.test(lines[outer] ?? "")) break;
    block = body;
    header = outer;
  }
  return { ...block, start: withComments(lines, block.start, Math.min(found, block.start - 8)) };
}

function headerOf(lines: readonly string[], at: number): number | null {
  const indent = indentOf(lines[at] ?? "");
  for (let i = at - 1; i >= 0 && indent > 0; i -= 1) {
    const line = lines[i] ?? "";
    if (line.trim() !== "" && indentOf(line) < indent && !/^\s*[)\]}]/.test(line)) return i;
  }
  return null;
}

function opensBlock(lines: readonly string[], at: number): boolean {
  return indentOf(lines[at + 1] ?? "") > indentOf(lines[at] ?? "");
}

/** A header and all that is indented below it, with the closing bracket. */
function bodyOf(lines: readonly string[], header: number): Block {
  const indent = indentOf(lines[header] ?? "");
  let end = header;
  for (let i = header + 1; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    if (line.trim() === "") continue;
    const closes = /^\s*(?:[)\]}]|end\b)/.test(line);
    if (indentOf(line) < indent || (indentOf(line) === indent && !closes)) return { start: header, end, whole: true };
    end = i;
    if (indentOf(line) === indent && !/[{(:]\s*$/.test(line)) return { start: header, end, whole: true };
  }
  return { start: header, end, whole: false };
}

/** A line of text with its neighbours, as far as the paragraph goes: `atMargin` of them where it is not indented. */
function nearby(lines: readonly string[], at: number, atMargin: number): Block {
  const reach = indentOf(lines[at] ?? "") > 0 ? 3 : atMargin;
  let start = at;
  let end = at;
  while (start > 0 && at - start < reach && lines[start - 1]?.trim()) start -= 1;
  while (end < lines.length - 1 && end - at < reach && lines[end + 1]?.trim()) end += 1;
  return { start, end, whole: true };
}

/** The line that a comment belongs to; the line itself where it is no comment or what follows is far. */
function commented(lines: readonly string[], at: number): number {
  let next = at;
  while (next - at < 16 && commentLine.test(lines[next] ?? "")) next += 1;
  return lines[next]?.trim() && !commentLine.test(lines[next] ?? "") ? next : at;
}

/** Where the comment above a block begins, but not before `least`. */
function withComments(lines: readonly string[], start: number, least: number): number {
  let first = start;
  while (first > Math.max(0, least) && commentLine.test(lines[first - 1] ?? "")) first -= 1;
  return first;
}

/** The part of a long block that holds the most; of a long class its beginning. */
function shortened({ lines }: Passage, block: Block, scored: readonly ScoredLine[]): Block {
  if (block.end - block.start < maxLines) return block;
  if (lines.slice(block.start, block.start + 9).some((line) => classLine.test(line))) {
    return { start: block.start, end: block.start + 11, whole: true };
  }
  const sums = [0];
  for (const line of scored) sums.push((sums.at(-1) ?? 0) + line.score);
  const worth = (start: number) => (sums[start + maxLines] ?? 0) - (sums[start] ?? 0);
  let best = block.start;
  for (let start = block.start; start + maxLines - 1 <= block.end; start += 1)
    if (worth(start) > worth(best)) best = start;
  return { start: best, end: best + maxLines - 1, whole: true };
}

function indentOf(line: string): number {
  return line.replaceAll("\t", "    ").search(/\S|$/);
}

function overlaps(a: Quote, b: Quote): boolean {
  return a.path === b.path && a.from < b.from + b.lines.length && b.from < a.from + a.lines.length;
}

/** True where two quotes hold much the same lines, as a source and its compiled copy do. */
function repeats(a: Quote, b: Quote): boolean {
  const linesOf = (quote: Quote) => new Set(quote.lines.map((line) => line.trim()).filter((line) => line.length > 3));
  const [ours, theirs] = [linesOf(a), linesOf(b)];
  const shared = [...ours].filter((line) => theirs.has(line)).length;
  return shared >= 0.4 * Math.min(ours.size, theirs.size) || (a.defines !== null && a.defines === b.defines);
}
