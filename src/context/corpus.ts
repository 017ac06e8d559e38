import type { ContextManifest, LeftOutReason } from "../rlm/context.ts";

/** A file that no model sees. A folder that was not walked is one entry, whose path ends in `/`. */
export interface LeftOut {
  readonly path: string;
  readonly reason: LeftOutReason;
  readonly bytes: number;
}

/** Files shown as `shown` or under `shown/` are `file` or under it, a path on disk or a URI; an empty `shown` stands for all. */
export interface CorpusRoot {
  readonly shown: string;
  /** Null where there is none. */
  readonly file: string | null;
}

/** One row a file, in the order of the paths. Every array is backed by shared memory. */
export interface CorpusTable {
  readonly files: number;
  /** The shown paths in ascending order, joined by NUL. */
  readonly paths: string;
  /** Index into the segments. */
  readonly segment: Uint32Array;
  /** Where the text begins in its segment, in bytes. */
  readonly offset: Uint32Array;
  readonly bytes: Uint32Array;
  /** UTF-16 code units. */
  readonly chars: Uint32Array;
  readonly lines: Uint32Array;
  /** The number of the first line: 1, or more where the text is a part of a file. */
  readonly firstLine: Uint32Array;
  /** Bits of `fileFlags`. */
  readonly flags: Uint8Array;
  /** 32 bytes a file: the SHA-256 of what is on disk, or of the overlay, before anything was masked. */
  readonly sha256: Uint8Array;
  /** For file i, its blocks are rows `firstBlock[i]` to `firstBlock[i + 1]` of the next two; small files have none. */
  readonly firstBlock: Uint32Array;
  /** Line feeds before the block, within its file. */
  readonly blockLines: Uint32Array;
  /** UTF-16 code units of the characters that begin before the block, within its file. */
  readonly blockChars: Uint32Array;
}

export const fileFlags = { ascii: 1, hasCarriageReturn: 2 } as const;

/** Bytes of a block of a large file. */
export const blockBytes = 64 * 1024;
/** Files of fewer bytes have no blocks. */
export const blocksFrom = 256 * 1024;

/**
 * What a question is about: an immutable plain value. `postMessage` hands it to a worker without copying any text.
 * The texts are UTF-8 without a byte order mark.
 */
export interface Corpus {
  readonly manifest: ContextManifest;
  readonly segments: readonly SharedArrayBuffer[];
  readonly table: CorpusTable;
  /** In the order of the paths. It names secret files, for the user: no model may see those. */
  readonly leftOut: readonly LeftOut[];
  /** Secrets inside the texts that were replaced by placeholders. */
  readonly masked: { readonly secrets: number; readonly files: number };
  /** Characters of the longest line of all. */
  readonly longestLine: number;
  /** For the host: where the files are. */
  readonly roots: readonly CorpusRoot[];
}

/** The shown paths, in ascending order. */
export function pathsOf({ table }: { readonly table: Pick<CorpusTable, "files" | "paths"> }): string[] {
  return table.files === 0 ? [] : table.paths.split("\0");
}

/** The SHA-256 of a file as 64 hexadecimal digits. */
export function sha256Of({ table }: { readonly table: Pick<CorpusTable, "sha256"> }, file: number): string {
  return Buffer.from(table.sha256.subarray(file * 32, file * 32 + 32)).toString("hex");
}
