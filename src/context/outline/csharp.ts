import { blanker, blockComment, character, lineComment, quoted, quotedWith, type Token } from "./blank.ts";
import type { Language } from "./definitions-in-lines.ts";
import { anywhere, callableAt, matchAt, member, outside, type Rule, rule } from "./rules.ts";

const verbatim: Token = {
  open: String.raw`(?:\$?@|@\$)"`,
  keepsEnds: true,
  end: (text, _at, from) => {
    const rest = /(?:[^"]|"")*"/y;
    rest.lastIndex = from;
    return rest.test(text) ? rest.lastIndex : -1;
  },
};

const raw: Token = {
  open: '"{3,}',
  keepsEnds: true,
  end: (text, at, from) => {
    const quotes = text.slice(at, from);
    const end = text.indexOf(quotes, from);
    return end < 0 ? -1 : end + quotes.length;
  },
};

const modifiers = String.raw`(?:(?:public|protected|internal|private|static|sealed|abstract|virtual|override|partial|async|readonly|extern|unsafe|new|ref|file|required|volatile|const|event)\s+)*`;
const word = (source: string) => new RegExp(modifiers + source, "y");
const notTypes = /^(?:return|new|throw|else|await|yield|using|lock)\b|[.]$/;

const method: Rule = (code, at, scope) => {
  if (!member(scope)) return null;
  const found = callableAt(code.text, at, code.brackets);
  if (!found) return null;
  const type = found.before.replace(new RegExp(modifiers, "y"), "").trim();
  const constructs = type === "" && found.name.replace("~", "") === scope.name;
  if ((type === "" && !constructs) || notTypes.test(type)) return null;
  if (!matchAt(/\)\s*(?::\s*(?:base|this)\s*\([^;{]*|where\b[^{;=]*)*(?:[{;]|=>)/y, code.text, found.close))
    return null;
  return { name: found.name, nameAt: found.nameAt, holds: "function", bodyFrom: found.close + 1 };
};

const typed = String.raw`[\w.<>,?[\]() \t]+?[ \t]`;

export const csharp: Language = {
  endings: "cs",
  blank: blanker([
    lineComment(String.raw`\/\/`),
    blockComment(String.raw`\/\*`, "*/"),
    raw,
    verbatim,
    quotedWith(String.raw`\$"`, "{", String.raw`\{\{|\{(?:[^{}"\n]|"[^"\n]*")*\}`),
    quoted('"'),
    character,
  ]),
  prefix: /(?:\[[^\]\n]*\][ \t]*)*/y,
  rules: [
    rule(outside, /namespace\s+(?<name>[\w.]+)/y, "module"),
    rule(
      anywhere,
      word(
        String.raw`(?:class|interface|struct|record\s+(?:class|struct)|record)\s+(?!class\b|struct\b)(?<name>\w+)(?=\s*[<({:;]|\s*$|\s+where\b)`,
      ),
      "type",
    ),
    rule(anywhere, word(String.raw`enum\s+(?<name>\w+)`), "nothing", { needsBody: true }),
    rule(
      (scope) => outside(scope) || member(scope),
      word(String.raw`delegate\s+[^\n(]*?\b(?<name>\w+)(?=\s*[(<])`),
      "nothing",
    ),
    rule(member, word(String.raw`${typed}(?<name>this)(?=\s*\[)`), "nothing"),
    rule(member, word(String.raw`[\w.<>,?[\]() \t]*?\b(?<name>operator\s*(?:[^\s\w(]{1,3}|\w+))(?=\s*\()`), "function"),
    method,
    rule(
      member,
      /(?=[^=;\n({]*\b(?:const|static\s+readonly)\b)[\w.<>,?[\] \t]*?[ \t](?<name>\w+)(?=\s*[=;])/y,
      "nothing",
    ),
    rule(member, word(String.raw`event\s+${typed}(?<name>\w+)(?=\s*[;{])`), "nothing"),
    rule(member, word(String.raw`${typed}(?<name>[\w.]+)(?=\s*(?:\{|=>))`), "nothing"),
  ],
  bodies: "braces",
  preprocessor: true,
};
