import { blanker, character, fenced, lineComment, nestedComment, quotedWith } from "./blank.ts";
import type { Language } from "./definitions-in-lines.ts";
import { anywhere, notInFunction, rule } from "./rules.ts";

const modifiers = String.raw`(?:(?:public|protected|private|internal|open|abstract|final|sealed|data|inner|value|annotation|enum|companion|fun(?=\s+interface)|override|suspend|inline|infix|operator|tailrec|external|const|lateinit|expect|actual)\s+)*`;
const word = (source: string) => new RegExp(modifiers + source, "y");
const generic = String.raw`(?:<(?:[^<>\n]|<[^<>\n]*>)*>\s*)?`;

export const kotlin: Language = {
  endings: "kt kts",
  blank: blanker([
    lineComment(String.raw`\/\/`),
    nestedComment,
    fenced('"""', '"""'),
    quotedWith('"', "$", String.raw`\$(?!\{)|\$\{(?:[^{}"\n]|"[^"\n]*")*\}`),
    character,
  ]),
  prefix: /(?:@[\w.:]+(?:\([^()\n]*\))?[ \t]+)*/y,
  rules: [
    rule(anywhere, word(String.raw`(?:class|interface|object)\s+(?<name>\w+)`), "type"),
    rule(anywhere, /(?:(?:private|internal)\s+)?companion\s+(?<name>object)(?=\s*[{:])/y, "type"),
    rule(
      anywhere,
      word(String.raw`fun\s+${generic}(?:[\w.?<>,* ]+\.)?(?<name>\w+|\x60[^\x60\n]+\x60)(?=\s*\()`),
      "function",
    ),
    rule(notInFunction, word(String.raw`typealias\s+(?<name>\w+)`), "nothing"),
    rule(
      (scope) => notInFunction(scope) && scope.holds === "module",
      word(String.raw`va[lr]\s+${generic}(?:[\w.?<>]+\.)?(?<name>\w+)(?=\s*[:=\n])`),
      "nothing",
    ),
    rule(notInFunction, word(String.raw`val\s+(?<name>[A-Z][A-Z\d_]*)(?=\s*[:=])`), "nothing"),
    rule(notInFunction, /(?:(?:public|protected|private|internal)\s+)?(?<name>constructor)(?=\s*\()/y, "function"),
  ],
  bodies: "braces",
};
