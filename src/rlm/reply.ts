import { cellLanguages, splitFences } from "./fences.ts";
import type { FinishReason } from "./model.ts";

/** An answer that stands in the reply itself: its text, or the name of the variable that holds it. */
export type WrittenAnswer =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: string };

/** What a reply asks for. */
export interface ReadReply {
  /** The reply without what the model has only thought. */
  readonly text: string;
  /** What stands outside of fences and of the answer. */
  readonly prose: string;
  /** Code to run, in order. */
  readonly cells: readonly string[];
  readonly answer: WrittenAnswer | null;
  /** The reply was cut inside a cell, which is not among `cells`. */
  readonly cutCell: boolean;
  /** The reply was cut inside its answer, which is kept as far as it goes only on the last call. */
  readonly cutAnswer: boolean;
  /** It holds a cell in Python. */
  readonly python: boolean;
}

const pythonLanguages: ReadonlySet<string> = new Set(["python", "py", "python3"]);

/** A reply without what some models write down before it; code in that is not meant to run. */
function withoutThoughts(text: string): string {
  const opened = /^\s*<think>/.test(text);
  const end = opened ? text.indexOf("</think>") : text.search(/^<\/think>\s*$/m);
  if (end < 0) return opened ? "" : text;
  return text.slice(end + "</think>".length);
}

/** Reads a model's reply: section 3 of the design, points 2 and 4. */
export function readReply(text: string, finishReason: FinishReason): ReadReply {
  const reply = withoutThoughts(text);
  const cut = finishReason === "length";
  const cells: string[] = [];
  let answer: WrittenAnswer | null = null;
  let cutCell = false;
  let cutAnswer = false;
  let python = false;
  const prose: string[] = [];
  for (const block of splitFences(withoutFinalLines(reply))) {
    if (block.kind === "line") prose.push(block.text);
    if (block.kind === "line") continue;
    if (cellLanguages.has(block.language)) {
      if (cut && !block.closed) cutCell = true;
      else cells.push(block.content);
    } else if (block.language === "answer") {
      cutAnswer = cut && !block.closed;
      answer = { kind: "text", text: block.content };
    } else if (pythonLanguages.has(block.language)) python = true;
  }
  const outside = prose.join("\n").trim();
  return { text: reply, prose: outside, cells, answer: answer ?? finalLine(reply), cutCell, cutAnswer, python };
}

interface FinalCall {
  readonly start: number;
  readonly end: number;
  readonly answer: WrittenAnswer;
}

function finalLine(reply: string): WrittenAnswer | null {
  return finalCalls(reply).at(-1)?.answer ?? null;
}

/** The reply with its `FINAL(…)` lines blanked out, so that fences inside them are not cells. */
function withoutFinalLines(reply: string): string {
  return finalCalls(reply).reduceRight((text, call) => text.slice(0, call.start) + text.slice(call.end), reply);
}

/** More such lines are the babble of a model that has lost its way. */
const maxFinalLines = 50;

/** Lines outside any fence that are `FINAL(…)`, balanced and perhaps of several lines, or `FINAL_VAR(name)`. */
function finalCalls(reply: string): FinalCall[] {
  if (!reply.includes("FINAL")) return [];
  const found: FinalCall[] = [];
  let tries = 0;
  for (const block of splitFences(reply)) {
    if (block.kind !== "line" || !block.text.includes("FINAL") || tries > maxFinalLines) continue;
    tries += 1;
    if (block.offset < (found.at(-1)?.end ?? 0)) continue;
    const call = readFinalCall(reply, block.offset);
    if (call) found.push(call);
  }
  return found;
}

const variableCall = /^ {0,3}FINAL_VAR\(\s*(["'`]?)([A-Za-z_$][\w$]*)\1\s*\)[;.]?[ \t]*$/m;

function readFinalCall(reply: string, start: number): FinalCall | null {
  const line = reply.slice(start, reply.indexOf("\n", start) < 0 ? reply.length : reply.indexOf("\n", start));
  const variable = variableCall.exec(line);
  if (variable?.[2]) return { start, end: start + line.length, answer: { kind: "variable", name: variable[2] } };
  const open = /^ {0,3}FINAL\(/.exec(line);
  if (!open) return null;
  const from = start + open[0].length;
  const close = closingParenthesis(reply, from);
  if (close === null) return null;
  return { start, end: close + 1, answer: { kind: "text", text: unquote(reply.slice(from, close).trim()) } };
}

/** The parenthesis that balances one before `from`, if nothing but white space, `;` or `.` follows it on its line. */
function closingParenthesis(text: string, from: number): number | null {
  for (let i = from, depth = 1; i < text.length; i += 1) {
    if (text[i] === "(") depth += 1;
    else if (text[i] === ")") depth -= 1;
    if (depth === 0) return /^[;.]?[ \t]*\r?(\n|$)/.test(text.slice(i + 1, i + 80)) ? i : null;
  }
  return null;
}

function unquote(text: string): string {
  const quoted = /^("""|'''|["'`])([\s\S]*)\1$/.exec(text);
  return quoted?.[2] !== undefined && !quoted[2].includes(quoted[1] ?? "") ? quoted[2] : text;
}
