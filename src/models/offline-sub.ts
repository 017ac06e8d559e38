import { type KnownLines, passagesOf, readLines } from "./offline-passages.ts";
import { bestQuotes, countIn, rarityOf } from "./offline-quotes.ts";
import { readQuestion } from "./offline-words.ts";

const nothing = "Nothing in the given text matches the question.";

/** The passages of a prompt that fit the question in it best, with the numbers of their lines where it has them. */
export function subReply(prompt: string): string {
  const { question, text } = split(prompt);
  const known: KnownLines = new Map();
  const isNumbered = /^\S.*:\d+-\d+$/m.test(text);
  if (isNumbered) readLines(text, known);
  else known.set("", new Map(text.split("\n").map((line, i) => [i + 1, line])));
  const words = readQuestion(question);
  const passages = passagesOf(known);
  const rarity = rarityOf(countIn(passages, words.ideas));
  const quotes = bestQuotes(passages, { ...words, rarity });
  const parts = quotes.map(({ path, from, lines }) =>
    isNumbered
      ? [`${path}:${from}-${from + lines.length - 1}`, ...lines.map((line, i) => `${from + i}: ${line}`)].join("\n")
      : lines.join("\n").trim(),
  );
  return parts.join("\n\n") || nothing;
}

/** The question of a prompt: what stands before its numbered lines, or after them, or its first or last paragraph. */
function split(prompt: string): { question: string; text: string } {
  const lines = prompt.split("\n");
  const isText = (line: string) => /^\S.*:\d+-\d+$/.test(line) || /^\s*\d+: /.test(line);
  const first = lines.findIndex(isText);
  if (first >= 0) {
    const last = lines.findLastIndex(isText);
    const question = [...lines.slice(0, first), ...lines.slice(last + 1)].join("\n").trim();
    return { question, text: lines.slice(first, last + 1).join("\n") };
  }
  const paragraphs = prompt.trim().split(/\n\s*\n/);
  const asked = paragraphs.findLast((paragraph) => paragraph.trimEnd().endsWith("?")) ?? paragraphs[0] ?? "";
  const rest = paragraphs.filter((paragraph) => paragraph !== asked);
  return rest.length > 0 ? { question: asked, text: rest.join("\n\n") } : { question: prompt, text: "" };
}
