import type { Dirent } from "node:fs";

export type TreeEntry = Pick<Dirent, "name" | "isFile" | "isDirectory" | "isSymbolicLink">;

/** A folder of a walk: its path relative to the walk's root, empty for the root itself, and its absolute path. */
export interface TreeFolder {
  readonly below: string;
  readonly file: string;
}

/** The files that a walk goes through. */
export interface FileTree {
  /** What lies in a folder, in any order; null where it may not be read. */
  entries(folder: TreeFolder): TreeEntry[] | null;
  /** The texts of the ignore files of a folder, the later one winning. */
  ignoreTexts(folder: TreeFolder, entries: readonly TreeEntry[]): string[];
  /** @param file an absolute path, with `/` */
  exists(file: string): boolean;
}

/** Files and folders that are not on disk, by the paths of their folders. */
export class HeldEntries {
  readonly #folders = new Map<string, Map<string, TreeEntry>>();

  /** @param file a path whose parts are separated by `separator`; the folders above it are there as well */
  add(file: string, separator: string): void {
    let entry = heldEntry(file.slice(file.lastIndexOf(separator) + 1), false);
    for (let at = file.lastIndexOf(separator); ; at = file.lastIndexOf(separator, at - 1)) {
      const folder = file.slice(0, Math.max(0, at));
      const known = this.#folders.get(folder);
      if (known) {
        if (!known.has(entry.name)) known.set(entry.name, entry);
        return;
      }
      this.#folders.set(folder, new Map([[entry.name, entry]]));
      if (at <= 0) return;
      entry = heldEntry(folder.slice(folder.lastIndexOf(separator) + 1), true);
    }
  }

  /** What lies in a folder; null where nothing is known to. */
  in(folder: string): ReadonlyMap<string, TreeEntry> | null {
    return this.#folders.get(folder) ?? null;
  }
}

function heldEntry(name: string, isFolder: boolean): TreeEntry {
  return { name, isFile: () => !isFolder, isDirectory: () => isFolder, isSymbolicLink: () => false };
}
