// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be found
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/** Text of files and models for a terminal: without the control characters that could move its cursor or set its title. */
export function printable(text: string): string {
  return text.replace(controls, "");
}
