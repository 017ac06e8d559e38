import type { FileLook } from "./coverage.ts";
import type { CoverageArea } from "./events.ts";

/** A file of the context with what is known of it. */
export interface MappedFile extends FileLook {
  readonly path: string;
  /** UTF-16 code units. */
  readonly chars: number;
}

/** Areas that a map has at most, but for files that a model was shown. */
const mostAreas = 600;
/** A folder with more entries than this stays one area, without the files in it that code has read. */
const mostEntries = 200;

interface Folder {
  readonly path: string;
  readonly folders: Map<string, Folder>;
  readonly files: MappedFile[];
  chars: number;
}

/**
 * Cuts a context into areas of which none is much larger than it must be: files and, where there are too many, folders.
 * Every file is in one area. The path of a folder ends in `/`; the empty one stands for all that is in no other.
 */
export function mapCoverage(files: readonly MappedFile[]): CoverageArea[] {
  const whole = folderTree(files);
  const open: Folder[] = [whole];
  const leaves: MappedFile[] = [];
  const closed: Folder[] = [];
  while (open.length > 0) {
    const largest = open.reduce((a, b) => (b.chars > a.chars ? b : a));
    open.splice(open.indexOf(largest), 1);
    const room = mostAreas - open.length - closed.length - leaves.length;
    const entries = largest.folders.size + largest.files.length;
    if (entries > room || entries > mostEntries) {
      const { rest, looked } = split(largest);
      leaves.push(...looked);
      closed.push(rest);
    } else {
      open.push(...largest.folders.values());
      leaves.push(...largest.files);
    }
  }
  const areas = [...leaves.map((file) => areaOf(file.path, [file])), ...closed.map(folderArea)];
  return areas.filter((area) => area.files > 0).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function folderTree(files: readonly MappedFile[]): Folder {
  const whole = emptyFolder("");
  for (const file of files) {
    let folder = whole;
    folder.chars += file.chars;
    for (let slash = file.path.indexOf("/"); slash >= 0; slash = file.path.indexOf("/", slash + 1)) {
      const path = file.path.slice(0, slash + 1);
      const below = folder.folders.get(path) ?? emptyFolder(path);
      folder.folders.set(path, below);
      below.chars += file.chars;
      folder = below;
    }
    folder.files.push(file);
  }
  return whole;
}

function emptyFolder(path: string): Folder {
  return { path, folders: new Map(), files: [], chars: 0 };
}

/** Takes the files out of a folder, at any depth, that a model was shown or code has read, as far as they are few. */
function split(folder: Folder): { rest: Folder; looked: MappedFile[] } {
  const files = filesUnder(folder);
  const shown = files.filter((file) => file.shown);
  const read = files.filter((file) => file.read && !file.shown);
  const looked = new Set([...shown.slice(0, mostEntries), ...read.slice(0, Math.max(0, mostEntries - shown.length))]);
  const rest = { ...emptyFolder(folder.path), files: files.filter((file) => !looked.has(file)) };
  return { rest, looked: [...looked] };
}

function filesUnder({ folders, files }: Folder): MappedFile[] {
  return [...files, ...[...folders.values()].flatMap(filesUnder)];
}

function folderArea({ path, files }: Folder): CoverageArea {
  return areaOf(path, files);
}

function areaOf(path: string, files: readonly MappedFile[]): CoverageArea {
  const count = (is: (file: MappedFile) => boolean) => files.reduce((sum, file) => sum + (is(file) ? 1 : 0), 0);
  return {
    path,
    files: files.length,
    chars: files.reduce((sum, file) => sum + file.chars, 0),
    listed: count((file) => file.listed),
    searched: count((file) => file.searched),
    read: count((file) => file.read),
    shown: count((file) => file.shown),
  };
}
