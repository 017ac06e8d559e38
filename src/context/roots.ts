import { lstatSync, type Stats, statSync } from "node:fs";
import path from "node:path";
import type { PathsSource } from "./collector-protocol.ts";
import { ContextError } from "./context-error.ts";
import { expandBraces, globFilter, hasWildcard } from "./globs.ts";
import { specialKind } from "./piped-text.ts";
import { shownPath } from "./shown-path.ts";

/** A folder or file that was named outright, or the fixed part of a glob. */
export interface Root {
  /** As the user wrote it, for messages. */
  readonly named: string;
  /** Absolute path on disk. */
  readonly file: string;
  readonly isFolder: boolean;
  /** How it is shown; empty where the paths below are shown relative to it. */
  readonly shown: string;
  /** For a glob: which paths below, relative to `file`, it selects. */
  readonly selects: ((path: string) => boolean) | null;
}

type Found = Omit<Root, "shown"> & { readonly glob: boolean };

const noFiles: ReadonlySet<string> = new Set();

/**
 * Finds what was named and decides how it is shown.
 * @param unsaved absolute paths of files that need not be on disk
 * @throws ContextError `not-found` or `unreadable`
 */
export function resolveRoots(
  { paths, cwd, base }: Pick<PathsSource, "paths" | "cwd" | "base">,
  unsaved: Pick<ReadonlySet<string>, "has"> = noFiles,
): Root[] {
  if (paths.length === 0) throw new ContextError("empty", "No path was given: name a folder, a file or a glob.");
  const seen = new Set<string>();
  const unique = paths
    .map((named) => findRoot(named, cwd, unsaved))
    .filter(({ file, glob }) => glob || (!seen.has(file) && seen.add(file)));
  const shown = shownNames(unique, cwd, base);
  return unique.map((root, i) => ({ ...root, shown: shownPath(shown[i] ?? "") }));
}

/** A path with `/` between its parts on every system. */
export function slashed(file: string): string {
  return path.sep === "/" ? file : file.replaceAll(path.sep, "/");
}

function findRoot(named: string, cwd: string, unsaved: Pick<ReadonlySet<string>, "has">): Found {
  const file = path.resolve(cwd, named);
  const stats = statOf(file, named);
  if (!stats && unsaved.has(file)) return { named, file, isFolder: false, selects: null, glob: false };
  if (stats && !stats.isFile() && !stats.isDirectory()) throw notReadable(named, stats);
  if (stats) return { named, file, isFolder: stats.isDirectory(), selects: null, glob: false };
  if (!hasWildcard(named)) throw new ContextError("not-found", `There is no file or folder "${shownPath(named)}".`);
  return findGlob(named, cwd);
}

function statOf(file: string, named: string): Stats | null {
  try {
    return statSync(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "EACCES" || code === "EPERM")
      throw new ContextError("unreadable", `"${shownPath(named)}" may not be read.`);
    if (lstatSync(file, { throwIfNoEntry: false })) {
      throw new ContextError("not-found", `"${shownPath(named)}" is a link to something that does not exist.`);
    }
    return null;
  }
}

function notReadable(named: string, stats: Stats): ContextError {
  const hint = stats.isFIFO() ? " To ask about what it gives, use it as a text." : "";
  return new ContextError("unreadable", `"${shownPath(named)}" is ${specialKind(stats)}, not a file or folder.${hint}`);
}

function findGlob(named: string, cwd: string): Found {
  const parts = named.split("/");
  const fixed = parts.slice(0, parts.findIndex(hasWildcard));
  const folder = path.resolve(cwd, fixed.join("/") || (named.startsWith("/") ? "/" : "."));
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw nothingMatches(named);
  const patterns = expandBraces(parts.slice(fixed.length).join("/"));
  return { named, file: folder, isFolder: true, selects: globFilter(patterns.map((p) => `/${p}`)), glob: true };
}

export function nothingMatches(named: string): ContextError {
  return new ContextError("not-found", `No file matches "${shownPath(named)}".`);
}

function shownNames(roots: readonly Found[], cwd: string, base: string | undefined): string[] {
  if (base !== undefined)
    return roots.map((root) => relativeTo(path.resolve(cwd, base), root.file) ?? nameOf(root.file));
  const [only] = roots;
  if (only && roots.length === 1) {
    if (!only.isFolder) return [nameOf(only.file)];
    return [only.glob ? (relativeTo(cwd, only.file) ?? "") : ""];
  }
  return uniqueNames(roots.map((root) => root.file));
}

/** The last part of each path, or as many parts as it takes to tell those of the same name apart. */
function uniqueNames(files: readonly string[]): string[] {
  const parts = files.map((file) => slashed(file).split("/").filter(Boolean));
  const depth = files.map(() => 1);
  const names = parts.map((own) => own.slice(-1).join("/"));
  for (let changed = true; changed; ) {
    changed = false;
    const ambiguous = namesOfSeveral(names, files);
    names.forEach((name, i) => {
      const own = parts[i] ?? [];
      const used = depth[i] ?? 1;
      if (!ambiguous.has(name) || used >= own.length) return;
      depth[i] = used + 1;
      names[i] = own.slice(-used - 1).join("/");
      changed = true;
    });
  }
  return names;
}

/** The names that different files have. */
function namesOfSeveral(names: readonly string[], files: readonly string[]): ReadonlySet<string> {
  const first = new Map<string, string>();
  const several = new Set<string>();
  names.forEach((name, i) => {
    const file = files[i] ?? "";
    if ((first.get(name) ?? file) === file) first.set(name, file);
    else several.add(name);
  });
  return several;
}

function relativeTo(folder: string, file: string): string | null {
  const relative = path.relative(folder, file);
  if (relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) return null;
  return slashed(relative);
}

function nameOf(file: string): string {
  return path.basename(file) || slashed(file);
}
