import { blanker, blankOutside, blockComment, hereDocument, lineComment, quotedLines } from "./blank.ts";
import type { Language } from "./definitions-in-lines.ts";
import { anywhere, member, outsideOrBlock, rule } from "./rules.ts";

const modifiers = String.raw`(?:(?:public|protected|private|static|final|abstract|readonly|var)\s+)*`;
const word = (source: string) => new RegExp(modifiers + source, "iy");
const blank = blanker([
  hereDocument(String.raw`<<<[ \t]*["']?\w+["']?`),
  lineComment(String.raw`\/\/|#(?!\[)`),
  blockComment(String.raw`\/\*`, "*/"),
  quotedLines('"'),
  quotedLines("'"),
]);

export const php: Language = {
  endings: "php phtml",
  blank: (text) => blank(blankOutside(text, /<\?(?:php\b|=)([\s\S]*?)(?:\?>|$(?![\s\S]))/gi)),
  prefix: /(?:#\[[^\]\n]*\][ \t]*)*/y,
  rules: [
    rule(outsideOrBlock, /namespace\s+(?<name>[\w\\]+)/iy, "module"),
    rule(anywhere, word(String.raw`(?:class|interface|trait|enum)\s+(?<name>\w+)`), "type", { needsBody: true }),
    rule(anywhere, word(String.raw`function\s+&?\s*(?<name>\w+)(?=\s*\()`), "function"),
    rule(outsideOrBlock, /const\s+(?<name>\w+)(?=\s*=)/iy, "nothing"),
    rule(member, word(String.raw`const\s+(?:\w+\s+)?(?<name>\w+)(?=\s*=)`), "nothing"),
    rule(outsideOrBlock, /(?<name>define)(?=\s*\(\s*['"])/iy, "nothing"),
  ],
  bodies: "braces",
};
