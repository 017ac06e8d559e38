import type { Brackets } from "./brackets.ts";

/** What may stand inside a definition's body: `nothing` that an outline shows, or members, or statements. */
export type Holds = "module" | "type" | "object" | "function" | "group" | "nothing";

/** Where a line stands. */
export interface Scope {
  readonly holds: Holds;
  /** Not right in the body, but in a block inside it, such as that of an `if`. */
  readonly inBlock: boolean;
  /** Number of shown definitions round it. */
  readonly depth: number;
  /** The name of the definition that it is the body of. */
  readonly name: string;
}

export const outermost: Scope = { holds: "module", inBlock: false, depth: 0, name: "" };

export interface Code {
  readonly path: string;
  readonly raw: string;
  /** The raw text with comments and texts blanked, position by position. */
  readonly text: string;
  readonly brackets: Brackets;
}

/** What a rule has found at the beginning of a line. */
export interface Found {
  readonly name: string;
  readonly nameAt: number;
  readonly holds: Holds;
  /** From where its body is looked for. */
  readonly bodyFrom: number;
  /** It is a definition only if it has a body. */
  readonly needsBody?: boolean;
  /** What to show of it, if not how it begins. */
  readonly shown?: string;
  /** It opens a body, but is not shown. */
  readonly hidden?: boolean;
}

/** Tells whether a definition begins at a position, which is the first of a line that is no blank. */
export type Rule = (code: Code, at: number, scope: Scope) => Found | null;

export type Where = (scope: Scope) => boolean;

/** At the top, in a module or namespace. */
export const outside: Where = (scope) => scope.holds === "module" && !scope.inBlock;
/** As `outside`, also in blocks such as those of `if`. */
export const outsideOrBlock: Where = (scope) => scope.holds === "module";
export const anywhere: Where = (scope) => scope.holds !== "nothing";
/** Anywhere but among statements. */
export const notInFunction: Where = (scope) => anywhere(scope) && scope.holds !== "function" && !scope.inBlock;
export const member: Where = (scope) => scope.holds === "type" && !scope.inBlock;

/** A rule for a keyword and a name. @param pattern sticky, with a group `name` whose text is the last of its kind in the match */
export function rule(
  where: Where,
  pattern: RegExp,
  holds: Holds,
  more: Pick<Found, "needsBody" | "hidden"> = {},
): Rule {
  return (code, at, scope) => {
    if (!where(scope)) return null;
    const match = matchAt(pattern, code.text, at);
    if (!match) return null;
    const found = match.groups?.name ?? "";
    const nameAt = at + match[0].lastIndexOf(found);
    return {
      name: code.raw.slice(nameAt, nameAt + found.length),
      nameAt,
      holds,
      bodyFrom: at + match[0].length,
      ...more,
    };
  };
}

export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/**
 * A function or method written as in C: words of its type, then its name, then parentheses on the same line.
 * @returns its name and where its parentheses open and close
 */
export function callableAt(
  text: string,
  at: number,
  { closing }: Brackets,
): { before: string; name: string; nameAt: number; open: number; close: number } | null {
  const head = matchAt(/[^\n({;=]*/y, text, at)?.[0] ?? "";
  const open = at + head.length;
  const close = closing.get(open);
  if (text[open] !== "(" || close === undefined) return null;
  const name = /(?:[\w$]+(?:<[^<>]*>)?::)*~?[\w$]+\s*$/.exec(head);
  if (!name || !/^(?!:[^:]|,)[\w$:<>,.?*&~[\]\s@-]*$/.test(head)) return null;
  return { before: head.slice(0, name.index), name: name[0].trimEnd(), nameAt: at + name.index, open, close };
}
