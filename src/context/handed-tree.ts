import { type FileTree, HeldEntries, type TreeEntry, type TreeFolder } from "./file-tree.ts";
import { ignoreFiles } from "./ignore-rules.ts";

/** Files that were handed over as bytes, by their paths relative to one root, with `/`. */
export class HandedTree implements FileTree {
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #entries = new HeldEntries();

  constructor(files: ReadonlyMap<string, Uint8Array>) {
    this.#files = files;
    for (const file of files.keys()) this.#entries.add(file, "/");
  }

  entries({ below }: TreeFolder): TreeEntry[] {
    return [...(this.#entries.in(below)?.values() ?? [])];
  }

  ignoreTexts({ below }: TreeFolder): string[] {
    return ignoreFiles.map((name) => {
      return Buffer.from(this.#files.get(below === "" ? name : `${below}/${name}`) ?? []).toString("utf8");
    });
  }

  exists(file: string): boolean {
    return this.#files.has(file.replace(/^\/+/, ""));
  }
}
