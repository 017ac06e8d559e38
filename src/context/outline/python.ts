import { blanker, lineComment, quoted, type Token } from "./blank.ts";
import type { Language } from "./definitions-in-lines.ts";
import { anywhere, outside, rule } from "./rules.ts";

const long = (quotes: string): Token => ({
  open: quotes,
  keepsEnds: true,
  end: (text, _at, from) => {
    const closing = new RegExp(`(?:[^\\\\]|\\\\[^])*?${quotes}`, "y");
    closing.lastIndex = from;
    return closing.test(text) ? closing.lastIndex : -1;
  },
});

export const python: Language = {
  endings: "py pyi pyx",
  blank: blanker([lineComment("#"), long('"""'), long("'''"), quoted('"'), quoted("'")]),
  rules: [
    rule(anywhere, /class\s+(?<name>\w+)(?=\s*[:([])/y, "type"),
    rule(anywhere, /(?:async\s+)?(?:cp)?def\s+(?<name>\w+)(?=\s*[([])/y, "function"),
    rule(outside, /type\s+(?<name>\w+)(?=\s*[=[])/y, "nothing"),
    rule(outside, /(?<name>_*[A-Z][A-Z\d_]*)(?=\s*(?::[^=\n]*)?=(?!=))/y, "nothing"),
    rule(
      outside,
      /(?<name>\w+)(?=\s*(?::\s*TypeAlias\s*=|=\s*(?:(?:typing|collections)\.)?(?:TypeVar|NewType|NamedTuple|namedtuple|TypedDict)\b))/y,
      "nothing",
    ),
  ],
  bodies: "indents",
};
