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

/** What a search has come to. */
export interface Findings {
  /** A sentence that says how many there are; null where nothing was counted. */
  readonly counted: string | null;
  /** Markdown that lists definitions; null where none were asked for or found. */
  readonly listed: string | null;
  readonly quotes: readonly Quote[];
  /** The words that were looked for. */
  readonly sought: readonly string[];
  /** Why the search could not be finished; null where it was. */
  readonly ending: string | null;
  /** The error of a cell that failed; null where none did. */
  readonly failure: string | null;
  readonly isEnglish: boolean;
}

/** A line of more characters is quoted in part. */
const quotedChars = 600;
const bySearch = "Found by search, without a language model";
const asTheyAre = "the lines are quoted as they are, and nothing is concluded from them.";
const cutShort = "the lines are quoted as they are, but for those cut at …, and nothing is concluded from them.";
const noWords =
  "The question holds no word to look for. Without a language model only words are searched: name what it is about, such as a function, a file, a message or a setting.";
const englishOnly =
  "Offline mode searches for the words of a question and knows those of English only: ask in English, or with names from the files themselves.";

/** Markdown that says what was found, quotes it, and cites each passage. */
export function answerText(findings: Findings): string {
  const { counted, listed, quotes, ending, isEnglish } = findings;
  const found = [counted, listed].filter((part) => part !== null);
  const [best] = quotes;
  if (best) found.push(firstSentence(best), ...quotes.map(quotation));
  const parts = [...(isEnglish ? [] : [englishOnly]), ...(found.length > 0 ? found : [nothing(findings)])];
  if (found.length > 0 && ending !== null) parts.push(`The search was not finished, so there may be better. ${ending}`);
  const isCut = quotes.some(({ lines }) => lines.some((line) => line.length > quotedChars));
  const quoted = best ? `: ${isCut ? cutShort : asTheyAre}` : ".";
  parts.push(found.length > 0 ? bySearch + quoted : "Searched without a language model.");
  return parts.join("\n\n");
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
  return line.length <= quotedChars ? line : `${line.slice(0, quotedChars - 1)}…`;
}

function nothing({ sought, ending, failure }: Findings): string {
  const words = sought.length > 0 ? ` (${sought.join(", ")})` : "";
  if (ending !== null) return `The search was not finished, and nothing was found until then${words}. ${ending}`;
  if (failure !== null) return `The files could not be searched${words}: ${failure}`;
  if (sought.length === 0) return noWords;
  return `Nothing in the context matches the words of the question${words}. Other words may find it, such as names that the files themselves use.`;
}
