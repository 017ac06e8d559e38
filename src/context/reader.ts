import { type Chunk, chunks, chunkText } from "./chunks.ts";
import type { Corpus, LeftOut } from "./corpus.ts";
import { CorpusText } from "./corpus-text.ts";
import { find } from "./find.ts";
import { formatHits } from "./format-hits.ts";
import { GuestError } from "./guest-error.ts";
import { globOf, select } from "./guest-glob.ts";
import { isAbsent, kindOf, wholeNumber } from "./guest-values.ts";
import { outline } from "./outline.ts";
import { Provenance } from "./provenance.ts";
import { fileNamed, rangeOf } from "./ranges.ts";
import { count, type SearchResult, search } from "./search.ts";
import { show } from "./show.ts";
import { shownPath } from "./shown-path.ts";
import { type SubContext, subContext } from "./sub-context.ts";
import { closest } from "./suggest.ts";
import { type TextMatch, textIndexOf, textMatchAll, textSlice } from "./text-methods.ts";
import { type Folder, folderAt, folderTree, treeText } from "./tree.ts";

const defaultDepth = 2;

/**
 * What a cell can do with the context. Every argument comes from the guest, as a JSON-like value of any shape (a RegExp
 * as `{source, flags}`), and is checked; what is wrong is a `GuestError`. Secret files do not exist here.
 */
export class ContextReader {
  /** What was done with the files so far. */
  readonly provenance: Provenance;
  readonly #corpus: Corpus;
  readonly #texts: CorpusText;
  #tree: Folder | null = null;

  /** @param options.regexTimeoutMs milliseconds that the matching of one call may take; 5,000 by default */
  constructor(corpus: Corpus, options: { readonly regexTimeoutMs?: number } = {}) {
    this.#corpus = corpus;
    this.#texts = new CorpusText(corpus, options.regexTimeoutMs);
    this.provenance = new Provenance(this.#texts);
    this.#texts.observer = this.provenance;
  }

  /** All paths, in ascending order. */
  paths(): readonly string[] {
    return this.#texts.paths;
  }

  /** The paths that a glob selects. */
  list(glob?: unknown): string[] {
    return select("list", globOf("list", glob), this.#texts.paths).map((file) => {
      this.provenance.listed(file);
      return this.#texts.path(file);
    });
  }

  /** Folders with counts, as text. */
  tree(dir?: unknown, depth?: unknown): string {
    const name = isAbsent(dir) ? "" : dir;
    if (typeof name !== "string") throw new GuestError("TypeError", `tree: dir must be a string, not ${kindOf(dir)}.`);
    const levels = wholeNumber("tree: depth", depth, defaultDepth, 1, 100);
    this.#tree ??= folderTree(this.#corpus);
    const folder = folderAt(this.#tree, name) ?? folderAt(this.#tree, shownPath(name));
    if (folder) return treeText(folder, levels);
    const meant = closest(name.replace(/\/$/, ""), foldersOf(this.#texts.paths));
    const hint = meant === null ? "" : ` Did you mean "${meant}"?`;
    throw new GuestError("Error", `No folder "${name.slice(0, 200)}".${hint}`);
  }

  /** The definitions in the files that a glob selects, with line numbers, as text. */
  outline(glob?: unknown): string {
    return outline(this.#texts, glob);
  }

  /** What was left out and why, secret files apart. */
  omitted(glob?: unknown): LeftOut[] {
    const known = this.#corpus.leftOut.filter((entry) => entry.reason !== "secret");
    const paths = known.map((entry) => entry.path);
    const chosen = new Set(select("omitted", globOf("omitted", glob), paths));
    return known.filter((_, i) => chosen.has(i)).map((entry) => ({ ...entry }));
  }

  /** The raw text of a file; of a range of lines, these joined by line feeds. For a text: `read(from?, to?)`. */
  read(path?: unknown, from?: unknown, to?: unknown): string {
    const implied = this.#isText() && (isAbsent(path) || typeof path === "number");
    const file = implied ? 0 : fileNamed("read", path, this.#texts);
    const [first, last] = implied ? [path, from] : [from, to];
    const range = rangeOf("read", this.#texts, file, first, last);
    this.provenance.gave(file, range.from, range.to);
    if (isAbsent(first) && isAbsent(last)) return this.#texts.text(file);
    return this.#texts.lines(file, range.from, range.to).join("\n");
  }

  /** What `show` prints: numbered lines of a path, of `path:10-40`, or round hits. */
  show(where?: unknown, from?: unknown, to?: unknown): string {
    return show(this.#texts, where, from, to);
  }

  search(pattern: unknown, options?: unknown): SearchResult {
    const result = search(this.#texts, pattern, options);
    for (const { path, line, endLine, before, after } of result.hits) {
      const file = this.#texts.numberOf(path);
      this.provenance.gave(file, line - (before?.length ?? 0), endLine + (after?.length ?? 0));
    }
    return result;
  }

  count(pattern: unknown, options?: unknown): number {
    return count(this.#texts, pattern, options);
  }

  find(question: unknown, options?: unknown): Chunk[] {
    return find(this.#texts, question, options);
  }

  chunks(options?: unknown): Chunk[] {
    return chunks(this.#texts, options);
  }

  chunkText(parts: unknown, numbered?: unknown): string {
    return chunkText(this.#texts, parts, numbered);
  }

  /** What a child run may be asked about. */
  subContext(given: unknown): Promise<SubContext> {
    return subContext(this.#texts, given);
  }

  formatHits(result: unknown): string {
    return formatHits(result);
  }

  /** Characters of a text context. */
  textLength(): number {
    return this.#texts.charCount(0);
  }

  /** The whole text of a text context. */
  wholeText(): string {
    this.provenance.gave(0, this.#texts.firstLine(0), this.#texts.lastLine(0));
    return this.#texts.text(0);
  }

  textSlice(from?: unknown, to?: unknown): string {
    return textSlice(this.#texts, from, to);
  }

  textIndexOf(needle: unknown, from?: unknown): number {
    return textIndexOf(this.#texts, needle, from);
  }

  textMatchAll(pattern: unknown, limit?: unknown): TextMatch[] {
    return textMatchAll(this.#texts, pattern, limit);
  }

  #isText(): boolean {
    return this.#corpus.manifest.kind === "text";
  }
}

function foldersOf(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
      folders.add(path.slice(0, end));
  }
  return [...folders];
}
