import { tokenizer } from "acorn";

/** A fenced block of a reply, or a line outside any fence. */
export type Block =
  | { readonly kind: "line"; readonly text: string; readonly offset: number }
  | {
      readonly kind: "fence";
      /** First word of the info string, such as `js` in `js{1,3}`, in lower case; empty where there is none. */
      readonly language: string;
      readonly content: string;
      /** False where the reply ends before the fence does. */
      readonly closed: boolean;
    };

interface Opening {
  readonly indent: number;
  readonly marker: "`" | "~";
  readonly length: number;
  readonly language: string;
}

const listMarker = /^( *)([-*+]|\d{1,9}[.)])( {1,4}|$)/;
const backtickFence = /^(`{3,})([^`]*)$/;
const tildeFence = /^(~{3,})(.*)$/;

/** Code that a reply may run; its strings may hold fences. */
export const cellLanguages: ReadonlySet<string> = new Set(["js", "repl", "javascript", "ts", "typescript"]);

/**
 * Splits a reply into fenced blocks and lines as CommonMark does (https://spec.commonmark.org/0.31.2/#fenced-code-blocks),
 * with two differences: a fence inside a template literal or comment of a cell does not end the cell, and a fenced block
 * inside an `answer` fence of the same length does not end the answer.
 */
export function splitFences(reply: string): Block[] {
  const lines = reply.split(/\r?\n/);
  const blocks: Block[] = [];
  let container = 0;
  let offset = 0;
  for (let i = 0; i < lines.length; ) {
    const line = lines[i] ?? "";
    container = containerAfter(line, container);
    const opening = readOpening(line, container);
    const end = opening ? findEnd(lines, i + 1, opening) : i;
    if (opening) blocks.push(fenceOf(lines, i + 1, end, opening));
    else blocks.push({ kind: "line", text: line, offset });
    const next = opening ? end + 1 : i + 1;
    for (; i < next; i += 1) offset = nextLine(reply, offset);
  }
  return blocks;
}

function nextLine(reply: string, offset: number): number {
  const end = reply.indexOf("\n", offset);
  return end < 0 ? reply.length : end + 1;
}

/** The column at which the content of the list item around a line begins; 0 outside of lists. */
function containerAfter(line: string, container: number): number {
  const item = listMarker.exec(line);
  if (item) return item[0].length;
  return line.trim() === "" || indentOf(line) >= container ? container : 0;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function readOpening(line: string, container: number): Opening | null {
  const item = listMarker.exec(line);
  const indent = item ? item[0].length : indentOf(line);
  if (!item && indent > container + 3) return null;
  const rest = line.slice(indent).trimEnd();
  const match = backtickFence.exec(rest) ?? tildeFence.exec(rest);
  if (!match?.[1]) return null;
  const language = /^[^\s{:,]*/.exec((match[2] ?? "").trim())?.[0].toLowerCase() ?? "";
  return { indent, marker: match[1][0] === "~" ? "~" : "`", length: match[1].length, language };
}

function fenceOf(lines: readonly string[], from: number, end: number, opening: Opening): Block {
  const content = lines.slice(from, end).map((line) => line.slice(Math.min(opening.indent, indentOf(line))));
  return { kind: "fence", language: opening.language, content: content.join("\n"), closed: end < lines.length };
}

/** How many fences inside its strings a cell may have. */
const maxInnerFences = 100;

/** The number of the line that closes a fence, or the number of lines where none does. */
function findEnd(lines: readonly string[], from: number, opening: Opening): number {
  const first = nextClosing(lines, from, opening);
  if (cellLanguages.has(opening.language)) return cellEnd(lines, from, first, opening) ?? first;
  if (opening.language === "answer") return balancedEnd(lines, from, opening) ?? first;
  return first;
}

/** The first closing line at which the code of a cell does not break off inside a literal or a comment. */
function cellEnd(lines: readonly string[], from: number, first: number, opening: Opening): number | undefined {
  let end = first;
  for (let tries = 0; end < lines.length && tries < maxInnerFences; tries += 1) {
    if (!breaksOff(lines.slice(from, end).join("\n"))) return end;
    end = nextClosing(lines, end + 1, opening);
  }
  return undefined;
}

function nextClosing(lines: readonly string[], from: number, opening: Opening): number {
  for (let i = from; i < lines.length; i += 1) if (closes(lines[i] ?? "", opening)) return i;
  return lines.length;
}

function closes(line: string, opening: Opening): boolean {
  const text = line.trim();
  if (text.length < opening.length || indentOf(line) > opening.indent + 3) return false;
  return text === opening.marker.repeat(text.length);
}

/** Where an answer ends if the fenced blocks inside it are skipped; undefined if they do not balance. */
function balancedEnd(lines: readonly string[], from: number, opening: Opening): number | undefined {
  let inner: Opening | null = null;
  for (let i = from; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const bare = closes(line, inner ?? opening);
    if (bare && !inner) return i;
    if (bare) inner = null;
    else inner ??= innerOpening(line, opening);
  }
  return undefined;
}

function innerOpening(line: string, outer: Opening): Opening | null {
  const opening = readOpening(line, outer.indent);
  return opening?.language && opening.marker === outer.marker && opening.length >= outer.length ? opening : null;
}

/** True where code ends inside a template literal or a block comment, so that more must follow. */
function breaksOff(code: string): boolean {
  const depths: boolean[] = [];
  try {
    for (const token of tokenizer(code, { ecmaVersion: "latest", allowHashBang: true })) {
      const label = token.type.label;
      if (label === "`") {
        if (depths.at(-1) === true) depths.pop();
        else depths.push(true);
      } else if (label === "${" || label === "{") depths.push(false);
      else if (label === "}" && depths.at(-1) === false) depths.pop();
    }
  } catch (error) {
    return ranOffTheEnd(error, code);
  }
  return depths.includes(true);
}

/** Acorn names the start of what is not closed (`pos`) and how far it had read (`raisedAt`). */
function ranOffTheEnd(error: unknown, code: string): boolean {
  if (!(error instanceof SyntaxError) || !("raisedAt" in error) || !("pos" in error)) return false;
  const start = Number(error.pos);
  if (code.startsWith("/*", start)) return true;
  return Number(error.raisedAt) >= code.length && (code[start - 1] === "`" || code[start - 1] === "}");
}
