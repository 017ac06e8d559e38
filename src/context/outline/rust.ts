import { blanker, character, lineComment, nestedComment, quotedLines, type Token } from "./blank.ts";
import type { Language } from "./definitions-in-lines.ts";
import { anywhere, notInFunction, rule } from "./rules.ts";

const rawText: Token = {
  open: String.raw`\bb?r#*"`,
  keepsEnds: true,
  end: (text, at, from) => {
    const close = `"${"#".repeat(text.slice(at, from).split("#").length - 1)}`;
    const end = text.indexOf(close, from);
    return end < 0 ? -1 : end + close.length;
  },
};

const visible = String.raw`(?:pub(?:\s*\([^()\n]*\))?\s+)?(?:default\s+)?`;
const item = (source: string) => new RegExp(visible + source, "y");

export const rust: Language = {
  endings: "rs",
  blank: blanker([lineComment(String.raw`\/\/`), nestedComment, rawText, quotedLines('"'), character]),
  prefix: /(?:#!?\[[^\]\n]*\][ \t]*)*/y,
  rules: [
    rule(
      anywhere,
      item(String.raw`(?:const\s+)?(?:async\s+)?(?:unsafe\s+)?(?:extern\s+(?:"[^"\n]*"\s+)?)?fn\s+(?<name>\w+)`),
      "function",
    ),
    rule(anywhere, item(String.raw`(?:struct|union)\s+(?<name>\w+)`), "nothing"),
    rule(anywhere, item(String.raw`enum\s+(?<name>\w+)`), "nothing"),
    rule(anywhere, item(String.raw`(?:unsafe\s+)?(?:auto\s+)?trait\s+(?<name>\w+)`), "type"),
    rule(
      anywhere,
      /(?:unsafe\s+)?impl\b(?:\s*<(?:[^<>{]|<(?:[^<>{]|<[^<>{]*>)*>)*>)?\s+(?:[^{;\n]*?\bfor\s+)?[&!]?(?:\w+::)*(?<name>\w+)/y,
      "type",
    ),
    rule(anywhere, item(String.raw`mod\s+(?<name>\w+)`), "module"),
    rule(anywhere, item(String.raw`macro_rules!\s*(?<name>\w+)`), "nothing"),
    rule(notInFunction, item(String.raw`(?:const|static)\s+(?:mut\s+)?(?<name>[A-Z]\w*)(?=\s*:)`), "nothing"),
    rule(notInFunction, item(String.raw`type\s+(?<name>\w+)`), "nothing"),
    rule(notInFunction, /(?:unsafe\s+)?(?<name>extern)\s+"[^"\n]*"\s*(?=\{)/y, "type", { hidden: true }),
  ],
  bodies: "braces",
};
