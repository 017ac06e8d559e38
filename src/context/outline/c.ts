import { blanker, blockComment, character, endOfLine, quoted, type Token } from "./blank.ts";
import type { Language } from "./definitions-in-lines.ts";
import {
  anywhere,
  type Code,
  callableAt,
  type Found,
  matchAt,
  notInFunction,
  outsideOrBlock,
  type Rule,
  rule,
  type Scope,
} from "./rules.ts";

const lineComment: Token = {
  open: String.raw`\/\/`,
  keepsEnds: false,
  end: (text, _at, from) => {
    let end = endOfLine(text, from);
    while (text[end - 1] === "\\" && end < text.length) end = endOfLine(text, end + 1);
    return end;
  },
};

const rawText: Token = {
  open: String.raw`\b(?:u8|[uUL])?R"[^(\s]{0,16}\(`,
  keepsEnds: true,
  end: (text, at, from) => {
    const close = `)${text.slice(text.indexOf('"', at) + 1, from - 1)}"`;
    const end = text.indexOf(close, from);
    return end < 0 ? -1 : end + close.length;
  },
};

const plainBlank = blanker([lineComment, blockComment(String.raw`\/\*`, "*/"), rawText, quoted('"'), character]);

/** The body of a macro is no code of its own. */
function blankMacros(text: string): string {
  return text.replace(
    /^([ \t]*#[ \t]*define[ \t]+\w+(?:\([^()\n]*\))?)((?:[^\\\n]|\\[\s\S])*)/gm,
    (_all, head: string, body: string) => head + body.replace(/[^\n]/g, " "),
  );
}

const notTypes =
  /(?:^|[\s(])(?:return|else|new|delete|throw|case|goto|typedef|using|operator|sizeof|co_return|co_await|public|private|protected)(?:[\s:]|$)/;
const notNames = new Set(
  "if for while switch return sizeof catch defined alignas decltype static_assert _Static_assert __attribute__ assert".split(
    " ",
  ),
);
const behind =
  /\)\s*(?:(?:const|volatile|noexcept(?:\s*\([^()]*\))?|override|final|mutable|&&?|try|requires\b[^{;]*|->\s*[\w:<>,*& \t]+|__attribute__\s*\(\([^{;]*\)\)|[A-Z_]{3,}\b(?:\([^()]*\))?)\s*)*(?<next>[{;:]|=\s*(?:0|default|delete)\s*;)/y;

const callable: Rule = (code, at, scope) => {
  if (scope.holds === "function" || scope.holds === "nothing" || (scope.inBlock && scope.holds === "type")) return null;
  const found = operatorAt(code, at) ?? callableAt(code.text, at, code.brackets);
  if (!found || notNames.has(found.name) || notTypes.test(found.before)) return null;
  if (found.before === "" && isInitializer(code.text, at)) return null;
  const next = matchAt(behind, code.text, found.close)?.groups?.next;
  if (next === undefined || !isDeclared(code, scope, found, next)) return null;
  return { name: found.name, nameAt: found.nameAt, holds: "function", bodyFrom: found.close + 1 };
};

/** `b(a)` in `A::A(int a) : a(a),` on a line of its own. */
function isInitializer(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 60), at).trimEnd();
  return /[,:]$/.test(before) && !/(?:public|protected|private|signals|slots|Q_\w+)\s*:$/.test(before);
}

/** Whether what looks like a call is a function: it has a body, or is a declaration in a header or a class. */
function isDeclared({ path }: Code, scope: Scope, found: { before: string; name: string }, next: string): boolean {
  const type = found.before.trim();
  const constructs = type === "" || /^(?:explicit|inline|constexpr|virtual|friend|static|extern|[A-Z_]+)$/.test(type);
  if (next === ":") return constructs || found.name.includes("::");
  if (next === "{") return true;
  if (scope.inBlock) return false;
  const inType = scope.holds === "type";
  if (constructs) return inType && found.name.replace("~", "") === scope.name.replace(/<.*/, "");
  return inType || /\.(?:h|hh|hpp|hxx|inl|ipp|cuh)$/i.test(path);
}

function operatorAt({ text, brackets }: Code, at: number): ReturnType<typeof callableAt> {
  const match = matchAt(
    /(?<before>[\w:<>,*&~[\] \t]*?)(?<name>(?:\w+(?:<[^<>\n]*>)?::)*operator\s*(?:\(\)|\[\]|[^\s\w(]{1,3}|[\w:]+[ \t*&]*))\s*(?=\()/y,
    text,
    at,
  );
  if (!match) return null;
  const { before = "", name = "" } = match.groups ?? {};
  const open = at + match[0].length;
  const close = brackets.closing.get(open);
  return close === undefined ? null : { before, name: name.trim(), nameAt: at + before.length, open, close };
}

const macro: Rule = (code, at) => {
  const match = matchAt(/#[ \t]*define[ \t]+(?<name>\w+)/y, code.text, at);
  const name = match?.groups?.name;
  if (!match || name === undefined || isGuard(code, at, name)) return null;
  const nameAt = at + match[0].length - name.length;
  const found: Found = { name, nameAt, holds: "nothing", bodyFrom: code.text.indexOf("\n", nameAt) };
  return found.bodyFrom < 0 ? { ...found, bodyFrom: code.text.length } : found;
};

/** `#ifndef X` and `#define X` without a value, at the head of a header. */
function isGuard({ raw }: Code, at: number, name: string): boolean {
  const line = raw.slice(at, endOfLine(raw, at));
  if (!line.trimEnd().endsWith(name)) return false;
  const before = raw.slice(Math.max(0, at - 200), at);
  return new RegExp(`#[ \\t]*(?:ifndef[ \\t]+${name}|if[ \\t]+!defined[ \\t(]*${name}\\)?)\\s*$`).test(before);
}

const attributes = String.raw`(?:(?:\[\[[^\]\n]*\]\]|alignas\s*\([^()\n]*\)|__attribute__\s*\(\([^()\n]*\)\)|[A-Z][A-Z\d_]*(?:\([^()\n]*\))?)\s+)?`;

export const c: Language = {
  endings: "c h cc cpp cxx hpp hh hxx inl ipp m mm cu cuh ino",
  blank: (text) => blankMacros(plainBlank(text)),
  prefix: /(?:template\s*<(?:[^<>\n]|<(?:[^<>\n]|<[^<>\n]*>)*>)*>[ \t]*)*/y,
  rules: [
    macro,
    rule(outsideOrBlock, /extern\s+"[^"\n]*"\s*(?<name>)(?=\{)/y, "module", { hidden: true }),
    rule(outsideOrBlock, /(?:inline\s+)?namespace\s+(?<name>[\w:]+)/y, "module", { needsBody: true }),
    rule(outsideOrBlock, /namespace\s*(?<name>)(?=\{)/y, "module", { hidden: true }),
    rule(
      anywhere,
      new RegExp(
        String.raw`(?:typedef\s+|static\s+|const\s+)*(?:class|struct|union)\s+${attributes}(?<name>[\w:]+)(?:<[^<>\n]*>)?(?=\s*(?:final\s*)?(?:$|[{:\n]))`,
        "my",
      ),
      "type",
      { needsBody: true },
    ),
    rule(anywhere, /(?:typedef\s+)?enum\s+(?:class\s+|struct\s+)?(?<name>\w+)(?=\s*(?::[^;{]*)?\{)/y, "nothing"),
    typedefBody,
    rule(notInFunction, /typedef\s+[^;{}]*?(?:\(\s*[\w:]*\*\s*(?<name>\w+)\s*\)(?=\s*\())/y, "nothing"),
    rule(notInFunction, /typedef\s+[^;{}()]*?[\s*&](?<name>\w+)(?=\s*(?:\[[^\]]*\]\s*)*;)/y, "nothing"),
    rule(notInFunction, /using\s+(?<name>\w+)(?=\s*=)/y, "nothing"),
    rule(notInFunction, /concept\s+(?<name>\w+)(?=\s*=)/y, "nothing"),
    callable,
  ],
  bodies: "braces",
  preprocessor: true,
};

/** `typedef struct { … } name;` */
function typedefBody(code: Code, at: number, scope: Scope): Found | null {
  if (!notInFunction(scope)) return null;
  const match = matchAt(/typedef\s+(?:struct|union|enum)\s*(?=\{)/y, code.text, at);
  if (!match) return null;
  const open = at + match[0].length;
  const close = code.brackets.closing.get(open);
  const name = close === undefined ? null : matchAt(/\}\s*\**(?<name>\w+)/y, code.text, close)?.groups?.name;
  const shown = `${match[0].trimEnd()} ${name}`;
  return name ? { name, nameAt: at, holds: "nothing", bodyFrom: open, shown } : null;
}
