import ignore, { type Ignore } from "ignore";
import { expandBraces } from "./globs.ts";

/** The files whose rules hold in their folder and below, the later one winning. */
export const ignoreFiles: readonly string[] = [".gitignore", ".ignore", ".rlmignore"];

/** Left out unless an ignore file takes it back. */
const builtIn = "node_modules";

/** The ignore rules that hold in one folder of a walk. Paths are relative to the walk's root, with `/`. */
export class IgnoreRules {
  /** Null until there is an ignore file, as nothing else is so fast. */
  readonly #rules: Ignore | null;
  readonly #excluded: Ignore | null;

  private constructor(rules: Ignore | null, excluded: Ignore | null) {
    this.#rules = rules;
    this.#excluded = excluded;
  }

  /** @param exclude patterns that no ignore file can take back */
  static forRoot(exclude: readonly string[]): IgnoreRules {
    const patterns = exclude.flatMap(expandBraces);
    return new IgnoreRules(null, patterns.length === 0 ? null : ignore({ ignorecase: false }).add(patterns));
  }

  /** These rules and those of a folder's ignore files, given as texts. */
  within(folder: string, texts: readonly string[]): IgnoreRules {
    const lines = texts.flatMap((text) => text.replace(/^\uFEFF/, "").split(/\r?\n/));
    const rebased = lines.map((line) => rebase(line, folder)).filter((line) => line !== null);
    if (rebased.length === 0) return this;
    const outer = this.#rules ?? `${builtIn}/`;
    return new IgnoreRules(ignore({ ignorecase: false }).add(outer).add(rebased), this.#excluded);
  }

  ignores(path: string, isFolder: boolean): boolean {
    const tested = isFolder ? `${path}/` : path;
    const byRules = this.#rules?.ignores(tested) ?? (isFolder && path.slice(path.lastIndexOf("/") + 1) === builtIn);
    return byRules || this.#excluded?.ignores(tested) === true;
  }
}

/** A rule of a nested ignore file, as a rule of the root. @returns null for blank lines and comments */
function rebase(line: string, folder: string): string | null {
  const rule = line.replace(/(?<!\\)\s+$/, "");
  if (rule === "" || rule === "!" || rule.startsWith("#")) return null;
  if (folder === "") return rule;
  const negated = rule.startsWith("!");
  const body = negated ? rule.slice(1) : rule;
  const anchored = body.slice(0, -1).includes("/");
  const below = body.startsWith("/") ? body.slice(1) : body;
  const place = folder.replace(/[\\*?[\]!#\s]/g, "\\$&");
  return `${negated ? "!" : ""}/${place}/${anchored ? "" : "**/"}${below}`;
}
