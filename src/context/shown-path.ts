// Control characters, line and paragraph separators, and the invisible ones that turn the direction of text or hide.
const unsafe =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be found
  /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]|\\(?=u\{)/gu;

const plain = /^[ -[\]-~]*$/;

/**
 * A path as it is shown everywhere: what could forge a line, move a cursor or hide is written as `\u{a}`, so that two
 * paths are never shown alike.
 */
export function shownPath(path: string): string {
  if (plain.test(path)) return path;
  return path.replace(unsafe, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The path on disk of a shown one. What would not be shown so is no escape: a path may be made up. */
export function pathOnDisk(shown: string): string {
  return shown.replace(/\\u\{([0-9a-f]{1,6})\}/g, (written, code) => {
    const point = Number.parseInt(code, 16);
    const char = point > 0x10ffff ? "" : String.fromCodePoint(point);
    return char === "\\" || (char !== "" && shownPath(char) === written) ? char : written;
  });
}
