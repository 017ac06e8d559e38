import type { MessagePort } from "node:worker_threads";
import type { ContextErrorCode } from "./context-error.ts";
import type { Corpus, CorpusRoot, LeftOut } from "./corpus.ts";
import type { DigestJob } from "./digest.ts";
import type { ReadBatch, Reading } from "./read-batch.ts";

/**
 * Text that the editor has not saved: it counts over the file, which need not be on disk yet if it lies under what was named.
 * A notebook's is JSON as in its file. `name` instead of `file` is that of a text which is no file at all yet; it is shown
 * under this name, and `address` is the URI by which it can be opened.
 */
export type Overlay =
  | { readonly file: string; readonly text: string }
  | { readonly name: string; readonly text: string; readonly address?: string };

/** What holds for all files, from wherever they are. */
interface FilesOptions {
  /** Larger files are left out; by default 1.5 MB, and none that was named outright. */
  readonly maxFileBytes?: number;
  /** Where everything is left out, that is told by an empty corpus rather than by an error. */
  readonly mayBeEmpty?: boolean;
  /** Of `paths` with absolute paths, of `files` with paths as those of the files. */
  readonly overlays?: readonly Overlay[];
  /** Files and folders that the user has taken out, by their paths as they are shown, folders without a `/` at the end. */
  readonly without?: readonly string[];
}

/** What is collected. Paths are relative to `cwd` or absolute. */
export type ContextSource =
  | (FilesOptions & {
      readonly kind: "paths";
      /** Folders, files and globs. */
      readonly paths: readonly string[];
      readonly cwd: string;
      /** The folder that all shown paths are relative to. */
      readonly base?: string;
      /** Patterns as in a `.gitignore` of what is left out on top of the ignore files. */
      readonly exclude?: readonly string[];
    })
  | (FilesOptions & {
      /** Files that are not on disk, as of a virtual workspace. Paths are relative, with `/`; with several roots they begin with a root's name. */
      readonly kind: "files";
      readonly name: string;
      readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
      /** What was passed by before it was read. */
      readonly leftOut: readonly LeftOut[];
      /** Where they are, as URIs. */
      readonly roots?: readonly CorpusRoot[];
    })
  | { readonly kind: "text"; readonly name: string; readonly file: string }
  | { readonly kind: "text"; readonly name: string; readonly text: string };

/** A text that came through a pipe: its bytes are decoded as those of a file are. */
export interface PipedSource {
  readonly kind: "piped";
  readonly name: string;
  readonly bytes: Uint8Array;
}

export type PathsSource = Extract<ContextSource, { kind: "paths" }>;
export type FilesSource = Extract<ContextSource, { kind: "files" }>;
export type TextSource = Extract<ContextSource, { kind: "text" }>;

/** `helper` and `port` join two threads that are started at once: one that digests for a text, else one that reads. */
export type CollectorStart =
  | { readonly role: "collect"; readonly source: ContextSource | PipedSource; readonly helper?: MessagePort }
  | { readonly role: "read" | "digest"; readonly port?: MessagePort };

export type FromCollector =
  | { readonly type: "progress"; readonly files: number; readonly bytes: number }
  | { readonly type: "corpus"; readonly corpus: Corpus }
  | { readonly type: "error"; readonly code: ContextErrorCode; readonly message: string };

/** First the memory of `Claims` and of `SharedProgress`. After `end` no batch comes: the thread says what it has read. */
export type ToReader =
  | { readonly type: "start"; readonly claims: SharedArrayBuffer; readonly progress: SharedArrayBuffer }
  | { readonly type: "batch"; readonly batch: ReadBatch }
  | { readonly type: "end" };

export interface FromReader {
  readonly reading: Reading;
}

export type ToDigester =
  | { readonly type: "segment"; readonly segment: SharedArrayBuffer }
  | { readonly type: "jobs"; readonly jobs: readonly DigestJob[] };

/** The digests of one batch of jobs; the arrays run side by side. */
export interface FromDigester {
  readonly file: readonly number[];
  readonly masked: readonly number[];
  /** 32 bytes each, zeros where none was asked for. */
  readonly sha256: Uint8Array;
}
