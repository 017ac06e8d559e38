import { blanker, blockComment, character, endAfter, lineComment, quoted } from "./blank.ts";
import type { Language } from "./definitions-in-lines.ts";
import { anywhere, callableAt, matchAt, member, type Rule, rule } from "./rules.ts";

const modifiers = String.raw`(?:(?:public|protected|private|static|final|abstract|sealed|non-sealed|strictfp|default|synchronized|native|transient|volatile)\s+)*`;

/** A method has a type before its name; a constructor has its class's name. */
const method: Rule = (code, at, scope) => {
  if (!member(scope)) return null;
  const found = callableAt(code.text, at, code.brackets);
  if (!found) return null;
  const type = found.before.replace(new RegExp(modifiers, "y"), "").trim();
  if ((type === "" && found.name !== scope.name) || /^(?:return|new|throw|else|case|assert)\b|\.$/.test(type))
    return null;
  if (!matchAt(/\)\s*(?:\[\]\s*)*(?:throws\b[^{;]*|default\b[^;{]*)?[{;]/y, code.text, found.close)) return null;
  return { name: found.name, nameAt: found.nameAt, holds: "function", bodyFrom: found.close + 1 };
};

const word = (source: string) => new RegExp(modifiers + source, "y");

export const java: Language = {
  endings: "java",
  blank: blanker([
    lineComment(String.raw`\/\/`),
    blockComment(String.raw`\/\*`, "*/"),
    { open: '"""', keepsEnds: true, end: (text, _at, from) => endAfter(text, '"""', from) },
    quoted('"'),
    character,
  ]),
  prefix: /(?:@(?!interface\b)[\w.]+(?:\([^()\n]*\))?[ \t]+)*/y,
  rules: [
    rule(anywhere, word(String.raw`(?:class|interface|enum|@interface)\s+(?<name>\w+)`), "type", { needsBody: true }),
    rule(anywhere, word(String.raw`record\s+(?<name>\w+)(?=\s*[(<])`), "type", { needsBody: true }),
    method,
    rule(member, word(String.raw`(?<name>\w+)(?=\s*\{)`), "function", { needsBody: true }),
    rule(
      member,
      /(?=[^=;\n(]*\bstatic\b)(?=[^=;\n(]*\bfinal\b)[\w$<>[\],.?\s]*?\s(?<name>[A-Z][A-Z\d_]*)(?=\s*[=;])/y,
      "nothing",
    ),
  ],
  bodies: "braces",
};
