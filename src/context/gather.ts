import { realpathSync, statSync } from "node:fs";
import path from "node:path";
import type { MessagePort } from "node:worker_threads";
import type { LeftOutReason } from "../rlm/context.ts";
import type { ContextSource, PathsSource, TextSource } from "./collector-protocol.ts";
import { ContextError } from "./context-error.ts";
import type { Corpus, LeftOut } from "./corpus.ts";
import { CorpusBuilder, type TakeOptions } from "./corpus-builder.ts";
import { isBinaryName } from "./file-kinds.ts";
import { nothingMatches, type Root, resolveRoots, slashed } from "./roots.ts";
import { isUnderSecret } from "./secret-names.ts";
import { sizeOf, walk } from "./walk.ts";

const defaultMaxFileBytes = 1_500_000;
const anySize: TakeOptions = { maxBytes: Number.POSITIVE_INFINITY, choosy: false };

type Progress = (files: number, bytes: number) => void;

/**
 * Reads what a question is about. It blocks its thread.
 * @param digester a thread that hashes, where there is one already
 * @throws ContextError
 */
export async function gather(
  source: ContextSource,
  progress: Progress,
  digester: MessagePort | null = null,
): Promise<Corpus> {
  return source.kind === "text" ? gatherText(source, digester) : new Gatherer(source, progress).run();
}

async function gatherText(source: TextSource, digester: MessagePort | null): Promise<Corpus> {
  const builder = new CorpusBuilder(digester);
  const refusal =
    "text" in source
      ? builder.takeText(source.name, source.text, anySize)
      : takeTextFile(builder, source.name, source.file);
  if (refusal?.reason === "too-large") throw new ContextError("too-large", `"${source.name}" is larger than 4 GB.`);
  if (refusal?.reason === "unreadable") throw new ContextError("unreadable", `"${source.name}" may not be read.`);
  if (refusal) throw new ContextError("unreadable", `"${source.name}" is not a text: it holds binary data.`);
  if (builder.bytes === 0) throw new ContextError("empty", `"${source.name}" is empty.`);
  const roots = "file" in source ? [{ shown: source.name, file: path.resolve(source.file) }] : [];
  return builder.build({ kind: "text", name: source.name, leftOut: [], roots });
}

function takeTextFile(builder: CorpusBuilder, name: string, file: string): ReturnType<CorpusBuilder["takeFile"]> {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats) throw new ContextError("not-found", `There is no file "${name}".`);
  if (stats.isDirectory()) throw new ContextError("unreadable", `"${name}" is a folder, not a text.`);
  if (isUnderSecret(slashed(path.resolve(file))) || isUnderSecret(slashed(realpathSync(file)))) {
    throw new ContextError("empty", `"${name}" is on the list of secret files, which no model may see.`);
  }
  return builder.takeFile(name, file, anySize);
}

class Gatherer {
  readonly #source: PathsSource;
  readonly #progress: Progress;
  readonly #builder = new CorpusBuilder();
  readonly #leftOut = new Map<string, LeftOut>();
  readonly #overlays: ReadonlyMap<string, string>;
  readonly #unsaved: ReadonlyMap<string, ReadonlySet<string>>;
  /** Absolute paths taken already, where several roots may overlap. */
  readonly #taken = new Set<string>();
  readonly #shown = new Set<string>();

  constructor(source: PathsSource, progress: Progress) {
    this.#source = source;
    this.#progress = progress;
    const overlays = (source.overlays ?? []).map(({ file, text }) => [path.resolve(file), text] as const);
    this.#overlays = new Map(overlays);
    this.#unsaved = byFolder([...this.#overlays.keys()]);
  }

  async run(): Promise<Corpus> {
    const roots = resolveRoots(this.#source);
    for (const root of roots) this.#gatherRoot(root);
    if (this.#builder.files === 0) throw this.#nothingLeft(roots);
    this.#progress(this.#builder.files, this.#builder.bytes);
    return this.#builder.build({
      kind: "files",
      name: this.#name(roots),
      leftOut: [...this.#leftOut.values()],
      roots: roots.map(({ shown, file }) => ({ shown, file })),
    });
  }

  #gatherRoot(root: Root): void {
    if (isUnderSecret(slashed(root.file)) || isUnderSecret(slashed(realPath(root.file)))) {
      const slash = root.isFolder ? "/" : "";
      this.#leave((root.shown || path.basename(root.file)) + slash, "secret", sizeOf(root.file));
    } else if (root.isFolder) this.#gatherFolder(root);
    else this.#takeRoot(root);
  }

  #gatherFolder(root: Root): void {
    const prefix = root.shown === "" ? "" : `${root.shown}/`;
    const options = { exclude: this.#source.exclude ?? [], unsaved: this.#unsaved, real: realPath(root.file) };
    const take = { maxBytes: this.#source.maxFileBytes ?? defaultMaxFileBytes, choosy: true };
    let matched = 0;
    walk(root.file, options, {
      onFile: (below, file) => {
        if (root.selects && !root.selects(below)) return;
        matched += 1;
        this.#take(prefix + below, file, take);
      },
      onLeftOut: (below, file, reason) => {
        const shown = below === "/" ? prefix : prefix + below;
        if (root.selects && !root.selects(below.replace(/\/$/, ""))) return;
        matched += 1;
        this.#leave(shown || "./", reason, below.endsWith("/") ? 0 : sizeOf(file));
      },
    });
    if (root.selects && matched === 0) throw nothingMatches(root.named);
  }

  #takeRoot(root: Root): void {
    const maxBytes = this.#source.maxFileBytes ?? Number.POSITIVE_INFINITY;
    this.#take(root.shown, root.file, { maxBytes, choosy: false });
  }

  #take(shown: string, file: string, options: TakeOptions): void {
    if (this.#taken.has(file)) return;
    if (this.#shown.has(shown)) return;
    const overlay = this.#overlays.get(file);
    const refusal =
      overlay === undefined ? this.#read(shown, file, options) : this.#builder.takeText(shown, overlay, options);
    if (refusal) {
      this.#leave(shown, refusal.reason, refusal.bytes);
      return;
    }
    this.#taken.add(file);
    this.#shown.add(shown);
    this.#leftOut.delete(shown);
    if (this.#builder.files % 500 === 0) this.#progress(this.#builder.files, this.#builder.bytes);
  }

  #read(shown: string, file: string, options: TakeOptions): ReturnType<CorpusBuilder["takeFile"]> {
    if (options.choosy && isBinaryName(file)) return { reason: "binary", bytes: sizeOf(file) };
    return this.#builder.takeFile(shown, file, options);
  }

  #leave(path: string, reason: LeftOutReason, bytes: number): void {
    if (!this.#shown.has(path)) this.#leftOut.set(path, { path, reason, bytes });
  }

  #nothingLeft(roots: readonly Root[]): ContextError {
    const named = roots.map((root) => `"${root.named}"`).join(", ");
    const leftOut = [...this.#leftOut.values()];
    if (leftOut.length === 0) return new ContextError("empty", `There are no files in ${named}.`);
    const counts = new Map<string, number>();
    for (const { reason } of leftOut) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).join(", ");
    return new ContextError("empty", `Nothing in ${named} may be asked about: all is left out (${reasons}).`);
  }

  #name(roots: readonly Root[]): string {
    const { base, cwd } = this.#source;
    if (base !== undefined) return path.basename(path.resolve(cwd, base));
    const [only] = roots;
    if (roots.length === 1 && only) return path.basename(only.file) || only.file;
    const names = roots.slice(0, 3).map((root) => root.shown);
    return roots.length > 3 ? `${names.join(", ")} and ${roots.length - 3} more` : names.join(", ");
  }
}

function byFolder(files: readonly string[]): Map<string, Set<string>> {
  const folders = new Map<string, Set<string>>();
  for (const file of files) {
    const names = folders.get(path.dirname(file)) ?? new Set();
    folders.set(path.dirname(file), names.add(path.basename(file)));
  }
  return folders;
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
