import { formatCount } from "../rlm/format.ts";
import { type Corpus, pathsOf } from "./corpus.ts";

const filesShown = 12;
const linesShown = 200;

export interface Folder {
  readonly name: string;
  readonly folders: Map<string, Folder>;
  readonly files: { name: string; chars: number }[];
  count: number;
  chars: number;
}

/** The folders of a corpus, with what is in each in all. */
export function folderTree(corpus: Corpus): Folder {
  const root = emptyFolder("");
  pathsOf(corpus).forEach((path, i) => {
    addFile(root, path.split("/"), corpus.table.chars[i] ?? 0);
  });
  return root;
}

/** The folder at a path, or null. */
export function folderAt(root: Folder, path: string): Folder | null {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  let folder: Folder | undefined = root;
  for (const part of parts) folder = folder?.folders.get(part);
  return folder ?? null;
}

/** Folders with counts, largest files first where not all fit; a chain of single folders is one line. */
export function treeText(folder: Folder, depth: number, most = linesShown): string {
  const lines: string[] = [];
  addLines(folder, depth, "", lines);
  if (lines.length <= most) return lines.join("\n");
  return [...lines.slice(0, most), `[${lines.length - most} more lines; give a folder or a smaller depth]`].join("\n");
}

export function size(chars: number): string {
  if (chars < 1_000) return String(chars);
  return chars < 1_000_000 ? `${Math.round(chars / 1_000)}k` : `${(chars / 1_000_000).toFixed(1)}M`;
}

function addLines(folder: Folder, depth: number, indent: string, lines: string[]): void {
  for (const child of folder.folders.values()) {
    const { name, end } = collapsed(child);
    const files = `${formatCount(end.count)} file${end.count === 1 ? "" : "s"}`;
    lines.push(`${indent}${name}/ ${files}, ${size(end.chars)} chars`);
    if (depth > 1) addLines(end, depth - 1, `${indent}  `, lines);
  }
  const shown = folder.files.length <= filesShown ? folder.files : largest(folder.files, filesShown - 2);
  for (const file of shown) lines.push(`${indent}${file.name} ${size(file.chars)}`);
  const more = folder.files.slice(shown.length).length;
  if (more > 0) lines.push(`${indent}… ${formatCount(more)} more files`);
}

function largest(files: Folder["files"], most: number): Folder["files"] {
  const kept = new Set(files.toSorted((a, b) => b.chars - a.chars).slice(0, most));
  return files.filter((file) => kept.has(file));
}

function collapsed(folder: Folder): { name: string; end: Folder } {
  let [name, end] = [folder.name, folder];
  for (
    let [only] = end.folders.values();
    only && end.folders.size === 1 && end.files.length === 0;
    [only] = end.folders.values()
  ) {
    name = `${name}/${only.name}`;
    end = only;
  }
  return { name, end };
}

function addFile(root: Folder, parts: readonly string[], chars: number): void {
  let folder = root;
  parts.forEach((part, depth) => {
    folder.count += 1;
    folder.chars += chars;
    if (depth === parts.length - 1) folder.files.push({ name: part, chars });
    else {
      const next = folder.folders.get(part) ?? emptyFolder(part);
      folder.folders.set(part, next);
      folder = next;
    }
  });
}

function emptyFolder(name: string): Folder {
  return { name, folders: new Map(), files: [], count: 0, chars: 0 };
}
