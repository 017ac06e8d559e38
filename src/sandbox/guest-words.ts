import type { CellError, Variable } from "../rlm/sandbox.ts";
import { excerptAt } from "./cell-rewrite.ts";

/** A cell as it was written. */
export interface CellSource {
  readonly name: string;
  readonly source: string;
  /** Columns by which the rewritten first line is further right. */
  readonly shift: number;
}

/** What a cell has thrown, as the guest describes it. */
export interface Thrown {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** The guest's own answers are checked like any other text of it. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

export function readText(json: string): string | null {
  const text = parsed(json);
  return typeof text === "string" ? text : null;
}

export function readThrown(json: string): Thrown {
  const { name, message, stack } = (parsed(json) ?? {}) as Partial<Record<keyof Thrown, unknown>>;
  if (typeof name !== "string" || typeof message !== "string" || typeof stack !== "string") return undescribed;
  return { name, message, stack };
}

export function readVariable(json: string): Variable {
  const { found, text, names } = (parsed(json) ?? {}) as Partial<Record<"found" | "text" | "names", unknown>>;
  if (found === true && typeof text === "string") return { found, text };
  return { found: false, names: Array.isArray(names) ? names.filter((name) => typeof name === "string") : [] };
}

const undescribed: Thrown = { name: "Error", message: "The cell threw something that can't be shown.", stack: "" };

/** QuickJS strings end at a NUL when they cross over to the host. */
export function sane(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "\u2400") : text;
}

export function faultMessage(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `The REPL broke down (${reason.slice(0, 200)}).`;
}

const frame = /at (?:(.*?) \()?([^()\s:]+):(\d+)(?::(\d+))?\)?/g;

/** An error of the guest with the position in the cell's own code. */
export function cellError(thrown: Thrown, cell: CellSource): CellError {
  const { name } = thrown;
  const message = thrown.message || "(no message)";
  const own = [...thrown.stack.matchAll(frame)].find((match) => match[2] === cell.name);
  if (!own) return { name, message };
  const line = Number(own[3]);
  const column = Math.max(1, Number(own[4] ?? 1) - (line === 1 ? cell.shift : 0));
  return { name, message, line, column, excerpt: excerptAt(cell.source, line, column) };
}
