import path from "node:path";
import type { ContextView } from "../rlm/context.ts";
import { card } from "./card.ts";
import { type Corpus, type CorpusRoot, type LeftOut, sha256Of } from "./corpus.ts";
import { CorpusText } from "./corpus-text.ts";
import { numberedBlock } from "./ranges.ts";
import { pathOnDisk } from "./shown-path.ts";

/** The context as the loop and the user see it. */
export interface CorpusView extends ContextView {
  /** UTF-8 bytes of each text, in the order of the paths. */
  readonly bytes: Readonly<Uint32Array>;
  /** The absolute path of a shown path on disk, or null where it has none. */
  fileOf(path: string): string | null;
  /** Everything that was left out, secret files too: for the user, never for a model. */
  readonly omitted: readonly LeftOut[];
  /** Secrets inside the texts that no model sees, and in how many files. */
  readonly masked: Corpus["masked"];
}

export function viewOf(corpus: Corpus): CorpusView {
  const texts = new CorpusText(corpus);
  return {
    manifest: corpus.manifest,
    roots: corpus.roots.flatMap(({ shown, file }) => (file === null ? [] : [{ shown, file }])),
    paths: texts.paths,
    sizes: corpus.table.chars,
    bytes: corpus.table.bytes,
    sha256: (shown) => {
      const file = texts.numberOf(shown);
      return file < 0 ? null : sha256Of(corpus, file);
    },
    text: (shown, from, to) => texts.lines(texts.numberOf(shown), from, to),
    omitted: corpus.leftOut,
    masked: corpus.masked,
    card: () => card(texts),
    numbered: () => {
      const blocks = texts.paths.map((shown, file) => {
        const range = { file, from: texts.firstLine(file), to: texts.lastLine(file) };
        return range.to < range.from ? `${shown} is empty.` : numberedBlock(texts, range);
      });
      return blocks.join("\n\n");
    },
    lines: (shown) => {
      const file = texts.numberOf(shown);
      return file < 0 ? null : { from: texts.firstLine(file), to: texts.lastLine(file) };
    },
    fileOf: (shown) => (texts.numberOf(shown) < 0 ? null : fileUnder(corpus.roots, shown)),
  };
}

/** Where a shown path is, on disk or as a URI, by the root with the longest name, as roots may be nested; null where it is under none. */
export function fileUnder(roots: readonly CorpusRoot[], shown: string): string | null {
  if (pathOnDisk(shown).split(/[\\/]/).includes("..")) return null;
  const under = roots.filter((root) => root.shown === "" || shown === root.shown || shown.startsWith(`${root.shown}/`));
  const [root] = under.toSorted((a, b) => b.shown.length - a.shown.length);
  if (!root || root.file === null) return null;
  const below = pathOnDisk(root.shown === "" ? shown : shown.slice(root.shown.length + 1));
  if (below === "") return root.file;
  return isAddress(root.file) ? addressBelow(root.file, below) : path.join(root.file, below);
}

/** True for a URI; a drive's letter is no scheme. */
function isAddress(file: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(file);
}

function addressBelow(folder: string, below: string): string {
  const parts = below.split("/").map(encodeURIComponent);
  return `${folder.replace(/\/$/, "")}/${parts.join("/")}`;
}
