/** The beginning of a path that is typed behind an `@`. */
export interface TypedPath {
  /** Without the `@`. */
  readonly text: string;
  /** Where the `@` stands. */
  readonly start: number;
  readonly end: number;
}

/** What is typed behind an `@` up to the caret; null where the caret is not in such a word. */
export function typedPath(text: string, caret: number): TypedPath | null {
  const match = /(?:^|[\s(])@([^\s@]*)$/.exec(text.slice(0, caret));
  if (match?.[1] === undefined) return null;
  return { text: match[1], start: caret - match[1].length - 1, end: caret };
}

/** The text with a whole path in the place of its beginning, and where the caret is then. */
export function withPath(text: string, { start, end }: TypedPath, path: string): { text: string; caret: number } {
  const before = `${text.slice(0, start)}${path} `;
  return { text: before + text.slice(end).replace(/^ /, ""), caret: before.length };
}
