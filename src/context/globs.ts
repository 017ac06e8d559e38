import ignore from "ignore";
import { shownPath } from "./shown-path.ts";

const wildcard = /[*?[\]{}]/;

/** True where a path is a pattern rather than a name. */
export function hasWildcard(path: string): boolean {
  return wildcard.test(path);
}

/** `a.{ts,js}` as `a.ts` and `a.js`; braces may be nested, and are ordinary characters behind `\\`. At most 1,000 patterns come of one. */
export function expandBraces(pattern: string): string[] {
  const done: string[] = [];
  const open = [pattern];
  for (let next = open.pop(); next !== undefined && done.length + open.length < 1000; next = open.pop()) {
    const braces = /(?<!\\)\{([^{}]*,[^{}]*)\}/.exec(next);
    if (!braces) done.push(next);
    else {
      const [before, after] = [next.slice(0, braces.index), next.slice(braces.index + braces[0].length)];
      for (const choice of (braces[1] ?? "").split(",").reverse()) open.push(before + choice + after);
    }
  }
  return done;
}

/**
 * What patterns as in a `.gitignore` select: one without a slash matches at any depth, a folder means all under it,
 * `!x` leaves out; with nothing but `!x`, all the rest is selected.
 */
export function globFilter(patterns: readonly string[]): (path: string) => boolean {
  const expanded = patterns.flatMap(expandBraces).map(tidy);
  const wanted = expanded.filter((pattern) => !pattern.startsWith("!") && pattern !== "");
  const unwanted = expanded.filter((pattern) => pattern.startsWith("!")).map((pattern) => tidy(pattern.slice(1)));
  const all = wanted.length === 0 || wanted.includes("**") || wanted.includes("*");
  const yes = ignore({ ignorecase: false, allowRelativePaths: true }).add(wanted.map(literalStart));
  const no = ignore({ ignorecase: false, allowRelativePaths: true }).add(unwanted.map(literalStart));
  // A path may be given as it is, though its characters mean something in a pattern: `app/[id].ts`.
  const named = new Set(patterns.map(tidy).flatMap((pattern) => [pattern, shownPath(pattern)]));
  return (path) => (all || named.has(path) || yes.ignores(path)) && !(unwanted.length > 0 && no.ignores(path));
}

function tidy(pattern: string): string {
  const plain = pattern.trim().replace(/^(!?)(?:\.\/)+/, "$1");
  return plain === "." ? "**" : plain;
}

/** In a `.gitignore` a first `#` would start a comment. */
function literalStart(pattern: string): string {
  return pattern.startsWith("#") ? `\\${pattern}` : pattern;
}
