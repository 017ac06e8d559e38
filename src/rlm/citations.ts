import type { ContextView } from "./context.ts";
import type { Citation } from "./events.ts";

const citation = /\[([^[\]\n]+?):(\d+)(?:\s*[-–]\s*(\d+))?\](?!\()/g;

/** The places an answer cites as `[path:line]` or `[path:from-to]`, each once, in order. */
export function findCitations(answer: string): { path: string; from: number; to: number }[] {
  const found = new Map<string, { path: string; from: number; to: number }>();
  for (const match of answer.matchAll(citation)) {
    const path = (match[1] ?? "").trim().replace(/^`|`$/g, "");
    const from = Number(match[2]);
    const to = Number(match[3] ?? match[2]);
    found.set(`${path}:${from}-${to}`, { path, from, to });
  }
  return [...found.values()];
}

/** Checks each citation of an answer against the files: `exists` if the file has these lines, else `missing`. */
export function checkCitations(answer: string, context: ContextView): Citation[] {
  return findCitations(answer).map(({ path, from, to }) => {
    const lines = context.lines(path);
    const there = lines !== null && from >= 1 && from <= to && to <= lines;
    return { path, from, to, status: there ? "exists" : "missing" };
  });
}
