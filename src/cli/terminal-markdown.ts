import { styleText } from "node:util";

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
        return styleText("dim", line);
      }
      return open === null ? renderLine(line) : styleText("cyan", line);
    })
    .join("\n");
}

function renderLine(line: string): string {
  if (/^#{1,6} /.test(line)) return styleText("bold", line);
  return line
    .replace(/`[^`]+`/g, (code) => styleText("cyan", code))
    .replace(/\*\*([^*]+)\*\*/g, (_all, text: string) => styleText("bold", text))
    .replace(/\[[^[\]\n]+:\d+(?:\s*[-–]\s*\d+)?\]/g, (citation) => styleText("underline", citation));
}
