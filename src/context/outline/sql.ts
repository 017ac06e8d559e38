import { blanker, blockComment, lineComment, type Token } from "./blank.ts";
import type { Language } from "./definitions-in-lines.ts";
import { anywhere, rule } from "./rules.ts";

const text: Token = {
  open: "'",
  keepsEnds: true,
  end: (source, _at, from) => {
    const rest = /(?:[^']|'')*'/y;
    rest.lastIndex = from;
    return rest.test(source) ? rest.lastIndex : -1;
  },
};

const dollars: Token = {
  open: String.raw`\$\w*\$`,
  keepsEnds: true,
  end: (source, at, from) => {
    const mark = source.slice(at, from);
    const end = source.indexOf(mark, from);
    return end < 0 ? -1 : end + mark.length;
  },
};

export const sql: Language = {
  endings: "sql",
  blank: blanker([lineComment("--"), blockComment(String.raw`\/\*`, "*/"), text, dollars]),
  rules: [
    rule(
      anywhere,
      /create\s+(?:or\s+replace\s+)?(?:(?:temp|temporary|global|local|unlogged|recursive|materialized|unique|external|virtual|constraint|definer)\s+)*(?:table|view|function|procedure|trigger|type|domain|index|schema|sequence|role|extension|database|policy|package)\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?(?<name>(?:["`[]?\w+["`\]]?\.)*["`[]?\w+["`\]]?)/iy,
      "nothing",
    ),
  ],
  bodies: "braces",
};
