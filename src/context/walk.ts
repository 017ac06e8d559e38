import { lstatSync, realpathSync } from "node:fs";
import path from "node:path";
import type { LeftOutReason } from "../rlm/context.ts";
import { EntryRules, type SecretTest } from "./entry-rules.ts";
import type { FileTree, TreeEntry, TreeFolder } from "./file-tree.ts";
import { slashed } from "./roots.ts";
import { isSecret, isUnderSecret, versionControl } from "./secret-names.ts";

/** What a walk tells. Paths are relative to its root; those of folders end in `/`. */
export interface WalkListener {
  onFile(path: string, file: string): void;
  onLeftOut(path: string, file: string, reason: LeftOutReason): void;
}

export interface WalkOptions {
  readonly tree: FileTree;
  /** The folder that is walked, as it was named and as it really is. */
  readonly root: string;
  readonly real: string;
  readonly exclude: readonly string[];
  /** True for paths, relative to the root, that the user has taken out. */
  readonly isTakenOut: (below: string) => boolean;
}

interface Walk extends WalkOptions, WalkListener {}

/** Walks a folder in the order of its names, without following links: so it never goes in circles. */
export function walk(options: WalkOptions, listener: WalkListener): void {
  const rules = EntryRules.forRoot(options.exclude, secretTest(options));
  visit({ below: "", file: options.root }, rules, { ...options, ...listener });
}

function visit(folder: TreeFolder, outer: EntryRules, walk: Walk): void {
  const entries = walk.tree.entries(folder);
  if (!entries) {
    walk.onLeftOut(`${folder.below}/`, folder.file, "unreadable");
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const rules = outer.within(folder.below, walk.tree.ignoreTexts(folder, entries));
  for (const entry of entries) if (!versionControl.has(entry.name)) visitEntry(entry, folder, rules, walk);
}

function visitEntry(entry: TreeEntry, folder: TreeFolder, rules: EntryRules, walk: Walk): void {
  const { name } = entry;
  const file = `${folder.file}${folder.file.endsWith(path.sep) ? "" : path.sep}${name}`;
  const below = folder.below === "" ? name : `${folder.below}/${name}`;
  const isFolder = entry.isDirectory();
  const reason = rules.reasonFor(below, isFolder) ?? (walk.isTakenOut(below) ? "ignored" : null);
  if (entry.isSymbolicLink()) walk.onLeftOut(below, file, pointsToSecret(file) ? "secret" : (reason ?? "symlink"));
  else if (reason) walk.onLeftOut(isFolder ? `${below}/` : below, file, reason);
  else if (isFolder) visit({ below, file }, rules, walk);
  else if (entry.isFile()) walk.onFile(below, file);
  else walk.onLeftOut(below, file, "unreadable");
}

/** Judged by the whole path: what is asked about may itself be a part of a secret place. */
function secretTest({ root, real, tree }: WalkOptions): SecretTest {
  const exists = (file: string) => tree.exists(file);
  const places = [...new Set([root, real])].map((folder) => slashed(folder).replace(/\/?$/, "/"));
  return (below, isFolder) => places.some((place) => isSecret(place + below, isFolder, exists));
}

function pointsToSecret(link: string): boolean {
  try {
    return isUnderSecret(slashed(realpathSync(link)));
  } catch {
    return false;
  }
}

/** Size in bytes, 0 where it can't be told. */
export function sizeOf(file: string): number {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return stats?.isFile() ? stats.size : 0;
}
