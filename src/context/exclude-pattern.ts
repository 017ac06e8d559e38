import { pathOnDisk } from "./shown-path.ts";

/**
 * The pattern for `exclude` that leaves out exactly one file, or one folder with all below it.
 * @param shown its path relative to the root, as it is shown, without a `/` at the end
 */
export function excludePattern(shown: string): string {
  // A line end at the end of a pattern is dropped, escaped or not.
  return `/${pathOnDisk(shown).replace(/[\\!#*?[\]{},\s]/g, (char) => (/[\r\n]/.test(char) ? `[${char}]` : `\\${char}`))}`;
}
