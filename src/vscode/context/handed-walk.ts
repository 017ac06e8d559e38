import type { LeftOut } from "../../context/corpus.ts";
import { defaultMaxFileBytes, EntryRules, reasonUnread } from "../../context/entry-rules.ts";
import { ignoreFiles } from "../../context/ignore-rules.ts";
import { versionControl } from "../../context/secret-names.ts";
import type { CancelSignal } from "../../rlm/cancel.ts";
import { Semaphore } from "../../rlm/semaphore.ts";

/** A file system that Node can't read, such as a repository on a server. Places are its own addresses. */
export interface HandedFileSystem<Place> {
  /** What lies in a folder; links are neither file nor folder. */
  list(folder: Place): Promise<readonly HandedEntry[]>;
  child(folder: Place, name: string): Place;
  /** Bytes. */
  size(file: Place): Promise<number>;
  read(file: Place): Promise<Uint8Array>;
}

export interface HandedEntry {
  readonly name: string;
  readonly kind: "file" | "folder" | "other";
}

/** A file or folder that is asked about. */
export interface HandedRoot<Place> {
  readonly place: Place;
  /** How it is shown; empty for a folder whose files are shown relative to it. */
  readonly shown: string;
  readonly isFolder: boolean;
}

/** What is read at most: everything goes over a network, one file at a time. */
export interface HandedLimits {
  readonly files: number;
  readonly bytes: number;
}

export const defaultHandedLimits: HandedLimits = { files: 20_000, bytes: 200_000_000 };

export interface HandedOptions {
  readonly signal: CancelSignal;
  /** Patterns as in a `.gitignore`. */
  readonly exclude: readonly string[];
  /** Shown paths that the user has taken out. */
  readonly without: readonly string[];
  readonly limits?: HandedLimits;
  onProgress?(files: number, bytes: number): void;
}

export interface HandedFiles {
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  readonly leftOut: readonly LeftOut[];
  /** True where a limit has ended it: there are more files. */
  readonly cut: boolean;
}

const atATime = 16;

/**
 * Reads files and folders, without what is left out by name or size: that is not even fetched.
 * @throws CancelledError
 */
export async function walkHanded<Place>(
  system: HandedFileSystem<Place>,
  roots: readonly HandedRoot<Place>[],
  options: HandedOptions,
): Promise<HandedFiles> {
  const walk = new HandedWalk(system, options);
  const rules = EntryRules.forRoot(options.exclude);
  await Promise.all(
    roots.map(({ place, shown, isFolder }) =>
      isFolder ? walk.folder(place, shown, "", rules) : walk.file(place, shown, shown, rules),
    ),
  );
  return walk.result();
}

class HandedWalk<Place> {
  readonly #system: HandedFileSystem<Place>;
  readonly #options: HandedOptions;
  readonly #limits: HandedLimits;
  readonly #without: ReadonlySet<string>;
  readonly #places = new Semaphore(atATime);
  readonly #files = new Map<string, Uint8Array>();
  readonly #leftOut: LeftOut[] = [];
  /** Files and bytes that are read, or will be. */
  #taken = 0;
  #bytes = 0;
  #cut = false;

  constructor(system: HandedFileSystem<Place>, options: HandedOptions) {
    this.#system = system;
    this.#options = options;
    this.#limits = options.limits ?? defaultHandedLimits;
    this.#without = new Set(options.without);
  }

  /** @param below the path relative to its root, by which rules go */
  async folder(place: Place, shown: string, below: string, outer: EntryRules): Promise<void> {
    const entries = await this.#tried(`${shown}/`, 0, async () => this.#unlessFull(() => this.#system.list(place)));
    if (!entries) return;
    const rules = outer.within(below, await this.#ignoreTexts(place, entries));
    const seen = entries.filter(({ name }) => !versionControl.has(name));
    await Promise.all(
      seen.map(({ name, kind }) => {
        const path = { shown: joined(shown, name), below: joined(below, name) };
        const child = this.#system.child(place, name);
        if (kind === "file") return this.file(child, path.shown, path.below, rules);
        if (kind === "other") return this.#leave(path.shown, "symlink", 0);
        const reason = this.#reasonFor(path.shown, path.below, true, rules);
        return reason ? this.#leave(`${path.shown}/`, reason, 0) : this.folder(child, path.shown, path.below, rules);
      }),
    );
  }

  async file(place: Place, shown: string, below: string, rules: EntryRules): Promise<void> {
    const reason = this.#reasonFor(shown, below, false, rules);
    if (reason) return this.#leave(shown, reason, 0);
    const size = await this.#tried(shown, 0, async () => this.#unlessFull(() => this.#system.size(place)));
    if (size == null) return;
    const unread = reasonUnread(below, size, defaultMaxFileBytes);
    if (unread) return this.#leave(shown, unread, size);
    if (!this.#hasRoom(size)) return;
    const bytes = await this.#tried(shown, size, () => this.#system.read(place));
    if (!bytes) return;
    this.#files.set(shown, bytes);
    this.#options.onProgress?.(this.#files.size, this.#bytes);
  }

  result(): HandedFiles {
    const files = [...this.#files].map(([path, bytes]) => ({ path, bytes }));
    return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), leftOut: this.#leftOut, cut: this.#cut };
  }

  #reasonFor(shown: string, below: string, isFolder: boolean, rules: EntryRules): "secret" | "ignored" | null {
    return rules.reasonFor(below, isFolder) ?? (this.#without.has(shown) ? "ignored" : null);
  }

  /** @returns null where no more files may be read: nobody asks the system about the others */
  #unlessFull<T>(work: () => Promise<T>): Promise<T> | null {
    if (this.#taken < this.#limits.files) return work();
    this.#cut = true;
    return null;
  }

  #hasRoom(size: number): boolean {
    const { files, bytes } = this.#limits;
    if (this.#taken >= files || this.#bytes + size > bytes) {
      this.#cut = true;
      return false;
    }
    this.#taken += 1;
    this.#bytes += size;
    return true;
  }

  async #ignoreTexts(place: Place, entries: readonly HandedEntry[]): Promise<string[]> {
    const there = ignoreFiles.filter((name) => entries.some((entry) => entry.name === name && entry.kind === "file"));
    const texts = there.map(async (name) => {
      const read = () => this.#system.read(this.#system.child(place, name));
      return Buffer.from((await this.#limited(read).catch(() => null)) ?? []).toString("utf8");
    });
    return Promise.all(texts);
  }

  /** @returns undefined where it can't be read, which is kept */
  async #tried<T>(shown: string, bytes: number, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#limited(work);
    } catch (error) {
      if (this.#options.signal.aborted) throw error;
      this.#leave(shown, "unreadable", bytes);
      return undefined;
    }
  }

  #limited<T>(work: () => Promise<T>): Promise<T> {
    return this.#places.run(this.#options.signal, work);
  }

  #leave(path: string, reason: LeftOut["reason"], bytes: number): void {
    this.#leftOut.push({ path, reason, bytes });
  }
}

function joined(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}
