/** A code block that ends where the text ends, whatever it holds. */
export function fenced(text: string, language = ""): string {
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}`;
}

/** A short text as inline code. */
export function codeSpan(text: string): string {
  const mark = "`".repeat(longestRun(text) + 1);
  const line = text.replace(/\s+/g, " ");
  return mark.length === 1 && line.trim() !== "" ? `${mark}${line}${mark}` : `${mark} ${line} ${mark}`;
}

/** A text on one line in which no character means anything to Markdown. */
export function plain(text: string): string {
  return text
    .trim()
    .replace(/\s+/g, " ")
    .replace(/[\\`*_[\]<>&|~]/g, "\\$&")
    .replace(/^(\d+)([.)])|^([-+#=])/, (_mark, digits, dot, sign) => (sign ? `\\${sign}` : `${digits}\\${dot}`));
}

export function quoted(text: string): string {
  return text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
}

/** Markdown of somebody else as it is or, where a block of it might go on after its end, as a quotation. */
export function embedded(markdown: string): string {
  return isClosed(markdown) ? markdown.trimEnd() : quoted(markdown);
}

/** HTML may swallow what follows it. Addresses in angle brackets may not. */
const html = /^\s*<[!?/a-z](?![\w+.-]*:)/i;

/** True where it is plain that no block is open at the end; code in lists is plain only if it keeps its indentation. */
function isClosed(markdown: string): boolean {
  let open: Fence | null = null;
  for (const line of markdown.split(/\r?\n/)) {
    if (line.trim() === "") continue;
    const fence = fenceIn(line);
    if (open === null) {
      if (html.test(line)) return false;
      open = fence?.opens ? fence : null;
      continue;
    }
    const closes = fence?.closes === true && fence.marks.startsWith(open.marks);
    if (indentOf(line) < open.indent || (closes && fence.indent !== open.indent)) return false;
    if (closes) open = null;
  }
  return open === null;
}

/** A line that may begin or end a block of code. */
interface Fence {
  readonly indent: number;
  readonly marks: string;
  readonly opens: boolean;
  readonly closes: boolean;
}

function fenceIn(line: string): Fence | null {
  const [, marks, info = ""] = /^ *(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
  if (marks === undefined) return null;
  const opens = !(marks.startsWith("`") && info.includes("`"));
  return { indent: indentOf(line), marks, opens, closes: info.trim() === "" };
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}
