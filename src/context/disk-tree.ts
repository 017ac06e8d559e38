import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { type FileTree, HeldEntries, type TreeEntry, type TreeFolder } from "./file-tree.ts";
import { ignoreFiles } from "./ignore-rules.ts";

/** An ignore file has no more; also a pointer to the insides of a repository. */
const mostRuleBytes = 4 * 1024 * 1024;

/** The folders on disk, with what the editor has not saved yet. */
export class DiskTree implements FileTree {
  readonly #overlays: ReadonlyMap<string, string>;
  readonly #unsaved = new HeldEntries();

  /** @param overlays texts by absolute path, which count over the files */
  constructor(overlays: ReadonlyMap<string, string>) {
    this.#overlays = overlays;
    for (const file of overlays.keys()) this.#unsaved.add(file, path.sep);
  }

  entries({ file }: TreeFolder): TreeEntry[] | null {
    const unsaved = this.#unsaved.in(file.endsWith(path.sep) ? file.slice(0, -1) : file);
    const entries = readFolder(file, unsaved !== null);
    if (!entries || !unsaved) return entries;
    const names = new Set(entries.map((entry) => entry.name));
    for (const [name, entry] of unsaved) if (!names.has(name)) entries.push(entry);
    return entries;
  }

  ignoreTexts({ file }: TreeFolder, entries: readonly TreeEntry[]): string[] {
    const there = ignoreFiles.filter((name) => entries.some((entry) => entry.name === name && entry.isFile()));
    const texts = there.map((name) => {
      const inside = path.join(file, name);
      return this.#overlays.get(inside) ?? readRules(inside);
    });
    const git = entries.find((entry) => entry.name === ".git");
    // The rules that git keeps for one clone alone count less than those of its files.
    return git ? [cloneRules(file, git), ...texts] : texts;
  }

  exists(file: string): boolean {
    return this.#overlays.has(path.normalize(file)) || existsSync(file);
  }
}

/** @param mayBeMissing the folder is there for the editor, if not on disk */
function readFolder(folder: string, mayBeMissing: boolean): TreeEntry[] | null {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return mayBeMissing && isMissing ? [] : null;
  }
}

/** The `info/exclude` of the repository whose work tree a folder is. */
function cloneRules(folder: string, git: TreeEntry): string {
  if (git.isDirectory()) return readRules(path.join(folder, ".git", "info", "exclude"));
  if (!git.isFile()) return "";
  // In a work tree or a submodule `.git` is a file that names the folder; a work tree shares the rules of its clone.
  const [, named] = /^gitdir: (.+?)\r?\n*$/.exec(readRules(path.join(folder, ".git"))) ?? [];
  if (named === undefined) return "";
  const own = path.resolve(folder, named);
  const shared = path.resolve(own, readRules(path.join(own, "commondir")).trim());
  return readRules(path.join(shared, "info", "exclude"));
}

/** The text of a file; empty where there is none, or it is no ordinary file. */
function readRules(file: string): string {
  try {
    const stats = statSync(file);
    return stats.isFile() && stats.size <= mostRuleBytes ? readFileSync(file, "utf8") : "";
  } catch {
    return "";
  }
}
