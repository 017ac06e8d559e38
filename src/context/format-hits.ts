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
  let path: unknown;
  let lastLine = "";
  for (const hit of hits) {
    if (hit.path !== path) {
      path = hit.path;
      lastLine = "";
      blocks.push(String(path));
    }
    const lines = linesOfHit(hit);
    // Several matches on a line are several hits; the line is shown once.
    if (lines !== lastLine) blocks.push(lines);
    lastLine = lines;
  }
  return [...blocks, ending(result, hits)].join("\n");
}

function linesOfHit(hit: Fields): string {
  const line = Number(hit.line);
  const before = stringsOf(hit.before);
  const after = stringsOf(hit.after);
  const own = String(hit.text).split("\n");
  return [
    ...before.map((text, i) => `  ${line - before.length + i}- ${text}`),
    ...own.map((text, i) => `  ${line + i}: ${text}`),
    ...after.map((text, i) => `  ${line + own.length + i}- ${text}`),
  ].join("\n");
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
