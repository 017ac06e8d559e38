import { createHash } from "node:crypto";
import { blockBytes, blocksFrom, type Corpus, type CorpusTable, type LeftOut } from "./corpus.ts";
import { CorpusBuilder } from "./corpus-builder.ts";
import type { CorpusText } from "./corpus-text.ts";
import { GuestError } from "./guest-error.ts";
import { globOf, select, selectFiles } from "./guest-glob.ts";
import { isFields, isRegex, kindOf } from "./guest-values.ts";
import { countNewlines, countUnits, endScan, scanLines, startScan } from "./line-scan.ts";
import { fileNamed, partsOf } from "./ranges.ts";

/** What a child run is asked about. */
export interface SubContext {
  readonly corpus: Corpus;
  /** The same for the same text, and for the same part of the files of a tree of runs. */
  readonly key: string;
}

/** Lines of a file that a child sees; of each file one range. */
interface Range {
  readonly file: number;
  readonly from: number;
  readonly to: number;
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
  const corpus = await builder.build({ kind: "text", name: "text", leftOut: [], roots: [] });
  return { corpus, key: createHash("sha256").update(text).digest("hex") };
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
    const known = hulls.get(range.file) ?? range;
    const [from, to] = [Math.min(known.from, range.from), Math.max(known.to, range.to)];
    hulls.set(range.file, { file: range.file, from, to });
  }
  if (hulls.size === 0) throw new GuestError("Error", "rlm_query: nothing was given to ask about.");
  return part(
    texts,
    [...hulls.values()].sort((a, b) => a.file - b.file),
    [],
  );
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

/** A corpus of ranges in ascending order of their files. */
function part(texts: CorpusText, ranges: readonly Range[], leftOut: readonly LeftOut[]): SubContext {
  const { corpus } = texts;
  const table = tableOf(texts, ranges);
  const sum = (values: Uint32Array) => values.reduce((total, value) => total + value, 0);
  const isText = corpus.manifest.kind === "text";
  const [first] = ranges;
  const counts: Record<string, number> = {};
  for (const { reason } of leftOut) counts[reason] = (counts[reason] ?? 0) + 1;
  const key = createHash("sha256");
  for (const { file, from, to } of ranges) key.update(`${texts.path(file)}\0${from}\0${to}\0`);
  // Two texts may have the same name.
  if (isText && first) key.update(texts.lines(first.file, first.from, first.to).join("\n"));
  return {
    key: key.digest("hex"),
    corpus: {
      manifest: {
        kind: corpus.manifest.kind,
        name: corpus.manifest.name,
        files: ranges.length,
        chars: sum(table.chars),
        bytes: sum(table.bytes),
        lines: sum(table.lines),
        leftOut: counts,
      },
      segments: corpus.segments,
      table,
      leftOut,
      masked: { secrets: 0, files: 0 },
      longestLine: isText && first ? longestLine(texts, first) : corpus.longestLine,
      roots: corpus.roots,
    },
  };
}

function tableOf(texts: CorpusText, ranges: readonly Range[]): CorpusTable {
  const { table } = texts.corpus;
  const count = ranges.length;
  const column = () => new Uint32Array(new SharedArrayBuffer(count * 4));
  const [segment, offset, bytes, chars, lines, firstLine] = [
    column(),
    column(),
    column(),
    column(),
    column(),
    column(),
  ];
  const flags = new Uint8Array(new SharedArrayBuffer(count));
  const sha256 = new Uint8Array(new SharedArrayBuffer(count * 32));
  ranges.forEach(({ file, from, to }, i) => {
    const whole = from === texts.firstLine(file) && to === texts.lastLine(file);
    const start = whole ? 0 : texts.byteOfLine(file, from);
    const end = whole ? texts.byteCount(file) : texts.byteOfLine(file, to + 1);
    segment[i] = table.segment[file] ?? 0;
    offset[i] = (table.offset[file] ?? 0) + start;
    bytes[i] = end - start;
    chars[i] = whole ? texts.charCount(file) : texts.charOfByte(file, end) - texts.charOfByte(file, start);
    lines[i] = Math.max(0, to - from + 1);
    firstLine[i] = from;
    flags[i] = table.flags[file] ?? 0;
    if (whole) sha256.set(table.sha256.subarray(file * 32, file * 32 + 32), i * 32);
  });
  const paths = ranges.map(({ file }) => texts.path(file)).join("\0");
  const blocks = blocksOf(texts, segment, offset, bytes);
  return { files: count, paths, segment, offset, bytes, chars, lines, firstLine, flags, sha256, ...blocks };
}

function blocksOf(
  texts: CorpusText,
  segment: Uint32Array,
  offset: Uint32Array,
  bytes: Uint32Array,
): Pick<CorpusTable, "firstBlock" | "blockLines" | "blockChars"> {
  const firstBlock = new Uint32Array(new SharedArrayBuffer((bytes.length + 1) * 4));
  bytes.forEach((size, i) => {
    firstBlock[i + 1] = (firstBlock[i] ?? 0) + (size < blocksFrom ? 0 : Math.ceil(size / blockBytes));
  });
  const count = firstBlock[bytes.length] ?? 0;
  const blockLines = new Uint32Array(new SharedArrayBuffer(count * 4));
  const blockChars = new Uint32Array(new SharedArrayBuffer(count * 4));
  bytes.forEach((size, i) => {
    if (size < blocksFrom) return;
    const buffer = texts.corpus.segments[segment[i] ?? 0];
    if (buffer) measure(Buffer.from(buffer, offset[i], size), firstBlock[i] ?? 0, blockLines, blockChars);
  });
  return { firstBlock, blockLines, blockChars };
}

function measure(text: Buffer, row: number, blockLines: Uint32Array, blockChars: Uint32Array): void {
  let [lines, chars] = [0, 0];
  for (let from = 0, i = row; from < text.length; from += blockBytes, i += 1) {
    const to = Math.min(text.length, from + blockBytes);
    blockLines[i] = lines;
    blockChars[i] = chars;
    lines += countNewlines(text, from, to);
    chars += countUnits(text, from, to);
  }
}

function longestLine(texts: CorpusText, { file, from, to }: Range): number {
  const [start, end] = [texts.byteOfLine(file, from), texts.byteOfLine(file, to + 1)];
  const scan = startScan(start);
  scanLines(texts.bytes(file), start, end, scan);
  endScan(scan, end);
  return texts.decode(file, scan.longestStart, scan.longestStart + scan.longestBytes).length;
}
