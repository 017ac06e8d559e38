import type { CorpusText } from "./corpus-text.ts";
import { globFilter, hasWildcard } from "./globs.ts";
import { GuestError } from "./guest-error.ts";
import { isAbsent, isRegex, kindOf, type RegexValue } from "./guest-values.ts";
import { defaultRegexTimeoutMs, runRegex } from "./run-regex.ts";
import { closest } from "./suggest.ts";

/** A guest's glob: patterns, or a regular expression over the paths. Null selects everything. */
export type GuestGlob = readonly string[] | RegexValue | null;

export function globOf(call: string, value: unknown): GuestGlob {
  if (isAbsent(value) || value === "") return null;
  if (typeof value === "string") return [value];
  if (isRegex(value)) return value;
  if (Array.isArray(value) && value.every((part) => typeof part === "string")) return value.length === 0 ? null : value;
  throw new GuestError(
    "TypeError",
    `${call}: glob must be a string, an array of strings or a RegExp, not ${kindOf(value)}.`,
  );
}

/** Those of the paths that a glob selects, as indexes. */
export function select(call: string, glob: GuestGlob, paths: readonly string[]): number[] {
  const all = paths.map((_, i) => i);
  if (glob === null) return all;
  if (isRegex(glob)) {
    const regex = compile(call, glob);
    return runRegex(call, defaultRegexTimeoutMs, () => all.filter((i) => regex.test(paths[i] ?? "")));
  }
  const matches = globFilter(glob);
  return all.filter((i) => matches(paths[i] ?? ""));
}

/**
 * The files that a glob selects, as numbers.
 * @throws GuestError where it names one path that is not there
 */
export function selectFiles(call: string, glob: GuestGlob, texts: CorpusText): number[] {
  const files = select(call, glob, texts.paths);
  if (files.length > 0 || glob === null || isRegex(glob)) return files;
  const names = glob.filter((pattern) => !pattern.startsWith("!"));
  const [name] = names;
  if (name === undefined || names.some(hasWildcard)) return files;
  const meant = closest(name.replace(/\/$/, ""), texts.paths);
  const hint = meant === null ? "" : ` Did you mean "${meant}"?`;
  throw new GuestError("Error", `${call}: no file matches glob "${name.slice(0, 200)}".${hint}`);
}

function compile(call: string, { source, flags }: RegexValue): RegExp {
  try {
    return new RegExp(source, flags.replace(/[gy]/g, ""));
  } catch (error) {
    throw new GuestError("Error", `${call}: ${error instanceof Error ? error.message : "invalid glob"}.`);
  }
}
