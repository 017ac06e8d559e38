import { realpathSync, statSync } from "node:fs";
import path from "node:path";
import type { MessagePort } from "node:worker_threads";
import type { ContextSource, PathsSource, PipedSource, TextSource } from "./collector-protocol.ts";
import { ContextError } from "./context-error.ts";
import type { Corpus, CorpusRoot } from "./corpus.ts";
import { CorpusBuilder, type Refusal, type TakeOptions } from "./corpus-builder.ts";
import { corpusOf } from "./corpus-parts.ts";
import { DiskTree } from "./disk-tree.ts";
import { defaultMaxFileBytes } from "./entry-rules.ts";
import { isBinaryName } from "./file-kinds.ts";
import { gatherFiles } from "./gather-files.ts";
import { overlayTexts, takeNamedTexts } from "./overlays.ts";
import { specialKind } from "./piped-text.ts";
import { ReadPool } from "./read-pool.ts";
import { nothingMatches, type Root, resolveRoots, slashed } from "./roots.ts";
import { isUnderSecret } from "./secret-names.ts";
import { shownPath } from "./shown-path.ts";
import { Tally } from "./tally.ts";
import { sizeOf, walk } from "./walk.ts";

const anySize: TakeOptions = { maxBytes: Number.POSITIVE_INFINITY, choosy: false };

type Progress = (files: number, bytes: number) => void;

/**
 * Reads what a question is about. It blocks its thread.
 * @param helper another thread, where there is one already: one that reads files, for a text one that hashes
 * @throws ContextError
 */
export async function gather(
  source: ContextSource | PipedSource,
  progress: Progress,
  helper: MessagePort | null = null,
): Promise<Corpus> {
  if (source.kind === "paths") return new Gatherer(source, progress, helper).run();
  return source.kind === "files" ? gatherFiles(source, progress) : gatherText(source, helper);
}

async function gatherText(source: TextSource | PipedSource, digester: MessagePort | null): Promise<Corpus> {
  const builder = new CorpusBuilder(digester);
  const name = shownPath(source.name);
  const refusal = takeText(builder, name, source);
  if (refusal?.reason === "too-large") throw new ContextError("too-large", `"${name}" is larger than 4 GB.`);
  if (refusal?.reason === "unreadable") throw new ContextError("unreadable", `"${name}" may not be read.`);
  if (refusal) throw new ContextError("unreadable", `"${name}" is not a text: it holds binary data.`);
  if (builder.bytes === 0) throw new ContextError("empty", `"${name}" is empty.`);
  const roots = "file" in source ? [{ shown: name, file: path.resolve(source.file) }] : [];
  return corpusOf([await builder.finish()], { kind: "text", name, leftOut: [], roots });
}

function takeText(builder: CorpusBuilder, name: string, source: TextSource | PipedSource): Refusal | null {
  if ("text" in source) return builder.takeText(name, source.text, anySize);
  if ("file" in source) return takeTextFile(builder, name, source.file);
  return builder.takeBytes(
    name,
    Buffer.from(source.bytes.buffer, source.bytes.byteOffset, source.bytes.length),
    anySize,
  );
}

function takeTextFile(builder: CorpusBuilder, name: string, file: string): Refusal | null {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats) throw new ContextError("not-found", `There is no file "${name}".`);
  if (stats.isDirectory()) throw new ContextError("unreadable", `"${name}" is a folder, not a text.`);
  if (!stats.isFile()) throw new ContextError("unreadable", `"${name}" is ${specialKind(stats)}, not a text.`);
  if (isUnderSecret(slashed(path.resolve(file))) || isUnderSecret(slashed(realPath(file)))) {
    throw new ContextError("empty", `"${name}" is on the list of secret files, which no model may see.`);
  }
  return builder.takeFile(name, file, anySize);
}

class Gatherer {
  readonly #source: PathsSource;
  readonly #mayOverlap: boolean;
  readonly #builder = new CorpusBuilder();
  readonly #pool: ReadPool;
  readonly #tally: Tally;
  readonly #overlays: ReadonlyMap<string, string>;
  readonly #tree: DiskTree;
  /** Absolute paths that were named outright: they are taken whatever they hold. */
  readonly #named = new Set<string>();
  /** Absolute paths that are taken or will be read: several roots may overlap. */
  readonly #files = new Set<string>();
  readonly #namedFile: TakeOptions;
  readonly #walkedFile: TakeOptions;

  constructor(source: PathsSource, progress: Progress, helper: MessagePort | null) {
    this.#source = source;
    this.#mayOverlap = source.paths.length > 1;
    this.#namedFile = { maxBytes: source.maxFileBytes ?? Number.POSITIVE_INFINITY, choosy: false };
    this.#walkedFile = { maxBytes: source.maxFileBytes ?? defaultMaxFileBytes, choosy: true };
    this.#pool = new ReadPool(this.#builder, progress, helper);
    this.#tally = new Tally(source);
    this.#overlays = overlayTexts(source.overlays, (file) => path.resolve(file));
    this.#tree = new DiskTree(this.#overlays);
  }

  async run(): Promise<Corpus> {
    const { overlays, mayBeEmpty } = this.#source;
    const roots = resolveRoots(this.#source, this.#overlays);
    for (const root of roots) if (!root.isFolder) this.#named.add(root.file);
    for (const root of roots) this.#gatherRoot(root);
    const unnamed = takeNamedTexts(overlays, this.#builder, this.#tally, this.#namedFile);
    const readings = await this.#pool.finish();
    for (const { shown, reason, bytes } of readings.flatMap(({ refused }) => refused)) {
      this.#tally.takeBack(shown, reason, bytes);
    }
    const leftOut = this.#tally.finish(
      roots.map((root) => shownPath(root.named)),
      mayBeEmpty,
    );
    const places: CorpusRoot[] = [...roots.map(({ shown, file }) => ({ shown, file })), ...unnamed];
    return corpusOf(
      readings.map(({ part }) => part),
      { kind: "files", name: this.#name(roots), leftOut, roots: places },
    );
  }

  #gatherRoot(root: Root): void {
    if (
      isUnderSecret(slashed(root.file), root.isFolder) ||
      isUnderSecret(slashed(realPath(root.file)), root.isFolder)
    ) {
      const slash = root.isFolder ? "/" : "";
      this.#tally.leave((root.shown || shownPath(path.basename(root.file))) + slash, "secret", sizeOf(root.file));
    } else if (this.#tally.isUnderTakenOut(root.shown)) {
      this.#tally.leave(root.shown + (root.isFolder ? "/" : ""), "ignored", root.isFolder ? 0 : sizeOf(root.file));
    } else if (root.isFolder) this.#gatherFolder(root);
    else this.#take(root.shown, root.file, this.#namedFile);
  }

  #gatherFolder(root: Root): void {
    const prefix = root.shown === "" ? "" : `${root.shown}/`;
    const real = realPath(root.file);
    const exclude = this.#source.exclude ?? [];
    const isTakenOut = (below: string) => this.#tally.isTakenOut(prefix + shownPath(below));
    const options = { tree: this.#tree, root: root.file, real, exclude, isTakenOut };
    let matched = 0;
    walk(options, {
      onFile: (below, file) => {
        if (root.selects && !root.selects(below)) return;
        matched += 1;
        this.#take(prefix + shownPath(below), file, this.#named.has(file) ? this.#namedFile : this.#walkedFile);
      },
      onLeftOut: (below, file, reason) => {
        const shown = below === "/" ? prefix : prefix + shownPath(below);
        if (root.selects && !root.selects(below.replace(/\/$/, ""))) return;
        matched += 1;
        this.#tally.leave(shown || "./", reason, below.endsWith("/") ? 0 : sizeOf(file));
      },
    });
    if (root.selects && matched === 0) throw nothingMatches(root.named);
  }

  #take(shown: string, file: string, options: TakeOptions): void {
    if (this.#tally.has(shown) || (this.#mayOverlap && this.#files.has(file))) return;
    const overlay = this.#overlays.get(file);
    const refusal =
      overlay === undefined ? this.#read(shown, file, options) : this.#builder.takeText(shown, overlay, options);
    if (refusal) {
      this.#tally.leave(shown, refusal.reason, refusal.bytes);
      return;
    }
    if (this.#mayOverlap) this.#files.add(file);
    this.#tally.take(shown);
  }

  /** Reads a file later, unless its name says enough. */
  #read(shown: string, file: string, options: TakeOptions): Refusal | null {
    if (options.choosy && isBinaryName(file)) return { reason: "binary", bytes: sizeOf(file) };
    this.#pool.add(shown, file, options);
    return null;
  }

  #name(roots: readonly Root[]): string {
    const { base, cwd } = this.#source;
    if (base !== undefined) return shownPath(path.basename(path.resolve(cwd, base)));
    const [only] = roots;
    if (roots.length === 1 && only) return shownPath(path.basename(only.file) || only.file);
    const names = roots.slice(0, 3).map((root) => root.shown);
    return roots.length > 3 ? `${names.join(", ")} and ${roots.length - 3} more` : names.join(", ");
  }
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
