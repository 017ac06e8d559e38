import ignore, { type Ignore } from "ignore";
import { expandBraces } from "./globs.ts";

/** The files whose rules hold in their folder and below, the later one winning. */
export const ignoreFiles: readonly string[] = [".gitignore", ".ignore", ".rlmignore"];

const builtIn = ["node_modules/"];

/** The ignore rules that hold in one folder of a walk. Paths are relative to the walk's root, with `/`. */
export class IgnoreRules {
  readonly #rules: Ignore;
  readonly #excluded: Ignore | null;

  private constructor(rules: Ignore, excluded: Ignore | null) {
    this.#rules = rules;
    this.#excluded = excluded;
  }

  /** @param exclude patterns that no ignore file can take back */
  static forRoot(exclude: readonly string[]): IgnoreRules {
    const patterns = exclude.flatMap(expandBraces);
    return new IgnoreRules(
      ignore({ ignorecase: false }).add(builtIn),
      patterns.length === 0 ? null : ignore({ ignorecase: false }).add(patterns),
    );
  }

  /** These rules and those of a folder's ignore files, given as texts. */
  within(folder: string, texts: readonly string[]): IgnoreRules {
    const lines = texts.flatMap((text) => text.replace(/^\uFEFF/, "").split(/\r?\n/));
    const rebased = lines.map((line) => rebase(line, folder)).filter((line) => line !== null);
    if (rebased.length === 0) return this;
    return new IgnoreRules(ignore({ ignorecase: false }).add(this.#rules).add(rebased), this.#excluded);
  }

  ignores(path: string, isFolder: boolean): boolean {
    const tested = isFolder ? `${path}/` : path;
    return this.#rules.ignores(tested) || this.#excluded?.ignores(tested) === true;
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
