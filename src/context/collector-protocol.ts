import type { MessagePort } from "node:worker_threads";
import type { ContextErrorCode } from "./context-error.ts";
import type { Corpus } from "./corpus.ts";
import type { DigestJob } from "./digest.ts";

/** What is collected. Paths are relative to `cwd` or absolute. */
export type ContextSource =
  | {
      readonly kind: "paths";
      /** Folders, files and globs. */
      readonly paths: readonly string[];
      readonly cwd: string;
      /** The folder that all shown paths are relative to. */
      readonly base?: string;
      /** Patterns as in a `.gitignore` of what is left out on top of the ignore files. */
      readonly exclude?: readonly string[];
      /** Larger files are left out; by default 1.5 MB, and none that was named outright. */
      readonly maxFileBytes?: number;
      /** Unsaved text of the editor, which counts over the file. `file` is an absolute path. */
      readonly overlays?: readonly { readonly file: string; readonly text: string }[];
    }
  | { readonly kind: "text"; readonly name: string; readonly file: string }
  | { readonly kind: "text"; readonly name: string; readonly text: string };

export type PathsSource = Extract<ContextSource, { kind: "paths" }>;
export type TextSource = Extract<ContextSource, { kind: "text" }>;

/** `digester` and `port` join the two threads where both are started at once. */
export type CollectorStart =
  | { readonly role: "collect"; readonly source: ContextSource; readonly digester?: MessagePort }
  | { readonly role: "digest"; readonly port?: MessagePort };

export type FromCollector =
  | { readonly type: "progress"; readonly files: number; readonly bytes: number }
  | { readonly type: "corpus"; readonly corpus: Corpus }
  | { readonly type: "error"; readonly code: ContextErrorCode; readonly message: string };

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
