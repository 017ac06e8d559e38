import type { RunEvent } from "../rlm/events.ts";

/**
 * Puts `~` in the place of home folders, however their separators are written (`/`, `\`, `\\`), also in URLs. What only
 * begins like one (`/home/anna` for `/home/ann`) stays.
 * @param homes absolute paths
 */
export function pathRedactor(homes: readonly string[]): (text: string) => string {
  const patterns = patternsOf(homes);
  return (text) => patterns.reduce((clean, pattern) => clean.replace(pattern, "~"), text);
}

/** The same events with `~` in the place of home folders in all their texts. */
export function redactEvents(events: readonly RunEvent[], homes: readonly string[]): RunEvent[] {
  const redact = pathRedactor(homes);
  return events.map((event) => mapTexts(event, redact) as RunEvent);
}

/** Longer paths first: one home may lie in another. */
function patternsOf(homes: readonly string[]): RegExp[] {
  const patterns = homes.toSorted((a, b) => b.length - a.length).map(patternOf);
  return patterns.filter((pattern) => pattern !== null);
}

/** @returns null for the root of a disk, which tells nothing of anybody */
function patternOf(home: string): RegExp | null {
  const folders = home.split(/[\\/]+/).filter((folder) => folder !== "");
  const drive = /^[A-Za-z]:$/.test(folders[0] ?? "");
  const count = folders.length - (drive ? 1 : 0);
  if (count === 0) return null;
  // A home right below the root, such as `/root`, may be the name of any folder.
  const before = count === 1 && !drive ? "(?<![\\p{L}\\p{N}_.~-])" : "";
  const start = drive ? "" : "[\\\\/]";
  const path = folders.map(eitherSpelling).join("[\\\\/]+");
  return new RegExp(`${before}${start}${path}(?![\\p{L}\\p{N}_-])`, drive ? "giu" : "gu");
}

/** A folder's name as it is, or as it stands in a URL. */
function eitherSpelling(folder: string): string {
  const inUrl = encodeURIComponent(folder);
  return inUrl === folder ? escaped(folder) : `(?:${escaped(folder)}|${escaped(inUrl)})`;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, map)]));
}
