import type { ContextManifest, LeftOutReason } from "../rlm/context.ts";
import { type Corpus, type CorpusRoot, type CorpusTable, type LeftOut, pathsOf } from "./corpus.ts";

/** A file that was taken. */
export interface Entry {
  readonly path: string;
  readonly segment: number;
  readonly offset: number;
  readonly bytes: number;
  readonly chars: number;
  readonly lines: number;
  readonly firstLine: number;
  readonly flags: number;
  readonly blocks: Blocks | null;
  /** 32 bytes as a string of as many characters, which is cheaper than a buffer of its own. */
  sha256: string | null;
  masked: number;
}

/** Line feeds and UTF-16 code units before each block of a large file. */
export interface Blocks {
  readonly lines: readonly number[];
  readonly chars: readonly number[];
}

/** What one thread has read; it travels to another one without its text being copied. The rows are in no order. */
export interface CorpusPart {
  readonly segments: readonly SharedArrayBuffer[];
  readonly table: CorpusTable;
  readonly masked: Corpus["masked"];
  readonly longestLine: number;
}

/** Puts what one thread has read into columns. */
export function partOf(
  entries: readonly Entry[],
  segments: readonly SharedArrayBuffer[],
  longestLine: number,
): CorpusPart {
  const paths = entries.map((entry) => entry.path).join("\0");
  const table = emptyTable(
    entries.length,
    paths,
    entries.map(({ blocks }) => blocks ?? noBlocks),
  );
  const hashes = Buffer.from(table.sha256.buffer);
  const masked = { secrets: 0, files: 0 };
  entries.forEach((entry, i) => {
    for (const name of columns) table[name][i] = entry[name];
    hashes.write(entry.sha256 ?? "", i * 32, "latin1");
    masked.secrets += entry.masked;
    masked.files += Math.sign(entry.masked);
  });
  return { segments, table, masked, longestLine };
}

interface About {
  readonly kind: ContextManifest["kind"];
  readonly name: string;
  readonly leftOut: readonly LeftOut[];
  readonly roots: readonly CorpusRoot[];
}

/** Makes one corpus of what several threads have read. */
export function corpusOf(parts: readonly CorpusPart[], { kind, name, leftOut, roots }: About): Corpus {
  const table = mergedTable(parts);
  const sum = (values: Uint32Array) => values.reduce((total, value) => total + value, 0);
  const total = (of: (part: CorpusPart) => number) => parts.reduce((all, part) => all + of(part), 0);
  return {
    manifest: {
      kind,
      name,
      files: table.files,
      chars: sum(table.chars),
      bytes: sum(table.bytes),
      lines: sum(table.lines),
      leftOut: countReasons(leftOut),
    },
    segments: parts.flatMap(({ segments }) => segments),
    table,
    leftOut: leftOut.toSorted((a, b) => compare(a.path, b.path)),
    masked: { secrets: total(({ masked }) => masked.secrets), files: total(({ masked }) => masked.files) },
    longestLine: parts.reduce((longest, part) => Math.max(longest, part.longestLine), 0),
    roots,
  };
}

interface Row {
  readonly path: string;
  readonly table: CorpusTable;
  readonly row: number;
  /** Number of the first segment of its part. */
  readonly segments: number;
}

function mergedTable(parts: readonly CorpusPart[]): CorpusTable {
  const rows: Row[] = [];
  let segments = 0;
  for (const part of parts) {
    const { table } = part;
    const first = segments;
    pathsOf(part).forEach((path, row) => {
      rows.push({ path, table, row, segments: first });
    });
    segments += part.segments.length;
  }
  rows.sort((a, b) => compare(a.path, b.path));
  const merged = emptyTable(rows.length, rows.map(({ path }) => path).join("\0"), rows.map(blocksOf));
  rows.forEach(({ table, row, segments: first }, i) => {
    for (const name of columns) merged[name][i] = table[name][row] ?? 0;
    merged.segment[i] = first + (table.segment[row] ?? 0);
    merged.sha256.set(table.sha256.subarray(row * 32, row * 32 + 32), i * 32);
  });
  return merged;
}

function blocksOf({ table, row }: Row): BlockRows {
  const [from, to] = [table.firstBlock[row] ?? 0, table.firstBlock[row + 1] ?? 0];
  if (from === to) return noBlocks;
  return { lines: table.blockLines.subarray(from, to), chars: table.blockChars.subarray(from, to) };
}

/** The columns of single numbers. */
const columns = ["segment", "offset", "bytes", "chars", "lines", "firstLine", "flags"] as const;

interface BlockRows {
  readonly lines: ArrayLike<number>;
  readonly chars: ArrayLike<number>;
}

const noBlocks: BlockRows = { lines: [], chars: [] };

/** A table of so many files, with its blocks; the other columns are zeros. */
function emptyTable(files: number, paths: string, blocks: readonly BlockRows[]): CorpusTable {
  const numbers = (length: number) => new Uint32Array(new SharedArrayBuffer(length * 4));
  const count = blocks.reduce((total, { lines }) => total + lines.length, 0);
  const [firstBlock, blockLines, blockChars] = [numbers(files + 1), numbers(count), numbers(count)];
  let next = 0;
  blocks.forEach(({ lines, chars }, i) => {
    blockLines.set(lines, next);
    blockChars.set(chars, next);
    next += lines.length;
    firstBlock[i + 1] = next;
  });
  return {
    files,
    paths,
    segment: numbers(files),
    offset: numbers(files),
    bytes: numbers(files),
    chars: numbers(files),
    lines: numbers(files),
    firstLine: numbers(files),
    flags: new Uint8Array(new SharedArrayBuffer(files)),
    sha256: new Uint8Array(new SharedArrayBuffer(files * 32)),
    firstBlock,
    blockLines,
    blockChars,
  };
}

function countReasons(leftOut: readonly LeftOut[]): ContextManifest["leftOut"] {
  const counts: Partial<Record<LeftOutReason, number>> = {};
  for (const { reason } of leftOut) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
