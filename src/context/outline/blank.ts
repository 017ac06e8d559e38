/** A comment, a text or anything else of a language in which no definition can stand. */
export interface Token {
  /** A regular expression without captures, for where it begins. */
  readonly open: string;
  /** Its first and last character are kept, as code before and behind it is read by them. */
  readonly keepsEnds: boolean;
  /**
   * Where it ends.
   * @param at where it begins
   * @param from behind what `open` has matched
   * @param before the last characters of code before it, without blanks behind
   * @returns -1 where it is none after all
   */
  end(text: string, at: number, from: number, before: string): number;
}

/**
 * Gives back a text of the same length: blanks for comments, and a filler for what stands in quotes, between these.
 * Line feeds stay.
 */
export type Blanker = (text: string) => string;

const codeBefore = 32;
/** No letter, no blank and no bracket of any language. */
export const filler = "\u0001";

export function blanker(tokens: readonly Token[]): Blanker {
  const opening = new RegExp(tokens.map((token) => `(${token.open})`).join("|"), "gm");
  return (text) => {
    const pieces: string[] = [];
    let done = 0;
    let before = "";
    opening.lastIndex = 0;
    for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
      const [found] = match;
      const { index } = match;
      const token = tokens[match.indexOf(found, 1) - 1];
      before = lastCode(before, text, done, index);
      const end = token?.end(text, index, index + found.length, before) ?? -1;
      if (!token || end < 0) {
        // No token after all, such as an apostrophe.
        pieces.push(text.slice(done, index), found);
        done = index + found.length;
      } else {
        pieces.push(
          text.slice(done, index),
          token.keepsEnds ? hollow(text, index, end) : blanks(text.slice(index, end)),
        );
        if (token.keepsEnds) before = `${before}"`;
        done = end;
      }
      opening.lastIndex = done;
    }
    pieces.push(text.slice(done));
    return pieces.join("");
  };
}

/** Blanks all that lies outside of what the first capture of a pattern holds. */
export function blankOutside(text: string, pattern: RegExp): string {
  let result = "";
  for (const match of text.matchAll(pattern)) {
    const inside = match[1] ?? "";
    const start = match.index + match[0].indexOf(inside);
    result += blanks(text.slice(result.length, start)) + inside;
  }
  return result + blanks(text.slice(result.length));
}

export function blanks(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

function hollow(text: string, from: number, to: number): string {
  if (to - from < 2) return text.slice(from, to);
  const last = text[to - 1] ?? "";
  const inside = text.slice(from + 1, to - 1).replace(/[^\n]/g, filler);
  // The last line of a text over several lines does not begin with code.
  return (text[from] ?? "") + inside + (inside.includes("\n") ? filler : last);
}

function lastCode(before: string, text: string, from: number, to: number): string {
  const code = text.slice(Math.max(from, to - codeBefore), to).trimEnd();
  return code === "" ? before : (before + code).slice(-codeBefore);
}

export function lineComment(open: string): Token {
  return { open, keepsEnds: false, end: (text, _at, from) => endOfLine(text, from) };
}

export function blockComment(open: string, close: string): Token {
  return { open, keepsEnds: false, end: (text, _at, from) => endAfter(text, close, from) };
}

/** Block comments that hold block comments, as in Rust. */
export const nestedComment: Token = {
  open: String.raw`\/\*`,
  keepsEnds: false,
  end: (text, _at, from) => {
    const marks = /\/\*|\*\//g;
    marks.lastIndex = from;
    let depth = 1;
    for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
      depth += mark[0] === "/*" ? 1 : -1;
      if (depth === 0) return marks.lastIndex;
    }
    return text.length;
  },
};

/** A text between two equal quotes on one line, in which a backslash escapes; none where the line does not close it. */
export function quoted(quote: string): Token {
  const rest = new RegExp(`[^\\\\\\n${quote}]*(?:\\\\[^][^\\\\\\n${quote}]*)*${quote}`, "y");
  return { open: quote, keepsEnds: true, end: (text, _at, from) => endOf(rest, text, from) };
}

/** As `quoted`, but with code inside that may hold quotes. @param inside a regular expression for it that begins with `first` */
export function quotedWith(open: string, first: string, inside: string): Token {
  const rest = new RegExp(`(?:[^\\\\\\n"${first}]|${inside}|\\\\[^])*"`, "y");
  const plain = quoted('"');
  const end: Token["end"] = (text, at, from, before) => {
    const found = endOf(rest, text, from);
    return found < 0 ? plain.end(text, at, from, before) : found;
  };
  return { open, keepsEnds: true, end };
}

/** As `quoted`, but over any number of lines. */
export function quotedLines(quote: string): Token {
  const rest = new RegExp(`[^\\\\${quote}]*(?:\\\\[^][^\\\\${quote}]*)*${quote}`, "y");
  return { open: quote, keepsEnds: true, end: (text, _at, from) => endOf(rest, text, from) };
}

/** A text that ends where the same mark comes again, or another one, whatever lies between. */
export function fenced(open: string, close: string): Token {
  return { open, keepsEnds: true, end: (text, _at, from) => endAfter(text, close, from) };
}

/** A character such as 'a' or '\n', where the same quote also has other uses. */
export const character: Token = {
  open: "'",
  keepsEnds: true,
  end: (text, at, from) =>
    /\w/.test(text[at - 1] ?? "") ? -1 : endOf(/(?:\\[^\n][^'\n]{0,10}|[^\\'\n]{1,2})'/y, text, from),
};

/** The lines of a here-document. `open` must match the whole beginning, with the word of its end as the last word in it. */
export function hereDocument(open: string): Token {
  return {
    open,
    keepsEnds: false,
    end: (text, at, from) => {
      const word = /(\w+)\W*$/.exec(text.slice(at, from))?.[1];
      if (word === undefined) return -1;
      const closing = new RegExp(`^[ \\t]*${word}\\b`, "gm");
      closing.lastIndex = endOfLine(text, from);
      return closing.exec(text) ? closing.lastIndex : -1;
    },
  };
}

export function endOf(rest: RegExp, text: string, from: number): number {
  rest.lastIndex = from;
  return rest.test(text) ? rest.lastIndex : -1;
}

export function endAfter(text: string, close: string, from: number): number {
  const at = text.indexOf(close, from);
  return at < 0 ? text.length : at + close.length;
}

export function endOfLine(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at < 0 ? text.length : at;
}
