import { type CancelSignal, throwIfCancelled } from "../rlm/cancel.ts";
import type { LeftOutReason } from "../rlm/context.ts";
import type { FilesSource } from "./collector-protocol.ts";
import { defaultMaxFileBytes, EntryRules, reasonUnread } from "./entry-rules.ts";
import { ignoreFiles } from "./ignore-rules.ts";
import { versionControl } from "./secret-names.ts";

/** Folders that are not on disk. Paths are relative to their root, with `/`, empty for the root itself. Each call may reject. */
export interface VirtualFolders {
  list(folder: string): Promise<readonly VirtualEntry[]>;
  /** Bytes of a file. */
  size(file: string): Promise<number>;
  read(file: string): Promise<Uint8Array>;
}

export interface VirtualEntry {
  readonly name: string;
  readonly kind: "file" | "folder" | "link" | "other";
}

export interface ReadFoldersOptions {
  readonly signal: CancelSignal;
  /** Begins every path of the result where there are several roots: the name of this one. */
  readonly under?: string;
  /** Patterns as in a `.gitignore` of what is left out on top of the ignore files. */
  readonly exclude?: readonly string[];
  readonly maxFileBytes?: number;
  /** What comes after so many files or bytes is left out as too large; deeper folders come later. */
  readonly maxFiles?: number;
  readonly maxBytes?: number;
  /** Files and bytes read so far. */
  onProgress?(files: number, bytes: number): void;
}

const foldersAtOnce = 8;
/** Of each of these folders. */
const filesAtOnce = 8;

/** A folder to visit. */
interface OpenFolder {
  readonly path: string;
  /** Those of the folder that holds it. */
  readonly outer: EntryRules;
}

/**
 * Reads virtual folders for `collect`. What their names, ignore files and sizes leave out is never read.
 * @throws CancelledError
 */
export async function readFolders(
  folders: VirtualFolders,
  options: ReadFoldersOptions,
): Promise<Pick<FilesSource, "files" | "leftOut">> {
  const reading = new FolderReading(folders, options);
  await reading.run();
  return { files: reading.files, leftOut: reading.leftOut };
}

class FolderReading {
  readonly files: { path: string; bytes: Uint8Array }[] = [];
  readonly leftOut: { path: string; reason: LeftOutReason; bytes: number }[] = [];
  readonly #folders: VirtualFolders;
  readonly #options: ReadFoldersOptions;
  readonly #maxFileBytes: number;
  /** Files that are read or on their way. */
  #count = 0;
  #bytes = 0;

  constructor(folders: VirtualFolders, options: ReadFoldersOptions) {
    this.#folders = folders;
    this.#options = options;
    this.#maxFileBytes = options.maxFileBytes ?? defaultMaxFileBytes;
  }

  async run(): Promise<void> {
    const open: OpenFolder[] = [{ path: "", outer: EntryRules.forRoot(this.#options.exclude ?? []) }];
    while (open.length > 0) {
      const found = await Promise.all(open.splice(0, foldersAtOnce).map((folder) => this.#visit(folder)));
      open.push(...found.flat());
    }
  }

  /** Reads the files of a folder. @returns the folders in it */
  async #visit({ path: folder, outer }: OpenFolder): Promise<OpenFolder[]> {
    throwIfCancelled(this.#options.signal);
    const entries = await orNull(() => this.#folders.list(folder));
    if (!entries) {
      this.#leave(`${folder}/`, "unreadable", 0);
      return [];
    }
    const texts = await Promise.all(ignoreFiles.map((name) => this.#rulesOf(folder, name, entries)));
    const rules = outer.within(folder, texts);
    const found = entries
      .filter(({ name }) => !versionControl.has(name))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const placed = found.map(({ name, kind }) => ({ path: pathIn(folder, name), kind }));
    const open = placed.filter(({ path, kind }) => this.#passes(path, kind, rules));
    await this.#readAll(open.filter(({ kind }) => kind === "file"));
    return open.filter(({ kind }) => kind === "folder").map(({ path }) => ({ path, outer: rules }));
  }

  async #rulesOf(folder: string, name: string, entries: readonly VirtualEntry[]): Promise<string> {
    if (!entries.some((entry) => entry.name === name && entry.kind === "file")) return "";
    const bytes = await orNull(() => this.#folders.read(pathIn(folder, name)));
    return Buffer.from(bytes ?? []).toString("utf8");
  }

  /** False where its name or kind says that an entry is left out. */
  #passes(path: string, kind: VirtualEntry["kind"], rules: EntryRules): boolean {
    const isFolder = kind === "folder";
    const byKind = kind === "link" ? "symlink" : kind === "other" ? "unreadable" : null;
    const reason = rules.reasonFor(path, isFolder) ?? byKind;
    if (reason) this.#leave(isFolder ? `${path}/` : path, reason, 0);
    return reason === null;
  }

  async #readAll(files: readonly { readonly path: string }[]): Promise<void> {
    for (let at = 0; at < files.length; at += filesAtOnce) {
      throwIfCancelled(this.#options.signal);
      await Promise.all(files.slice(at, at + filesAtOnce).map(({ path }) => this.#read(path)));
      this.#options.onProgress?.(this.files.length, this.#bytes);
    }
  }

  async #read(path: string): Promise<void> {
    const { maxFiles = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = this.#options;
    const size = await orNull(() => this.#folders.size(path));
    if (size === null) return this.#leave(path, "unreadable", 0);
    const isBeyond = this.#count >= maxFiles || this.#bytes + size > maxBytes;
    const reason = reasonUnread(path, size, this.#maxFileBytes) ?? (isBeyond ? "too-large" : null);
    if (reason) return this.#leave(path, reason, size);
    this.#count += 1;
    this.#bytes += size;
    const bytes = await orNull(() => this.#folders.read(path));
    if (bytes) this.files.push({ path: this.#shown(path), bytes });
    else this.#leave(path, "unreadable", size);
  }

  #leave(path: string, reason: LeftOutReason, bytes: number): void {
    this.leftOut.push({ path: this.#shown(path), reason, bytes });
  }

  #shown(path: string): string {
    return this.#options.under === undefined ? path : `${this.#options.under}/${path}`;
  }
}

function pathIn(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

async function orNull<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch {
    return null;
  }
}
