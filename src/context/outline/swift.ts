import { blanker, fenced, lineComment, nestedComment, quoted } from "./blank.ts";
import type { Language } from "./definitions-in-lines.ts";
import { anywhere, notInFunction, outside, rule } from "./rules.ts";

const modifiers = String.raw`(?:(?:public|private|fileprivate|internal|open|package|final|static|class(?=\s+(?:func|var|let))|override|mutating|nonmutating|required|convenience|indirect|lazy|weak|nonisolated|async|private\(set\))\s+)*`;
const word = (source: string) => new RegExp(modifiers + source, "y");

export const swift: Language = {
  endings: "swift",
  blank: blanker([lineComment(String.raw`\/\/`), nestedComment, fenced('"""', '"""'), quoted('"')]),
  prefix: /(?:@\w+(?:\([^()\n]*\))?[ \t]+)*/y,
  rules: [
    rule(anywhere, word(String.raw`(?:class|struct|enum|protocol|actor|extension)\s+(?<name>[\w.]+)`), "type", {
      needsBody: true,
    }),
    rule(anywhere, word(String.raw`func\s+(?<name>\w+|[^\s\w(]+)(?=\s*[(<])`), "function"),
    rule(notInFunction, word(String.raw`(?<name>init)(?=[?!]?\s*[(<])`), "function"),
    rule(notInFunction, /(?<name>deinit)(?=\s*\{)/y, "function"),
    rule(notInFunction, word(String.raw`(?<name>subscript)(?=\s*[(<])`), "function"),
    rule(notInFunction, word(String.raw`(?:typealias|associatedtype)\s+(?<name>\w+)`), "nothing"),
    rule(outside, word(String.raw`(?:let|var)\s+(?<name>\w+)`), "nothing"),
  ],
  bodies: "braces",
};
