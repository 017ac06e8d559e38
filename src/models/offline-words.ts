import { isEnglish } from "./offline-language.ts";
import { type Listing, listedIn } from "./offline-listing.ts";
import { type Idea, stemOf, wordsOf } from "./offline-stems.ts";
import { kin, stopWords, weakWords } from "./offline-vocabulary.ts";

const weakShare = 0.5;
const kinShare = 0.4;
const mostKin = 6;
const mostIdeas = 12;

/** What a question asks for, as far as its words tell. */
export interface QuestionWords {
  readonly ideas: readonly Idea[];
  /** The words that are looked for, as the question has them. */
  readonly sought: readonly string[];
  /** A number or another value is wanted. */
  readonly wantsValue: boolean;
  /** The project as a whole is meant, and nothing else. */
  readonly wantsOverview: boolean;
  /** Files named in the question, as globs. */
  readonly files: readonly string[];
  /** What may be folders named in the question: `src/cli`, or `cli` of "the cli folder". */
  readonly folders: readonly string[];
  /** What is to be counted, literally; null where nothing is. */
  readonly counted: string | null;
  /** The number of files is asked for: the glob of which; null where it is not. */
  readonly countedFiles: string | null;
  /** All definitions of a kind are wanted; null where they are not. */
  readonly listing: Listing | null;
  readonly isEnglish: boolean;
}

const identifier = /[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*/g;
const fileName =
  /(?:[\w@.-]+\/)*[\w@.-]+\.(?:[cm]?[jt]sx?|cc?|cpp|cs|css|go|h|hpp|html?|java|json|kt|lock|mdx?|php|py|rb|rs|rst|scss|sh|sql|svelte|swift|toml|txt|vue|xml|ya?ml)\b/g;
const quoted = /`([^`\n]+)`|"([^"\n]+)"|“([^”\n]+)”|(?<!\w)'([^'\n]+)'(?!\w)/g;

const folderPath = /(?:[\w@.-]+\/)+[\w@.-]*/g;
const folderNames = [
  /([\w@.-]+)[`"']?\s+(?:folder|directory|subfolder)\b/gi,
  /\b(?:in|of|under|inside|within|from)\s+(?:the\s+)?(?:folder|directory)\s+(?:(?:called|named)\s+)?[`"']?([\w@.-]+)/gi,
];
const valueWords =
  /\bhow (?:long|many|much|often|large|big|fast)\b|\bwhat(?:'s| is| are) the\b|\bvalue\b|\bdefault\b|\bnumber\b/i;
const overviewWords =
  /\b(?:project|codebase|repo(?:sitory)?|this code|overview|purpose|architecture|structure|summar(?:y|i[sz]e))\b|\breadme\b/i;
const overviewStems = new Set(
  "overview purpose architecture structure summary summarize readme main high level".split(" ").map(stemOf),
);
/** Words that ask for a list, or say where it is looked for. */
const besideLists = ["exist", "enumerate", "folder", "directory", "subfolder", "content", "inside"];

/** Reads the first 2,000 characters of a question. */
export function readQuestion(whole: string): QuestionWords {
  const asked = whole.slice(0, 2000);
  const files = [...new Set(asked.match(fileName) ?? [])].filter((name) => !/^\d/.test(name)).slice(0, 3);
  // A file is looked at itself; as a word its name counts without the ending.
  const question = asked.replace(fileName, (name) => (files.includes(name) ? name.replace(/^.*\/|\.\w+$/g, "") : name));
  const exact = exactIn(question);
  const plain = plainWords(question, exact);
  // Common words alone find anything and tell nothing.
  const isVague = exact.length === 0 && [...plain.values()].every((word) => weakWords.has(word));
  const ideas = [
    ...exact.map((text) => namedIdea(text)),
    ...[...plain].map(([stem, word]) => plainIdea(stem, weakWords.has(word) ? weakShare : 1)),
  ].slice(0, isVague ? 0 : mostIdeas);
  const folders = foldersIn(question);
  const wantsCount = /\bhow (?:many|often)\b|\bnumber of\b|\bcount\b/i.test(question);
  return {
    ideas,
    sought: [...exact, ...plain.values()].slice(0, ideas.length),
    wantsValue: valueWords.test(question),
    wantsOverview:
      overviewWords.test(question) && files.length === 0 && [...plain.keys()].every((stem) => overviewStems.has(stem)),
    files,
    folders,
    counted: wantsCount ? (exact[0] ?? null) : null,
    countedFiles: wantsCount && exact.length === 0 ? countedFilesIn(question) : null,
    listing: listingIn(question, ideas, folders, files),
    isEnglish: isEnglish(asked),
  };
}

/** Names as code writes them, and what stands in quotes. */
function exactIn(question: string): string[] {
  const literal = [...question.matchAll(quoted)].map((match) => match.slice(1).find(Boolean) ?? "");
  return [...new Set([...literal, ...(question.match(identifier) ?? []).filter(isIdentifierLike)])];
}

/** The other telling words, by their stems. */
function plainWords(question: string, exact: readonly string[]): ReadonlyMap<string, string> {
  const covered = new Set(exact.flatMap(namedIdea).map((term) => term.stem));
  const telling = wordsOf(question).filter((word) => !stopWords.has(word));
  const words = telling.map((word): [string, string] => [stemOf(word), word]);
  return new Map(words.filter(([stem]) => !covered.has(stem)));
}

function foldersIn(question: string): string[] {
  const paths = (question.match(folderPath) ?? []).map((path) => path.replace(/[/.]+$/, ""));
  const names = folderNames.flatMap((pattern) => [...question.matchAll(pattern)]).map((match) => match[1] ?? "");
  const telling = names.filter((word) => !stopWords.has(word.toLowerCase()) && !weakWords.has(word.toLowerCase()));
  return [...new Set([...paths, ...telling])].filter((name) => /\w/.test(name)).slice(0, 3);
}

function countedFilesIn(question: string): string | null {
  const asked =
    /\b(?:many|of|count)\s+(?:the\s+)?(?:\*?(\.\w+)\s+)?files\b(?! (?:mention|contain|use|with|have))/i.exec(question);
  return asked ? `*${asked[1] ?? ""}` : null;
}

/** All definitions of a kind, or all files where nothing but a folder is asked about. */
function listingIn(
  question: string,
  ideas: readonly Idea[],
  folders: readonly string[],
  files: readonly string[],
): Listing | null {
  const kind = listedIn(question);
  const beside = new Set([kind?.plural ?? "", ...besideLists, ...[...folders, ...files].flatMap(wordsOf)].map(stemOf));
  const about = ideas.filter((idea) => !beside.has(idea[0]?.stem ?? ""));
  if (kind !== null) return { ...kind, about };
  return folders.length > 0 && files.length === 0 && about.length === 0
    ? { plural: "files", pattern: null, about }
    : null;
}

function isIdentifierLike(word: string): boolean {
  return /[a-z\d][A-Z]|_|[A-Za-z]\.[A-Za-z]|^[A-Z]{2,}\d*$|[A-Za-z]\d/.test(word) && word.length > 2;
}

/** A name given as it is written, and at a smaller share the words that it is made of. */
function namedIdea(text: string): Idea {
  const parts = [
    ...new Set(
      wordsOf(text)
        .filter((word) => word.length > 2 && !stopWords.has(word))
        .map(stemOf),
    ),
  ];
  return [{ stem: text, exact: true, share: 1.5 }, ...parts.map((stem) => ({ stem, exact: false, share: kinShare }))];
}

function plainIdea(stem: string, share: number): Idea {
  const related = kin.filter((group) => group.some((word) => stemOf(word) === stem)).flat();
  const others = new Set(related.map(stemOf));
  others.delete(stem);
  return [
    { stem, exact: false, share },
    ...[...others].slice(0, mostKin).map((other) => ({ stem: other, exact: false, share: kinShare })),
  ];
}
