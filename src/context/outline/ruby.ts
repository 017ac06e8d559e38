import { blanker, hereDocument, lineComment, quoted, quotedWith, type Token } from "./blank.ts";
import type { Language } from "./definitions-in-lines.ts";
import { anywhere, notInFunction, rule } from "./rules.ts";

const longComment: Token = {
  open: "^=begin\\b",
  keepsEnds: false,
  end: (text, _at, from) => {
    const end = text.indexOf("\n=end", from);
    return end < 0 ? text.length : end + 5;
  },
};

const regexLiteral: Token = {
  open: String.raw`\/(?!\s)`,
  keepsEnds: true,
  end: (text, _at, from, before) => {
    if (!/[=(,~|&[{!]$|(?:^|\s)(?:if|unless|when|and|or|not|while|return|match\?)$/.test(before)) return -1;
    const rest = /(?:[^\\/\n]|\\[^\n])*\//y;
    rest.lastIndex = from;
    return rest.test(text) ? rest.lastIndex : -1;
  },
};

export const ruby: Language = {
  endings: "rb rake gemspec ru",
  blank: blanker([
    longComment,
    hereDocument(String.raw`<<[~-]?["'\x60]?[A-Z]\w*["'\x60]?`),
    // Not in #{…}, which stands inside texts only.
    lineComment(String.raw`#(?!\{)`),
    quotedWith('"', "#", String.raw`#(?!\{)|#\{(?:[^{}"\n]|"[^"\n]*")*\}`),
    quoted("'"),
    regexLiteral,
  ]),
  rules: [
    rule(anywhere, /class\s+(?<name>(?:::)?[A-Z][\w:]*)/y, "type"),
    rule(anywhere, /class\s*<<\s*(?<name>\w+)/y, "type"),
    rule(anywhere, /module\s+(?<name>[A-Z][\w:]*)/y, "type"),
    rule(
      anywhere,
      /(?:(?:private|protected|public|private_class_method|module_function|memoize)\s+)?def\s+(?<name>(?:\w+\.)?(?:\w+[?!=]?(?![\w=~])|\w+[?!]?|\[\]=?|<=>|===?|=~|![=~]?|[+-]@?|\*\*?|<<|>>|<=?|>=?|[/%&|^~]))/y,
      "function",
    ),
    rule(notInFunction, /(?<name>[A-Z]\w*)(?=\s*(?:\|\|)?=(?![=~>]))/y, "nothing"),
    rule(notInFunction, /attr_(?:reader|writer|accessor)\s+(?<name>:\w+)/y, "nothing"),
  ],
  bodies: "indents",
};
