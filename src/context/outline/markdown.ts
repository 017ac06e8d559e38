import { blanks } from "./blank.ts";
import type { Definition } from "./definitions-in-lines.ts";

const endings: ReadonlySet<string> = new Set(["md", "mdx", "markdown"]);

export function isMarkdown(ending: string): boolean {
  return endings.has(ending);
}

/** The headings of a Markdown text, but for those in code, comments and front matter. */
export function headings(raw: string): Definition[] {
  const lines = raw
    .replace(/^---\r?\n[\s\S]*?\n---[ \t]*(?=\r?\n|$)/, blanks)
    .replace(/<!--[\s\S]*?-->/g, blanks)
    .split("\n");
  const found: Definition[] = [];
  const levels: number[] = [];
  let fence: string | null = null;
  lines.forEach((full, i) => {
    const line = full.trimEnd();
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== null) {
      if (mark?.startsWith(fence) && line.trim() === mark) fence = null;
      return;
    }
    if (mark !== undefined) {
      fence = mark;
      return;
    }
    const heading = headingAt(line, lines[i + 1] ?? "", lines[i - 1] ?? "");
    if (!heading) return;
    while ((levels.at(-1) ?? 0) >= heading.level) levels.pop();
    const text = `${"#".repeat(heading.level)} ${heading.title}`;
    found.push({ name: heading.title, line: i + 1, depth: levels.length, text: cut(text) });
    levels.push(heading.level);
  });
  return found;
}

function headingAt(line: string, next: string, previous: string): { level: number; title: string } | null {
  const marked = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/.exec(line);
  if (marked) return { level: marked[1]?.length ?? 1, title: (marked[2] ?? "").replace(/(?:^|[ \t])#+$/, "").trim() };
  const underline = /^ {0,3}(=+|-+)\s*$/.exec(next)?.[1];
  const isText = line.trim() !== "" && previous.trim() === "" && !/^\s*(?:[-*+>|]|\d+[.)]\s|<| {4})/.test(line);
  return underline && isText ? { level: underline.startsWith("=") ? 1 : 2, title: line.trim() } : null;
}

function cut(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`;
}
