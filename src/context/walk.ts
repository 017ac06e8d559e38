import { type Dirent, lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import type { LeftOutReason } from "../rlm/context.ts";
import { IgnoreRules, ignoreFiles } from "./ignore-rules.ts";
import { slashed } from "./roots.ts";
import { isSecret, isUnderSecret, versionControl } from "./secret-names.ts";

/** What a walk tells. Paths are relative to its root; those of folders end in `/`. */
export interface WalkListener {
  onFile(path: string, file: string): void;
  onLeftOut(path: string, file: string, reason: LeftOutReason): void;
}

export interface WalkOptions {
  /** The folder that is walked, as it was named and as it really is. */
  readonly root: string;
  readonly real: string;
  readonly exclude: readonly string[];
  /** Names of files that exist only in the editor, by their absolute folder. */
  readonly unsaved: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Walks a folder in the order of its names, without following links: so it never goes in circles. */
export function walk(options: WalkOptions, listener: WalkListener): void {
  visit(options.root, "", IgnoreRules.forRoot(options.exclude), options, listener);
}

function visit(folder: string, shown: string, outer: IgnoreRules, options: WalkOptions, listener: WalkListener): void {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    listener.onLeftOut(`${shown}/`, folder, "unreadable");
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const rules = outer.within(shown, readIgnoreFiles(folder, entries));
  const names = new Set(entries.map((entry) => entry.name));
  for (const entry of entries) visitEntry(entry, folder, shown, rules, options, listener);
  for (const name of options.unsaved.get(folder) ?? []) {
    if (!names.has(name)) visitFile(name, folder, shown, rules, options, listener);
  }
}

function visitEntry(
  entry: Dirent,
  folder: string,
  shown: string,
  rules: IgnoreRules,
  options: WalkOptions,
  listener: WalkListener,
): void {
  const { name } = entry;
  if (versionControl.has(name)) return;
  const file = `${folder}${folder.endsWith(path.sep) ? "" : path.sep}${name}`;
  const below = shown === "" ? name : `${shown}/${name}`;
  if (entry.isDirectory()) {
    if (isSecretEntry(file, below, options, true)) listener.onLeftOut(`${below}/`, file, "secret");
    else if (rules.ignores(below, true)) listener.onLeftOut(`${below}/`, file, "ignored");
    else visit(file, below, rules, options, listener);
  } else if (entry.isSymbolicLink()) {
    const secret = isSecretEntry(file, below, options) || pointsToSecret(file);
    listener.onLeftOut(below, file, secret ? "secret" : rules.ignores(below, false) ? "ignored" : "symlink");
  } else if (entry.isFile()) visitFile(name, folder, shown, rules, options, listener);
  else listener.onLeftOut(below, file, "unreadable");
}

function visitFile(
  name: string,
  folder: string,
  shown: string,
  rules: IgnoreRules,
  options: WalkOptions,
  listener: WalkListener,
): void {
  const file = `${folder}${folder.endsWith(path.sep) ? "" : path.sep}${name}`;
  const below = shown === "" ? name : `${shown}/${name}`;
  if (isSecretEntry(file, below, options)) listener.onLeftOut(below, file, "secret");
  else if (rules.ignores(below, false)) listener.onLeftOut(below, file, "ignored");
  else listener.onFile(below, file);
}

/** Judged by the whole path: what is asked about may itself be a part of a secret place. */
function isSecretEntry(file: string, below: string, { root, real }: WalkOptions, isFolder = false): boolean {
  return isSecret(slashed(file), isFolder) || (real !== root && isSecret(slashed(`${real}/${below}`), isFolder));
}

function pointsToSecret(link: string): boolean {
  try {
    return isUnderSecret(slashed(realpathSync(link)));
  } catch {
    return false;
  }
}

function readIgnoreFiles(folder: string, entries: readonly Dirent[]): string[] {
  const there = ignoreFiles.filter((name) => entries.some((entry) => entry.name === name && entry.isFile()));
  const isRepository = entries.some((entry) => entry.name === ".git" && entry.isDirectory());
  // The rules that git keeps for one clone alone count less than those of its files.
  const files = isRepository ? [".git/info/exclude", ...there] : there;
  return files.map((name) => {
    try {
      return readFileSync(path.join(folder, name), "utf8");
    } catch {
      return "";
    }
  });
}

/** Size in bytes, 0 where it can't be told. */
export function sizeOf(file: string): number {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return stats?.isFile() ? stats.size : 0;
}
