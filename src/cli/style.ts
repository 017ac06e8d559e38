/** Escape sequences that begin and end a style. */
const styles = {
  bold: ["\x1b[1m", "\x1b[22m"],
  dim: ["\x1b[2m", "\x1b[22m"],
  underline: ["\x1b[4m", "\x1b[24m"],
  cyan: ["\x1b[36m", "\x1b[39m"],
} as const;

/** Empties the line that the cursor is in. Only for a stream that `takesEscapes`. */
export const clearLine = "\r\x1b[2K";

/** Text in a style. Only for a stream that `takesEscapes`. */
export function styled(style: keyof typeof styles, text: string): string {
  const [begin, end] = styles[style];
  return begin + text + end;
}

/** True where a stream shows styles and moves its cursor: a terminal, unless `NO_COLOR` or `TERM=dumb` is set. */
export function takesEscapes(stream: Pick<NodeJS.WriteStream, "isTTY">): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}
