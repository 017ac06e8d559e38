import type { LineRange } from "./coverage.ts";

/** Why a file of the context is not shown to any model. */
export type LeftOutReason =
  | "secret"
  | "ignored"
  | "binary"
  | "too-large"
  | "minified"
  | "generated"
  | "symlink"
  | "unreadable";

/** What a question is about, in numbers. */
export interface ContextManifest {
  /** `files`: a set of files. `text`: one text, from a file or stdin. */
  readonly kind: "files" | "text";
  /** The folder's or the text's name, as shown to the user. */
  readonly name: string;
  readonly files: number;
  readonly chars: number;
  readonly bytes: number;
  readonly lines: number;
  /** Number of files left out, by reason. */
  readonly leftOut: Readonly<Partial<Record<LeftOutReason, number>>>;
}

/** The context as the loop sees it: enough for the card, the direct call and the citations. */
export interface ContextView {
  readonly manifest: ContextManifest;
  /** Where the files are. */
  readonly roots: readonly { readonly shown: string; readonly file: string }[];
  /** In ascending order. */
  readonly paths: readonly string[];
  /** UTF-16 code units of each file, in the order of the paths. */
  readonly sizes: Readonly<Uint32Array>;
  /** The SHA-256 of a file as it was collected, in hexadecimal; null where there is no such file. */
  sha256(path: string): string | null;
  /** Lines of a file, of which the context has these. */
  text(path: string, from: number, to: number): readonly string[];
  /** The context card of section 3 of the design, about 1,500 characters, without the budget. */
  card(): string;
  /** The whole context as numbered lines under `path:from-to` heads. */
  numbered(): string;
  /** The first and the last line of a file, of an empty one 1 and 0; null where there is no such file. */
  lines(path: string): { readonly from: number; readonly to: number } | null;
}

/** Every line of a context. */
export function allLines(context: ContextView): LineRange[] {
  return context.paths.flatMap((path) => {
    const lines = context.lines(path);
    return lines && lines.to >= lines.from ? [{ path, ...lines }] : [];
  });
}
