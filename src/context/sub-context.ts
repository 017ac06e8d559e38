import { createHash } from "node:crypto";
import { blockBytes, blocksFrom, type Corpus, type LeftOut } from "./corpus.ts";
import { CorpusBuilder } from "./corpus-builder.ts";
import { type Blocks, corpusOf, type Entry, partOf } from "./corpus-parts.ts";
import type { CorpusText } from "./corpus-text.ts";
import { GuestError } from "./guest-error.ts";
import { globOf, select, selectFiles } from "./guest-glob.ts";
import { isFields, isRegex, kindOf } from "./guest-values.ts";
import { countNewlines, countUnits } from "./line-scan.ts";
import { fileNamed, partsOf } from "./ranges.ts";

/** What a child run is asked about. */
export interface SubContext {
  readonly corpus: Corpus;
  /** The same for the same text, and for the same part of the files of a tree of runs. */
  readonly key: string;
  /** True for a text of the guest's own, whose lines are not those of the corpus. */
  readonly madeUp: boolean;
}

/** Lines of a file that a child sees; of each file one range. */
interface Range {
  readonly file: number;
  readonly from: number;
  readonly to: number;
  /** Of a single line the characters from one to another, where it is not given whole. */
  readonly chars?: readonly [number, number];
}

/**
 * The part of a corpus that a guest hands to a child run; the texts of files are not copied. Of each file a child sees the
 * lines from the first to the last that it was given.
 * @param given `{text}`, `{globs}` or `{parts}`: chunks' parts, or `{path}` for a whole file
 * @throws GuestError
 */
export async function subContext(texts: CorpusText, given: unknown): Promise<SubContext> {
  if (!isFields(given)) throw wrong(given);
  if (typeof given.text === "string") return textContext(given.text);
  const globs = Array.isArray(given.globs) && given.globs.length === 1 ? given.globs[0] : given.globs;
  if (isRegex(globs) || Array.isArray(globs) || typeof globs === "string") return globContext(texts, globs);
  if (Array.isArray(given.parts)) return partsContext(texts, given.parts);
  throw wrong(given);
}

function wrong(given: unknown): GuestError {
  const wanted = "a text, globs, a chunk, chunks or hits";
  return new GuestError("TypeError", `rlm_query: the second argument must be ${wanted}, not ${kindOf(given)}.`);
}

async function textContext(text: string): Promise<SubContext> {
  const builder = new CorpusBuilder();
  const refusal = builder.takeText("text", text, { maxBytes: Number.POSITIVE_INFINITY, choosy: false });
  if (refusal || builder.bytes === 0) throw new GuestError("Error", "rlm_query: the text is empty or no text.");
  const about = { kind: "text", name: "text", leftOut: [], roots: [] } as const;
  const corpus = corpusOf([await builder.finish()], about);
  return { corpus, key: createHash("sha256").update(text).digest("hex"), madeUp: true };
}

function globContext(texts: CorpusText, given: unknown): SubContext {
  const glob = globOf("rlm_query", given);
  const files = selectFiles("rlm_query", glob, texts);
  if (files.length === 0) throw new GuestError("Error", "rlm_query: no file matches the globs.");
  const { leftOut } = texts.corpus;
  const paths = leftOut.map((entry) => entry.path);
  const chosen = new Set(select("rlm_query", glob, paths));
  const leftOutToo = leftOut.filter((entry, i) => chosen.has(i) && entry.reason !== "secret");
  return part(
    texts,
    files.map((file) => wholeFile(texts, file)),
    leftOutToo,
  );
}

function partsContext(texts: CorpusText, given: readonly unknown[]): SubContext {
  const hulls = new Map<number, Range>();
  for (const one of given) {
    const range = rangeIn(texts, one);
    hulls.set(range.file, hullOf(hulls.get(range.file) ?? range, range));
  }
  if (hulls.size === 0) throw new GuestError("Error", "rlm_query: nothing was given to ask about.");
  return part(
    texts,
    [...hulls.values()].sort((a, b) => a.file - b.file),
    [],
  );
}

function hullOf(a: Range, b: Range): Range {
  const lines = { file: a.file, from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) };
  if (lines.from !== lines.to || !a.chars || !b.chars) return lines;
  return { ...lines, chars: [Math.min(a.chars[0], b.chars[0]), Math.max(a.chars[1], b.chars[1])] };
}

function rangeIn(texts: CorpusText, given: unknown): Range {
  if (isFields(given) && given.from === undefined) return wholeFile(texts, fileNamed("rlm_query", given.path, texts));
  const [range] = partsOf("rlm_query", [given], texts);
  if (!range) throw wrong(given);
  return range;
}

function wholeFile(texts: CorpusText, file: number): Range {
  return { file, from: texts.firstLine(file), to: texts.lastLine(file) };
}

function part(texts: CorpusText, ranges: readonly Range[], leftOut: readonly LeftOut[]): SubContext {
  const { corpus } = texts;
  const { kind, name } = corpus.manifest;
  const isText = kind === "text";
  const entries = ranges.map((range) => entryOf(texts, range));
  const longest = isText ? Math.max(...ranges.map((range) => longestLine(texts, range))) : corpus.longestLine;
  const key = createHash("sha256");
  for (const { file, from, to, chars = [] } of ranges) {
    key.update(`${texts.path(file)}\0${from}\0${to}\0${chars.join()}\0`);
    // Two texts may have the same name.
    if (isText) key.update(texts.lines(file, from, to).join("\n"));
  }
  const about = { kind, name, leftOut, roots: corpus.roots };
  const made = corpusOf([partOf(entries, corpus.segments, longest)], about);
  return { corpus: made, key: key.digest("hex"), madeUp: false };
}

function entryOf(texts: CorpusText, range: Range): Entry {
  const { file, from, to } = range;
  const { table } = texts.corpus;
  const whole = from === texts.firstLine(file) && to === texts.lastLine(file) && !range.chars;
  const { start, end } = whole ? { start: 0, end: texts.byteCount(file) } : bytesOf(texts, range);
  return {
    path: texts.path(file),
    segment: table.segment[file] ?? 0,
    offset: (table.offset[file] ?? 0) + start,
    bytes: end - start,
    chars: whole ? texts.charCount(file) : texts.charOfByte(file, end) - texts.charOfByte(file, start),
    lines: Math.max(0, to - from + 1),
    firstLine: from,
    flags: table.flags[file] ?? 0,
    blocks: end - start < blocksFrom ? null : blocksOf(texts.bytes(file).subarray(start, end)),
    sha256: whole ? Buffer.from(table.sha256.subarray(file * 32, file * 32 + 32)).toString("latin1") : null,
    masked: 0,
  };
}

/** The first byte of a range, and the one behind its last. */
function bytesOf(texts: CorpusText, { file, from, to, chars }: Range): { start: number; end: number } {
  const [start, end] = [texts.byteOfLine(file, from), texts.byteOfLine(file, to + 1)];
  if (!chars) return { start, end };
  const before = texts.charOfByte(file, start);
  const at = (char: number) => Math.min(end, texts.byteOfChar(file, before + Math.max(0, char)));
  return { start: at(chars[0]), end: Math.max(at(chars[0]), at(chars[1])) };
}

function blocksOf(text: Buffer): Blocks {
  const blocks = { lines: [] as number[], chars: [] as number[] };
  let [lines, chars] = [0, 0];
  for (let from = 0; from < text.length; from += blockBytes) {
    const to = Math.min(text.length, from + blockBytes);
    blocks.lines.push(lines);
    blocks.chars.push(chars);
    lines += countNewlines(text, from, to);
    chars += countUnits(text, from, to);
  }
  return blocks;
}

/** Bytes of the longest line, for the context card. */
function longestLine(texts: CorpusText, range: Range): number {
  const part = bytesOf(texts, range);
  const bytes = texts.bytes(range.file).subarray(part.start, part.end);
  let [longest, start] = [0, 0];
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    longest = Math.max(longest, end - start);
    start = end + 1;
  }
  return Math.max(longest, bytes.length - start);
}
