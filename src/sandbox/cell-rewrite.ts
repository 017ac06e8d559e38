import { type Node, type Pattern, type Program, parse } from "acorn";
import type { CellError } from "../rlm/sandbox.ts";

/** A cell made ready for QuickJS, or the error in it. Lines and columns are the cell's own. */
export type RewrittenCell =
  | {
      readonly ok: true;
      readonly code: string;
      /** The last statement is an expression whose value is worth showing. */
      readonly echo: boolean;
      /** Columns by which the first line has moved to the right. */
      readonly shift: number;
    }
  | { readonly ok: false; readonly error: CellError };

/**
 * Rewrites the keywords of top-level declarations, so that variables outlive their cell and may be declared again:
 * `const` and `let` become `var`, of the same width, and `class X` becomes `var X=class X`. Nothing is wrapped, so
 * positions stay; only a cell with a top-level `return` is put into a function that hands its variables out.
 */
export async function rewriteCell(source: string): Promise<RewrittenCell> {
  const parsed = parseScript(source);
  if (parsed instanceof SyntaxError) return rewriteTypeScript(source, parsed);
  return { ok: true, ...rewriteProgram(source, parsed) };
}

async function rewriteTypeScript(source: string, javaScriptError: SyntaxError): Promise<RewrittenCell> {
  const { transform } = await import("sucrase");
  try {
    const { code } = transform(source, {
      transforms: ["typescript"],
      disableESTransforms: true,
      keepUnusedImports: true,
    });
    const parsed = parseScript(code);
    if (!(parsed instanceof SyntaxError)) return { ok: true, ...rewriteProgram(code, parsed) };
  } catch {
    // Neither JavaScript nor TypeScript: acorn's error says more.
  }
  return { ok: false, error: syntaxError(source, javaScriptError) };
}

function parseScript(source: string): Program | SyntaxError {
  try {
    return parse(source, {
      ecmaVersion: "latest",
      sourceType: "script",
      allowAwaitOutsideFunction: true,
      allowReturnOutsideFunction: true,
      allowHashBang: true,
    });
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function rewriteProgram(source: string, program: Program): { code: string; echo: boolean; shift: number } {
  const code = applyEdits(source, program.body.flatMap(declarationEdits));
  const last = program.body.at(-1);
  const echo = last?.type === "ExpressionStatement" && last.expression.type !== "AssignmentExpression";
  if (!program.body.some(returns)) return { code, echo, shift: 0 };
  const names = [...new Set(program.body.flatMap(declaredNames))];
  const handOut = names.map((name) => `try{globalThis.${name}=${name}}catch{}`).join(";");
  return { code: `${returnHead}${code}\n}finally{${handOut}}})()`, echo: true, shift: returnHead.length };
}

const returnHead = "(async()=>{try{";

function declarationEdits(statement: Program["body"][number]): Edit[] {
  if (statement.type === "ClassDeclaration") {
    const { start, end } = statement;
    return [
      { start, end: start, text: `var ${statement.id.name}=` },
      { start: end, end, text: ";" },
    ];
  }
  if (statement.type !== "VariableDeclaration" || statement.kind === "var") return [];
  const keyword = { start: statement.start, end: statement.start + statement.kind.length };
  const blanks = statement.declarations.filter((d) => !d.init);
  return [
    { ...keyword, text: "var".padEnd(statement.kind.length) },
    ...blanks.map((d) => ({ start: d.end, end: d.end, text: "=undefined" })),
  ];
}

function applyEdits(source: string, edits: readonly Edit[]): string {
  let position = 0;
  const parts: string[] = [];
  for (const edit of edits) {
    parts.push(source.slice(position, edit.start), edit.text);
    position = edit.end;
  }
  return parts.join("") + source.slice(position);
}

/** True where a statement holds a `return` that is not inside a function. */
function returns(node: Node): boolean {
  if (node.type === "ReturnStatement") return true;
  if (/Function|PropertyDefinition|MethodDefinition|StaticBlock/.test(node.type)) return false;
  return Object.values(node).some((child) =>
    Array.isArray(child) ? child.some((item) => isNode(item) && returns(item)) : isNode(child) && returns(child),
  );
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function declaredNames(statement: Program["body"][number]): string[] {
  if (statement.type === "VariableDeclaration") return statement.declarations.flatMap((d) => boundNames(d.id));
  if (statement.type === "ClassDeclaration" || statement.type === "FunctionDeclaration") return [statement.id.name];
  return [];
}

function boundNames(pattern: Pattern): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((p) => boundNames(p.type === "RestElement" ? p.argument : p.value));
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => (element ? boundNames(element) : []));
    case "AssignmentPattern":
      return boundNames(pattern.left);
    case "RestElement":
      return boundNames(pattern.argument);
    default:
      return [];
  }
}

function syntaxError(source: string, error: SyntaxError): CellError {
  const { line, column } = positionOf(error);
  const message = error.message.replace(/ \(\d+:\d+\)$/, "");
  const hint = hintFor(source, line);
  return {
    name: "SyntaxError",
    message: hint ? `${message}. ${hint}` : message,
    line,
    column,
    excerpt: excerptAt(source, line, column),
  };
}

function positionOf(error: SyntaxError): { line: number; column: number } {
  const loc = "loc" in error ? (error.loc as { line?: number; column?: number }) : {};
  return { line: loc.line ?? 1, column: (loc.column ?? 0) + 1 };
}

const excerptWidth = 160;

/** A line of a cell with a caret under the column; both count from 1. */
export function excerptAt(source: string, line: number, column: number): string {
  const text = source.split("\n")[line - 1] ?? "";
  const from = Math.max(0, Math.min(column - 1, text.length) - excerptWidth / 2);
  const gutter = `${line} | `;
  return `${gutter}${text.slice(from, from + excerptWidth)}\n${" ".repeat(gutter.length + Math.max(0, column - 1 - from))}^`;
}

const pythonSigns: readonly (readonly [RegExp, string])[] = [
  [/^\s*(def|elif|except|with|lambda)\b.*:\s*$/m, "def, elif, except and with"],
  [
    /^\s*(for\s+\w+(\s*,\s*\w+)*\s+in\s+.*|if\s+[^({].*|while\s+[^({].*|else|try)\s*:\s*(#.*)?$/m,
    "blocks that begin with a colon",
  ],
  [/\b[fr]("|')/, "f-strings; use a template literal"],
  [/"""|'''/, "triple quotes; use backticks"],
  [/^\s*#(?!!)/m, "# comments; use //"],
  [/^\s*(from\s+\w+\s+)?import\s+\w+\s*$/m, "import"],
  [/\b(not|and|or|is)\s+\w/, "not, and, or"],
];

function hintFor(source: string, line: number): string | null {
  if (/^\s*(import|export)\b.*(['"{*]|from)/.test(source.split("\n")[line - 1] ?? "")) {
    return "The REPL has no import and no export.";
  }
  const sign = pythonSigns.find(([pattern]) => pattern.test(source));
  return sign ? `This looks like Python (${sign[1]}); the REPL is JavaScript.` : null;
}
