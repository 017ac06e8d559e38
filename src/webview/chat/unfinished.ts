/** A link or citation that goes on for more characters is none; this also bounds the work. */
const mostOpen = 300;

/**
 * Markdown that is still being written, without the marks of its last line that have no end yet: what is open is closed,
 * and a link or citation waits until it is whole.
 */
export function closeUnfinished(text: string): string {
  if (isInCodeBlock(text)) return text;
  const start = text.lastIndexOf("\n") + 1;
  return text.slice(0, start) + closeLine(text.slice(start));
}

function isInCodeBlock(text: string): boolean {
  const fences = text.match(/^ {0,3}(?:`{3,}|~{3,})/gm) ?? [];
  return fences.length % 2 === 1;
}

function closeLine(line: string): string {
  const code = line.split("`");
  // A mark inside of code spans means nothing.
  const isInCode = code.length % 2 === 0;
  if (isInCode) return code.at(-1) === "" ? closeLine(line.slice(0, -1)) : `${line}\``;
  const end = Math.max(0, line.length - mostOpen);
  const whole = line.slice(0, end) + withoutOpenEnd(line.slice(end));
  const words = whole.replace(/`[^`]*`/g, "");
  return words.split("**").length % 2 === 0 ? `${whole.trimEnd()}**` : whole;
}

function withoutOpenEnd(words: string): string {
  return words.replace(/!?\[[^\]]*(?:\]\([^)]*)?$/, "").replace(/(?<=\S)\s*\*$|\*\*$/, "");
}
