import type { Quote } from "./offline-quotes.ts";

const languages: Readonly<Record<string, string>> = {
  c: "c",
  cc: "cpp",
  cjs: "js",
  cpp: "cpp",
  cs: "csharp",
  css: "css",
  go: "go",
  h: "c",
  html: "html",
  java: "java",
  js: "js",
  json: "json",
  jsx: "jsx",
  kt: "kotlin",
  md: "md",
  mjs: "js",
  php: "php",
  py: "python",
  rb: "ruby",
  rs: "rust",
  sh: "sh",
  sql: "sql",
  swift: "swift",
  toml: "toml",
  ts: "ts",
  tsx: "tsx",
  yaml: "yaml",
  yml: "yaml",
};

const bySearch =
  "Found by search, without a language model: the lines are quoted as they are, and nothing is concluded from them.";

/** Markdown that says what was found, quotes it, and cites each passage. */
export function answerText(quotes: readonly Quote[], counted: string | null, words: readonly string[]): string {
  const parts = counted === null ? [] : [counted];
  const [best] = quotes;
  if (best) parts.push(firstSentence(best), ...quotes.map(quotation));
  else if (counted === null) parts.push(nothing(words));
  return [...parts, bySearch].join("\n\n");
}

/** A text inside a fence that is longer than any fence inside it. */
export function fenced(text: string, language: string, least: number): string {
  const inner = Math.max(0, ...(text.match(/`{3,}/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(Math.max(least, inner + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

function firstSentence(best: Quote): string {
  const place =
    best.lines.length === 1 ? `line ${best.from}` : `lines ${best.from}–${best.from + best.lines.length - 1}`;
  const what = best.defines === null ? "" : `\`${best.defines}\`, `;
  return `The best match is ${what}${place} of \`${best.path}\`:`;
}

function quotation({ path, from, lines }: Quote): string {
  const to = from + lines.length - 1;
  const language = languages[path.split(".").at(-1)?.toLowerCase() ?? ""] ?? "";
  return `${fenced(lines.map(shortLine).join("\n"), language, 3)}\n[${path}:${from === to ? from : `${from}-${to}`}]`;
}

function shortLine(line: string): string {
  return line.length <= 300 ? line : `${line.slice(0, 299)}…`;
}

function nothing(words: readonly string[]): string {
  const sought = words.length > 0 ? ` (${words.join(", ")})` : "";
  return `Nothing in the context matches the words of the question${sought}. Other words may find it, such as names that the code itself uses.`;
}
