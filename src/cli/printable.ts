// Control characters but tab and line feed, and those that turn the direction of the text round.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be found
const harmful = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text of files and models for a terminal, in which a character that could move the cursor, set the title or turn the
 * reading direction is spelled out: `\x1b`, `\u202e`.
 */
export function printable(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(harmful, spelled);
}

/** The same, with all of it on one line. */
export function printableLine(text: string): string {
  return printable(text.replace(/\s*[\r\n]+\s*/g, " "));
}

/** JSON on one line; what is harmful on a terminal is spelled out there too, and means the same when it is read. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(harmful, (character) => `\\u${hex(character, 4)}`);
}

function spelled(character: string): string {
  return character.charCodeAt(0) < 0x100 ? `\\x${hex(character, 2)}` : `\\u${hex(character, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, "0");
}
