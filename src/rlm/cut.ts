import { formatCount } from "./format.ts";

/**
 * Cuts a text to about `max` characters, keeping its head and its tail and saying how much is gone between them.
 * A surrogate pair is never split.
 */
export function cutMiddle(text: string, max: number): string {
  if (text.length <= max) return text;
  const half = Math.max(0, Math.floor(max / 2));
  const head = text.slice(0, endsInPair(text, half) ? half - 1 : half);
  const tailStart = text.length - half;
  const tail = text.slice(endsInPair(text, tailStart) ? tailStart + 1 : tailStart);
  const gone = formatCount(text.length - head.length - tail.length);
  return `${head}\n[… ${gone} characters left out …]\n${tail}`;
}

/** The first line of a text, at most `max` characters. */
export function oneLine(text: string, max: number): string {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}

function endsInPair(text: string, index: number): boolean {
  const code = text.charCodeAt(index - 1);
  return code >= 0xd800 && code <= 0xdbff;
}
