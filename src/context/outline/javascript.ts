import { blanker, blankOutside, blockComment, endAfter, endOf, endOfLine, quoted, type Token } from "./blank.ts";
import type { Language } from "./definitions-in-lines.ts";
import { anywhere, type Code, type Found, matchAt, outsideOrBlock, type Rule, rule } from "./rules.ts";

const modifiers = String.raw`(?:(?:export|default|declare|abstract|async|public|private|protected|static|override|readonly|accessor)\s+)*`;
const notNames = new Set(
  "if for while switch catch return function new typeof await throw else do super import with".split(" "),
);

/** A slash begins a regular expression where a value may stand. */
const regexLiteral: Token = {
  open: String.raw`\/(?![/*])`,
  keepsEnds: true,
  end: (text, _at, from, before) => {
    if (
      /[\w$)\]}"'`<]$/.test(before) &&
      !/(?:^|[^\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield)$/.test(before)
    )
      return -1;
    return endOf(/(?:[^\\/[\n]|\\[^\n]|\[(?:[^\\\]\n]|\\[^\n])*\])+\/[a-z]*/y, text, from);
  },
};

const template: Token = { open: "`", keepsEnds: true, end: (text, _at, from) => endOfTemplate(text, from) };

/** Templates in templates; more than these are no code that anyone reads. */
const deepest = 50;

function endOfTemplate(text: string, from: number, depth = 0): number {
  if (depth > deepest) return -1;
  const marks = /[`\\]|\$\{/g;
  marks.lastIndex = from;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === "`") return marks.lastIndex;
    if (mark[0] === "\\") marks.lastIndex += 1;
    else {
      const end = endOfInsertion(text, marks.lastIndex, depth + 1);
      if (end < 0) return -1;
      marks.lastIndex = end;
    }
  }
  return -1;
}

/** Where the code in `${…}` of a template ends. */
function endOfInsertion(text: string, from: number, nesting: number): number {
  const marks = /[`{}"']|\/\/|\/\*/g;
  marks.lastIndex = from;
  let depth = 1;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    const [sign] = mark;
    if (sign === "{") depth += 1;
    else if (sign === "}") depth -= 1;
    else {
      const end = endOfToken(sign, text, marks.lastIndex, nesting);
      if (end < 0 && sign === "`") return -1;
      if (end >= 0) marks.lastIndex = end;
    }
    if (depth === 0) return marks.lastIndex;
  }
  return -1;
}

function endOfToken(sign: string, text: string, from: number, nesting: number): number {
  if (sign === "`") return endOfTemplate(text, from, nesting);
  if (sign === "//") return endOfLine(text, from);
  if (sign === "/*") return endAfter(text, "*/", from);
  return quoted(sign).end(text, from - 1, from, "");
}

const blank = blanker([
  // Not in `https://…`, which stands bare in JSX.
  { open: String.raw`(?<!:)\/\/`, keepsEnds: false, end: (text, _at, from) => endOfLine(text, from) },
  blockComment(String.raw`\/\*`, "*/"),
  quoted('"'),
  quoted("'"),
  template,
  regexLiteral,
]);

const valueStart = String.raw`(?<name>[\w$]+)\s*!?\s*(?::(?:[^=;\n{]|=>|\{[^{}\n]*\})*)?=(?![=>])\s*`;
const declared = new RegExp(String.raw`${modifiers}(?:const|let|var)\s+${valueStart}`, "y");
const exported = /export\s+(?:declare\s+)?(?:const|let|var)\s+(?<name>[\w$]+)/y;
const assigned = /(?<name>[\w$]+(?:\.[\w$]+)*)\s*=(?![=>])\s*/y;
const property = new RegExp(`${modifiers}#?${valueStart}`, "y");
const entry = /(?<name>[\w$]+|"[^"\n]*"|'[^'\n]*')\s*:\s*/y;
const method = new RegExp(
  String.raw`${modifiers}(?:(?:get|set)\s+(?=[\w$#["']))?\*?\s*(?<name>#?[\w$]+|\[[^\]\n]*\]|"[^"\n]*"|'[^'\n]*')\s*\??\s*(?=[(<])`,
  "y",
);

type Value = "function" | "type" | "object" | null;

/** What begins at the start of a value. */
function valueAt({ text, brackets }: Code, at: number): Value {
  if (matchAt(/(?:async\s+)?function\b/y, text, at)) return "function";
  if (matchAt(/class\b/y, text, at)) return "type";
  if (text[at] === "{") return "object";
  if (matchAt(/(?:async\s+)?[\w$]+\s*=>/y, text, at)) return "function";
  const open = at + (matchAt(/(?:async\s*)?(?:<[^()=;]*>\s*)?/y, text, at)?.[0].length ?? 0);
  const close = text[open] === "(" ? brackets.closing.get(open) : undefined;
  if (close === undefined) return null;
  return matchAt(/\)\s*(?::[^=;{}]*(?:\{[^{}]*\}[^=;{}]*)?)?=>/y, text, close) ? "function" : null;
}

function valued(code: Code, at: number, pattern: RegExp, allowed: readonly Value[]): Found | null {
  const match = matchAt(pattern, code.text, at);
  if (!match) return null;
  const { length } = match[0];
  const name = match.groups?.name ?? "";
  const value = valueAt(code, at + length);
  if (!allowed.includes(value) || notNames.has(name)) return null;
  const nameAt = at + match[0].indexOf(name);
  const shown = code.raw.slice(nameAt, nameAt + name.length);
  return { name: shown, nameAt, holds: value ?? "nothing", bodyFrom: at + length };
}

const declaredValue: Rule = (code, at, scope) => {
  if (scope.holds === "module") {
    const shown =
      scope.inBlock || scope.depth > 0 ? (["function", "type"] as const) : (["function", "type", "object"] as const);
    const found = valued(code, at, declared, shown);
    if (found) return found;
  }
  if (scope.holds !== "module" || scope.inBlock) return null;
  return exportedConstant(code, at, scope) ?? capitals(code, at, scope);
};
const exportedConstant = rule(outsideOrBlock, exported, "nothing");
const capitals = rule(outsideOrBlock, /(?:const|var)\s+(?<name>[A-Z][A-Z\d]*(?:_[A-Z\d]+)*)(?=\s*[:=])/y, "nothing");

const assignedValue: Rule = (code, at, scope) => {
  if (scope.holds === "type" || scope.holds === "object" || scope.holds === "nothing") return null;
  const isExport = matchAt(/(?:module\.)?exports\b/y, code.text, at) !== null && scope.holds === "module";
  // `exports.a = a;` only hands on what is shown already.
  if (isExport && matchAt(/[\w$.]+\s*=\s*[\w$]+[ \t]*;?[ \t\r]*$/my, code.text, at)) return null;
  return valued(code, at, assigned, isExport ? ["function", "type", "object", null] : ["function", "type"]);
};

const memberRule: Rule = (code, at, scope) => {
  if ((scope.holds !== "type" && scope.holds !== "object") || scope.inBlock) return null;
  const inObject = scope.holds === "object";
  const value = valued(code, at, inObject ? entry : property, ["function", "type"]);
  if (value) return value;
  const match = matchAt(method, code.text, at);
  const name = match?.groups?.name ?? "";
  if (!match || notNames.has(name)) return null;
  const nameAt = at + match[0].lastIndexOf(name);
  const found = { name: code.raw.slice(nameAt, nameAt + name.length), nameAt, holds: "function" as const };
  return { ...found, bodyFrom: at + match[0].length, needsBody: inObject };
};

const js = (source: string) => new RegExp(source.replace("MODS", modifiers), "y");

const rules: readonly Rule[] = [
  memberRule,
  rule(anywhere, js(String.raw`MODS(?:class|interface)\s+(?!extends\b)(?<name>[\w$]+)`), "type", { needsBody: true }),
  rule(anywhere, js(String.raw`MODS(?:const\s+)?enum\s+(?<name>[\w$]+)`), "nothing", { needsBody: true }),
  rule(anywhere, js(String.raw`export\s+default\s+(?:abstract\s+)?(?<name>class)\b(?=\s*(?:\{|extends\b))`), "type"),
  rule(anywhere, js(String.raw`export\s+(?<name>default)\s+(?=\{)`), "object"),
  rule(
    outsideOrBlock,
    js(String.raw`MODS(?:namespace|module)\s+(?<name>[\w$.]+|"[^"\n]*"|'[^'\n]*')(?=\s*\{)`),
    "module",
  ),
  rule(outsideOrBlock, js(String.raw`declare\s+(?<name>global)(?=\s*\{)`), "module"),
  rule(anywhere, js(String.raw`MODS(?<name>function)\s*\*?\s*(?=\()`), "function", { hidden: true }),
  rule(anywhere, js(String.raw`MODSfunction\b\s*\*?\s*(?<name>[\w$]+)`), "function"),
  rule(outsideOrBlock, js(String.raw`MODStype\s+(?<name>[\w$]+)(?=\s*[=<])`), "nothing"),
  declaredValue,
  assignedValue,
];

export const javascript: Language = {
  endings: "js jsx mjs cjs ts tsx mts cts",
  blank,
  prefix: /(?:@[\w$.]+(?:\([^()\n]*\))?[ \t]+)*/y,
  rules,
  bodies: "braces",
};

/** The scripts in pages of components. */
export const components: Language = {
  ...javascript,
  endings: "vue svelte astro",
  blank: (text) => blank(blankOutside(text, /<script\b[^>]*>([\s\S]*?)<\/script>/gi)),
};
