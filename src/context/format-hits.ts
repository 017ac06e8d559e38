import { formatCount } from "../rlm/format.ts";
import { type Fields, isFields } from "./guest-values.ts";

/**
 * Hits as a cell's output shows them: grouped by file, with line numbers, and how many there are in all.
 * @param value a search's result, or anything like it that a guest hands back
 */
export function formatHits(value: unknown): string {
  const result = isFields(value) ? value : { hits: value };
  const hits = Array.isArray(result.hits) ? result.hits.filter(isFields) : [];
  if (hits.length === 0) return "[no hits]";
  const blocks: string[] = [];
  for (let start = 0; start < hits.length; ) {
    const path = hits[start]?.path;
    let end = start + 1;
    while (end < hits.length && hits[end]?.path === path) end += 1;
    blocks.push(String(path), ...linesOfFile(hits.slice(start, end)));
    start = end;
  }
  return [...blocks, ending(result, hits)].join("\n");
}

/** The lines of a file's hits, each once: `12: …` for those of matches, `12- …` for those round them. */
function linesOfFile(hits: readonly Fields[]): string[] {
  const matched = new Map<number, Set<string>>();
  const round = new Map<number, string>();
  for (const hit of hits) {
    const line = Number(hit.line);
    const own = String(hit.text).split("\n");
    const before = stringsOf(hit.before);
    own.forEach((text, i) => {
      // A very long line may be shown in several pieces.
      matched.set(line + i, (matched.get(line + i) ?? new Set()).add(text));
    });
    before.forEach((text, i) => {
      round.set(line - before.length + i, text);
    });
    stringsOf(hit.after).forEach((text, i) => {
      round.set(endLineOf(hit, own.length) + 1 + i, text);
    });
  }
  const numbers = [...new Set([...matched.keys(), ...round.keys()])].sort((a, b) => a - b);
  return numbers.flatMap((number, i) => {
    const gap = round.size > 0 && i > 0 && number > (numbers[i - 1] ?? 0) + 1 ? ["  --"] : [];
    const texts = matched.get(number);
    const shown = texts ? [...texts].map((text) => `  ${number}: ${text}`) : [`  ${number}- ${round.get(number)}`];
    return [...gap, ...shown];
  });
}

function endLineOf(hit: Fields, lines: number): number {
  return typeof hit.endLine === "number" ? hit.endLine : Number(hit.line) + lines - 1;
}

function ending(result: Fields, hits: readonly Fields[]): string {
  const shownFiles = new Set(hits.map((hit) => hit.path)).size;
  const files = typeof result.files === "number" ? result.files : shownFiles;
  const total = typeof result.total === "number" ? result.total : hits.length;
  const inFiles = `in ${formatCount(files)} file${files === 1 ? "" : "s"}`;
  if (total > hits.length) {
    return `[${formatCount(hits.length)} of ${formatCount(total)} hits ${inFiles}; raise limit or narrow glob]`;
  }
  return `[${formatCount(hits.length)} hit${hits.length === 1 ? "" : "s"} ${inFiles}]`;
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((line) => typeof line === "string") : [];
}
