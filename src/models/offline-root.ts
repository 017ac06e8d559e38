import type { Message } from "../rlm/model.ts";
import { answerText, fenced } from "./offline-answer.ts";
import { aroundCell, firstCells, hitsPerWord, meetingCell, type WeightedTerm, wideningCell } from "./offline-cells.ts";
import { endingIn } from "./offline-ending.ts";
import { listingText, readListing } from "./offline-listing.ts";
import { type KnownLines, type Passage, passagesOf, readLines } from "./offline-passages.ts";
import { isNamed } from "./offline-paths.ts";
import { bestQuotes, countIn, openings, type Quote, rarityOf } from "./offline-quotes.ts";
import { type QuestionWords, readQuestion } from "./offline-words.ts";

/** Matches beyond which a word of the same meaning is too common to tell anything. */
const tooManyOfKin = 1_500;
const maxTerms = 12;

/** The next reply of the root: cells that look, or, once it has seen enough or may not go on, the answer. */
export function rootReply(messages: readonly Message[]): string {
  const users = messages.filter((message) => message.role === "user").map((message) => message.content);
  const question = questionIn(users[0] ?? "");
  const words = readQuestion(question);
  const outputs = users.slice(1);
  const ending = endingIn(users.at(-1) ?? "");
  if (outputs.length === 0 && ending === null)
    return cells("I look for passages that fit the question.", firstCells(question, words));
  const state = stateFrom(outputs, words);
  const next = outputs.length === 0 ? null : nextCells(outputs.length, state, words);
  return next !== null && ending === null
    ? next
    : fenced(answer(state, words, next === null && outputs.length > 0 ? null : ending), "answer", 4);
}

/** What the outputs so far have shown. */
interface State {
  readonly counts: ReadonlyMap<string, number>;
  readonly quotes: readonly Quote[];
  readonly terms: readonly WeightedTerm[];
  readonly computed: string | null;
  /** All definitions of a kind, where they were asked for and there are any. */
  readonly listing: ReturnType<typeof readListing>;
  /** The error of a cell that failed; null where none did. */
  readonly failure: string | null;
}

function stateFrom(outputs: readonly string[], words: QuestionWords): State {
  const known: KnownLines = new Map();
  for (const output of outputs) for (const cell of cellsOf(output)) readLines(cell, known);
  const passages = passagesOf(known);
  const text = outputs.join("\n");
  const stated = [...text.matchAll(/^count of (.+): (\d+)$/gm)].map((m): [string, number] => [
    m[1] ?? "",
    Number(m[2]),
  ]);
  const counts = stated.length > 0 ? new Map(stated) : countIn(passages, words.ideas);
  const rarity = rarityOf(counts);
  const best = bestQuotes(passages, { ...words, rarity });
  const quotes = withOpenings(best, passages, words);
  return {
    counts,
    quotes,
    terms: weighted(words, counts, rarity),
    computed: /^answer: (.+)$/m.exec(text)?.[1] ?? null,
    listing: readListing(text),
    failure: /^(?:[A-Z]\w*)?Error: .+$/m.exec(text)?.[0] ?? null,
  };
}

/** Adds the beginnings of files where the question is about a file or the whole and no passage speaks for it. */
function withOpenings(quotes: readonly Quote[], passages: readonly Passage[], words: QuestionWords): readonly Quote[] {
  const { files, wantsOverview } = words;
  if (files.length > 0 && !quotes.some(({ path }) => isNamed(path, files)))
    return [...openings(passages, files), ...quotes];
  return wantsOverview ? openings(passages, []) : quotes;
}

/** The words that occur, the most telling first; those that are everywhere only where there is nothing else. */
function weighted(
  words: QuestionWords,
  counts: ReadonlyMap<string, number>,
  rarity: ReadonlyMap<string, number>,
): WeightedTerm[] {
  const all = words.ideas.flatMap((idea, index) =>
    idea.map((term) => ({ term, idea: index, weight: term.share * (rarity.get(term.stem) ?? 0.5) })),
  );
  const occurring = all.filter(({ term }) => (counts.get(term.stem) ?? 0) > 0);
  const telling = occurring.filter(
    ({ term }) => (counts.get(term.stem) ?? 0) <= (term.share < 1 ? tooManyOfKin : hitsPerWord),
  );
  return (telling.length > 0 ? telling : occurring).sort((a, b) => b.weight - a.weight).slice(0, maxTerms);
}

function nextCells(turnsDone: number, state: State, words: QuestionWords): string | null {
  const isAnswered = state.listing !== null || (state.computed !== null && words.countedFiles !== null);
  if (words.ideas.length === 0 || isAnswered) return null;
  if (turnsDone === 1 && state.terms.length > 0) {
    return cells("I look at the places where the rarest of these words meet.", [
      meetingCell(state.terms, words.wantsValue),
    ]);
  }
  if (turnsDone === 1 && state.quotes.length === 0) {
    const terms = words.ideas.flat();
    return terms.length === 0 ? null : cells("Nothing matches; I try a wider search.", [wideningCell(terms)]);
  }
  const cut = state.quotes.filter((quote) => !quote.whole);
  if (turnsDone > 2 || cut.length === 0) return null;
  const ranges = cut.map(({ path, from, lines }) => ({
    path,
    from: Math.max(1, from - 40),
    to: from + lines.length + 40,
  }));
  return cells("I read on around the best passages.", [aroundCell(ranges)]);
}

function answer(state: State, words: QuestionWords, ending: string | null): string {
  const { computed, listing, failure } = state;
  const subject = words.counted === null ? "There are" : `\`${words.counted}\` occurs`;
  const isCount = words.countedFiles !== null && computed !== null;
  return answerText({
    counted: computed === null ? null : `${subject} ${computed}.`,
    listed: listing === null || words.listing === null ? null : listingText(listing, words.listing),
    quotes: isCount || listing !== null ? [] : state.quotes,
    sought: words.sought,
    ending,
    failure,
    isEnglish: words.isEnglish,
  });
}

function cells(intent: string, code: readonly string[]): string {
  return [intent, ...code.map((cell) => fenced(cell, "js", 3))].join("\n\n");
}

/** The question in the first user message of a run. */
function questionIn(message: string): string {
  const match = /^# Question\n\n([\s\S]*?)\n\n# (?:Earlier in this conversation.*|Context)\n/.exec(message);
  return (match?.[1] ?? message).trim();
}

/** The output of each cell of one turn. */
function cellsOf(message: string): string[] {
  return message
    .split(/^### Cell \d+$/m)
    .slice(1)
    .map((cell) => cell.replace(/\n\nTurn \d+ of \d+\..*(?:\n\n.*)?$/, ""));
}
