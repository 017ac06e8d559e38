import type { LeftOut } from "../../context/corpus.ts";
import type { Amount } from "./context-choice.ts";

/** What was collected, without the texts. */
export interface Listing {
  /** In ascending order. */
  readonly paths: readonly string[];
  /** Characters of each file, in the order of the paths. */
  readonly chars: ArrayLike<number>;
  readonly leftOut: readonly LeftOut[];
}

export type ContextNode = FolderNode | FileNode | MoreNode | LeftOutNode | ReasonNode | OmittedNode;

/** A folder of the context: the files from number `from` to before `to`. */
export interface FolderNode {
  readonly kind: "folder";
  readonly path: string;
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface FileNode {
  readonly kind: "file";
  readonly path: string;
  readonly name: string;
  readonly index: number;
}

/** Stands for those of a folder, or of a reason, that are too many to be shown. */
interface MoreNode {
  readonly kind: "more";
  readonly parent: string;
  readonly count: number;
}

/** The group of all that is left out. */
interface LeftOutNode {
  readonly kind: "left-out";
  readonly count: number;
}

export interface ReasonNode {
  readonly kind: "reason";
  readonly reason: LeftOut["reason"];
  readonly count: number;
}

export interface OmittedNode {
  readonly kind: "omitted";
  readonly entry: LeftOut;
}

/** Items of one folder that are shown at most. */
const mostShown = 1_000;

/** What would be asked about as a tree whose folders are opened one by one: none is built before it is looked into. */
export class ContextTree {
  readonly #listing: Listing;
  readonly #without: ReadonlySet<string>;
  /** Files, and characters, that are in and stand before each number. */
  readonly #filesBefore: Uint32Array;
  readonly #charsBefore: Float64Array;

  /** @param without files and folders that the user has taken out */
  constructor(listing: Listing, without: readonly string[]) {
    this.#listing = listing;
    this.#without = new Set(without);
    const out = this.#takenOut(without);
    const { length } = listing.paths;
    this.#filesBefore = new Uint32Array(length + 1);
    this.#charsBefore = new Float64Array(length + 1);
    for (let i = 0; i < length; i += 1) {
      const isIn = out[i] === 0;
      this.#filesBefore[i + 1] = (this.#filesBefore[i] ?? 0) + (isIn ? 1 : 0);
      this.#charsBefore[i + 1] = (this.#charsBefore[i] ?? 0) + (isIn ? (listing.chars[i] ?? 0) : 0);
    }
  }

  /** Of all that would be asked about. */
  get total(): Amount {
    return this.amount({ from: 0, to: this.#listing.paths.length });
  }

  /** What of some files would be asked about. */
  amount({ from, to }: Pick<FolderNode, "from" | "to">): Amount {
    return {
      files: (this.#filesBefore[to] ?? 0) - (this.#filesBefore[from] ?? 0),
      chars: (this.#charsBefore[to] ?? 0) - (this.#charsBefore[from] ?? 0),
    };
  }

  /** Characters of a file, whether it is in or not. */
  charsOf({ index }: FileNode): number {
    return this.#listing.chars[index] ?? 0;
  }

  /** True where a file, or something in a folder, would be asked about. */
  isIn(node: FolderNode | FileNode): boolean {
    const range = node.kind === "file" ? { from: node.index, to: node.index + 1 } : node;
    return this.amount(range).files > 0;
  }

  /** What lies directly in a folder, folders first; the group of what is left out ends the topmost list. */
  children(folder: string): ContextNode[] {
    const [folders, files] = this.#entries(folder);
    const shown = [...folders, ...files].slice(0, mostShown);
    const count = folders.length + files.length - shown.length;
    const more: ContextNode[] = count > 0 ? [{ kind: "more", parent: folder, count }] : [];
    const { leftOut } = this.#listing;
    const end: ContextNode[] = folder === "" && leftOut.length > 0 ? [{ kind: "left-out", count: leftOut.length }] : [];
    return [...shown, ...more, ...end];
  }

  /** Why files are left out, the commonest reason first. */
  reasons(): ReasonNode[] {
    const counts = new Map<LeftOut["reason"], number>();
    for (const { reason } of this.#listing.leftOut) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    return [...counts]
      .map(([reason, count]): ReasonNode => ({ kind: "reason", reason, count }))
      .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
  }

  omitted(reason: LeftOut["reason"]): ContextNode[] {
    const all = this.#listing.leftOut.filter((entry) => entry.reason === reason);
    const shown = all.slice(0, mostShown).map((entry): ContextNode => ({ kind: "omitted", entry }));
    const count = all.length - shown.length;
    return count > 0 ? [...shown, { kind: "more", parent: reason, count }] : shown;
  }

  /** What is taken out once a file or folder is so as well. */
  withoutAlso(path: string): string[] {
    return [...[...this.#without].filter((one) => !isAtOrBelow(one, path)), path];
  }

  /** What stays out once a file or folder is put back with all in it: of a folder above it that was out, the others. */
  withoutAllBut(path: string): string[] {
    const stays = [...this.#without].filter((one) => !isAtOrBelow(one, path));
    const above = stays.find((one) => isAtOrBelow(path, one));
    if (above === undefined) return stays;
    const others: string[] = [];
    for (let folder = above; folder !== path; ) {
      const [folders, files] = this.#entries(folder);
      const entries = [...folders, ...files].map((entry) => entry.path);
      const next = entries.find((entry) => isAtOrBelow(path, entry));
      others.push(...entries.filter((entry) => entry !== next));
      if (next === undefined) break;
      folder = next;
    }
    return [...stays.filter((one) => one !== above), ...others];
  }

  #entries(folder: string): [FolderNode[], FileNode[]] {
    const { paths } = this.#listing;
    const prefix = folder === "" ? "" : `${folder}/`;
    const end = folder === "" ? paths.length : this.#firstAfter(folder);
    const folders: FolderNode[] = [];
    const files: FileNode[] = [];
    for (let at = folder === "" ? 0 : this.#firstFrom(prefix); at < end; ) {
      const path = paths[at] ?? "";
      const slash = path.indexOf("/", prefix.length);
      if (slash < 0) {
        files.push({ kind: "file", path, name: path.slice(prefix.length), index: at });
        at += 1;
        continue;
      }
      const own = path.slice(0, slash);
      const to = this.#firstAfter(own);
      folders.push({ kind: "folder", path: own, name: own.slice(prefix.length), from: at, to });
      at = to;
    }
    return [folders, files];
  }

  /** Marks the files that were taken out. */
  #takenOut(without: readonly string[]): Uint8Array {
    const out = new Uint8Array(this.#listing.paths.length);
    for (const path of without) {
      out.fill(1, this.#firstFrom(`${path}/`), this.#firstAfter(path));
      const at = this.#firstFrom(path);
      if (this.#listing.paths[at] === path) out[at] = 1;
    }
    return out;
  }

  /** The number of the first file that is not before a path. */
  #firstFrom(path: string): number {
    const { paths } = this.#listing;
    let [low, high] = [0, paths.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((paths[middle] ?? "") < path) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The number of the first file behind all that lie in a folder: `0` follows `/`. */
  #firstAfter(folder: string): number {
    return this.#firstFrom(`${folder}0`);
  }
}

function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
