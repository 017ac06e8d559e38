import { type HierarchyRectangularNode, hierarchy, treemap, treemapSquarify } from "d3-hierarchy";
import type { CoverageArea } from "../../rlm/events.ts";

/** How closely an area was looked at, from not at all to the closest that any of its files was. */
export const looks = ["none", "listed", "searched", "read", "shown"] as const;
export type Look = (typeof looks)[number];

/** A folder or an area as a rectangle, in pixels. */
export interface Tile {
  /** That of a folder ends in `/`. */
  readonly path: string;
  /** The last part of the path. */
  readonly name: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** What is known of the area, or of all areas in the folder together. */
  readonly area: CoverageArea;
  /** True for a folder whose areas are tiles of their own. */
  readonly isGroup: boolean;
}

/** Pixels above the tiles of a folder for its name. */
const headHeight = 16;

/** Folders below the root that have a frame and a name of their own. */
const framedDepth = 1;

/** A folder with what is in it; an area where it has none. */
interface Folder {
  readonly path: string;
  readonly area: CoverageArea | null;
  readonly children: Folder[];
}

/** The tiles of all areas below a folder, larger ones first among those of a folder; a folder comes before its areas. */
export function tilesOf(areas: readonly CoverageArea[], folder: string, width: number, height: number): Tile[] {
  const inside = areas.filter(({ path }) => path.startsWith(folder));
  if (inside.length === 0 || width <= 0 || height <= 0) return [];
  const root = hierarchy(folderTree(inside, folder))
    // An area without text is seen too.
    .sum(({ area }) => (area ? Math.max(1, area.chars) : 0))
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const laidOut = treemap<Folder>()
    .tile(treemapSquarify)
    .size([width, height])
    .paddingInner(1)
    .paddingTop((node) => (isFramed(node) ? headHeight : 0))
    .round(true)(root);
  return laidOut
    .descendants()
    .filter((node) => (node.data.area || isFramed(node)) && node.x1 > node.x0 && node.y1 > node.y0)
    .map(tileOf);
}

/** How closely an area was looked at. */
export function lookOf({ shown, read, searched, listed }: CoverageArea): Look {
  if (shown > 0) return "shown";
  if (read > 0) return "read";
  if (searched > 0) return "searched";
  return listed > 0 ? "listed" : "none";
}

/** The folders on the way to a folder, from the outermost one to itself; `a/b/` has `a/` and `a/b/`. */
export function foldersTo(folder: string): string[] {
  const parts = folder.split("/").slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join("/")}/`);
}

/** The last part of a path, of a folder too. */
export function nameOf(path: string): string {
  return path.slice(path.slice(0, -1).lastIndexOf("/") + 1);
}

/** What is known of several areas together. */
export function sumAreas(path: string, areas: readonly CoverageArea[]): CoverageArea {
  const sum = (key: Exclude<keyof CoverageArea, "path">) => areas.reduce((all, area) => all + area[key], 0);
  return {
    path,
    files: sum("files"),
    chars: sum("chars"),
    listed: sum("listed"),
    searched: sum("searched"),
    read: sum("read"),
    shown: sum("shown"),
  };
}

function isFramed(node: { readonly depth: number; readonly data: Folder }): boolean {
  return node.depth > 0 && node.depth <= framedDepth && node.data.children.length > 0;
}

function tileOf({ data, x0, y0, x1, y1 }: HierarchyRectangularNode<Folder>): Tile {
  return {
    path: data.path,
    name: nameOf(data.path),
    left: x0,
    top: y0,
    width: x1 - x0,
    height: y1 - y0,
    area: data.area ?? sumAreas(data.path, areasIn(data)),
    isGroup: data.area === null,
  };
}

function areasIn({ area, children }: Folder): CoverageArea[] {
  return area ? [area] : children.flatMap(areasIn);
}

function folderTree(areas: readonly CoverageArea[], folder: string): Folder {
  const root: Folder = { path: folder, area: null, children: [] };
  const folders = new Map<string, Folder>([[folder, root]]);
  const folderAt = (path: string): Folder => {
    const known = folders.get(path);
    if (known) return known;
    const made: Folder = { path, area: null, children: [] };
    folders.set(path, made);
    folderAt(path.slice(0, path.slice(0, -1).lastIndexOf("/") + 1)).children.push(made);
    return made;
  };
  for (const area of areas) {
    // What is left of a folder has the folder's own path.
    const inside = area.path.slice(0, area.path.lastIndexOf("/") + 1);
    folderAt(inside.length < folder.length ? folder : inside).children.push({ path: area.path, area, children: [] });
  }
  return collapsed(root);
}

/** A folder of which only its rest is known is that rest. */
function collapsed({ path, area, children }: Folder): Folder {
  const below = children.map(collapsed).map((child) => {
    const [only, ...others] = child.children;
    return only?.area && only.path === child.path && others.length === 0 ? only : child;
  });
  return { path, area, children: below };
}
