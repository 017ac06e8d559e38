import type { LeftOutReason } from "../rlm/context.ts";
import type { FilesSource, PathsSource } from "./collector-protocol.ts";
import { ContextError } from "./context-error.ts";
import type { LeftOut } from "./corpus.ts";

/** Paths that a message names for each reason. */
const examples = 3;

/** Which files are taken and which are left out, by their paths as they are shown. */
export class Tally {
  readonly #taken = new Set<string>();
  readonly #leftOut = new Map<string, LeftOut>();
  readonly #without: ReadonlySet<string>;

  constructor({ without }: Pick<FilesSource | PathsSource, "without">) {
    this.#without = new Set(without);
  }

  has(shown: string): boolean {
    return this.#taken.has(shown);
  }

  take(shown: string): void {
    this.#taken.add(shown);
  }

  /** It counts unless the file is taken after all, as where it lies under another root too. */
  leave(shown: string, reason: LeftOutReason, bytes: number): void {
    this.#leftOut.set(shown, { path: shown, reason, bytes });
  }

  /** A file that was taken before it was read. */
  takeBack(shown: string, reason: LeftOutReason, bytes: number): void {
    this.#taken.delete(shown);
    this.leave(shown, reason, bytes);
  }

  /** True where the user has taken out a path itself; those below it are not asked about in a walk. */
  isTakenOut(shown: string): boolean {
    return this.#without.size > 0 && this.#without.has(shown);
  }

  /** True where the user has taken out a path or a folder above it. */
  isUnderTakenOut(shown: string): boolean {
    if (this.#without.size === 0) return false;
    for (let end = shown.length; end > 0; end = shown.lastIndexOf("/", end - 1)) {
      if (this.#without.has(shown.slice(0, end))) return true;
    }
    return false;
  }

  /**
   * What was left out, in the end.
   * @param named what was asked about, for the message
   * @throws ContextError `empty` where nothing was taken
   */
  finish(named: readonly string[], mayBeEmpty = false): LeftOut[] {
    const leftOut = [...this.#leftOut.values()].filter((entry) => !this.#taken.has(entry.path));
    if (this.#taken.size === 0 && !(mayBeEmpty && leftOut.length > 0)) throw nothingLeft(named, leftOut);
    return leftOut;
  }
}

function nothingLeft(names: readonly string[], leftOut: readonly LeftOut[]): ContextError {
  const named = names.map((name) => `"${name}"`).join(", ");
  if (leftOut.length === 0) return new ContextError("empty", `There are no files in ${named}.`);
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))].map((reason) => {
    const paths = leftOut.filter((entry) => entry.reason === reason).map((entry) => entry.path);
    const more = paths.length > examples ? `, and ${paths.length - examples} more` : "";
    return `${paths.length} ${reason}: ${paths.slice(0, examples).join(", ")}${more}`;
  });
  return new ContextError("empty", `Nothing in ${named} may be asked about, all is left out: ${reasons.join("; ")}.`);
}
