import { styled } from "./style.ts";

const fence = /^( {0,3})(`{3,}|~{3,})/;

/** Markdown for a terminal: headings bold, code coloured, citations underlined; the text itself stays as it is. */
export function renderMarkdown(markdown: string): string {
  let open: string | null = null;
  return markdown
    .split("\n")
    .map((line) => {
      const mark = fence.exec(line)?.[2];
      if (mark && (open === null || (mark.startsWith(open) && line.trim() === mark))) {
        open = open === null ? mark : null;
        return styled("dim", line);
      }
      return open === null ? renderLine(line) : styled("cyan", line);
    })
    .join("\n");
}

function renderLine(line: string): string {
  if (/^#{1,6} /.test(line)) return styled("bold", line);
  return line
    .replace(/`[^`]+`/g, (code) => styled("cyan", code))
    .replace(/\*\*([^*]+)\*\*/g, (_all, text: string) => styled("bold", text))
    .replace(/\[[^[\]\n]+:\d+(?:\s*[-–]\s*\d+)?\]/g, (citation) => styled("underline", citation));
}
