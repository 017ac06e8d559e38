import { blanker, hereDocument, lineComment, quotedLines, type Token } from "./blank.ts";
import type { Language } from "./definitions-in-lines.ts";
import { anywhere, rule } from "./rules.ts";

const plainText: Token = {
  open: "'",
  keepsEnds: true,
  end: (text, _at, from) => {
    const end = text.indexOf("'", from);
    return end < 0 ? -1 : end + 1;
  },
};

export const shell: Language = {
  endings: "sh bash zsh ksh bats",
  blank: blanker([
    lineComment(String.raw`(?<![^\s;])#`),
    { open: String.raw`\\[^]`, keepsEnds: false, end: (_text, _at, from) => from },
    hereDocument(String.raw`<<-?[ \t]*["']?\w+["']?`),
    quotedLines('"'),
    plainText,
  ]),
  rules: [
    rule(anywhere, /function\s+(?<name>[\w:.+-]+)(?=\s*(?:\(\s*\))?\s*\{)/y, "function"),
    rule(anywhere, /(?<name>[\w:.+-]+)(?=\s*\(\s*\)\s*[{(])/y, "function"),
  ],
  bodies: "braces",
};
