import { cutMiddle, oneLine } from "./cut.ts";
import { formatCount, formatNumberOf } from "./format.ts";

/** A question that was answered earlier in the conversation. */
export interface Exchange {
  readonly question: string;
  readonly answer: string;
}

/** Paths whose files are other, new or gone since the context was asked about last. */
export interface ContextChanges {
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** What was asked about a context before, the oldest first. */
export interface Earlier {
  readonly exchanges: readonly Exchange[];
  /** Null where it is not known. */
  readonly changes: ContextChanges | null;
}

/** Exchanges that the model is told of, the newest ones; a cell has them all as `history`. */
const toldExchanges = 8;
const questionChars = 500;
const answerChars = 1_500;
const toldPaths = 8;

/** What the model is told of the conversation so far; empty where there is none. */
export function describeEarlier({ exchanges, changes }: Earlier): string {
  if (exchanges.length === 0) return "";
  const first = Math.max(0, exchanges.length - toldExchanges);
  const told = exchanges.slice(first).map(({ question, answer }, i) => {
    const number = first + i;
    return `## ${number + 1}. ${oneLine(question, questionChars)}\n\n${cutMiddle(answer.trim(), answerChars)}`;
  });
  const left = first === 0 ? [] : [`(${formatNumberOf(first, "question")} before these)`];
  return [...left, ...told, ...(changes ? [describeChanges(changes)] : [])].join("\n\n");
}

function describeChanges({ changed, added, removed }: ContextChanges): string {
  const parts = [partOf("changed", changed), partOf("new", added), partOf("gone", removed)].filter((part) => part);
  return parts.length === 0
    ? "The files are as they were at the last question."
    : `Since the last question: ${parts.join("; ")}.`;
}

function partOf(word: string, paths: readonly string[]): string {
  if (paths.length === 0) return "";
  const named = paths.slice(0, toldPaths).map((path) => oneLine(path, 120));
  return `${formatCount(paths.length)} ${word} (${named.join(", ")}${paths.length > named.length ? ", …" : ""})`;
}
