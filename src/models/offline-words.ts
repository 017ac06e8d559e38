/** Words that say what kind of answer is wanted, not what it is about. */
const stopWords = new Set(
  `a about all also an and any are as at be been being but by can code codebase could defined describe did do does done
  each every explain file files find for from function functions get gets give go goes had handled happen happens has have
  here how i if implementation implemented in into is it its itself let like list located long look many may me method
  methods mean much must my name named need no not of on one or our out over please project repo repository see set shall
  should show so some somewhere tell than that the their them then there these they thing things this those through to
  under up us use used uses using want was way we were what when where whether which while who why will with work works
  would you your`.split(/\s+/),
);

/** Words that programs use for the same thing; a question seldom uses the one that the code does. */
const kin: readonly (readonly string[])[] = [
  ["retry", "backoff", "attempt"],
  ["wait", "delay", "sleep", "pause", "timeout", "interval"],
  ["fail", "error", "exception", "throw", "reject"],
  ["delete", "remove", "erase", "drop"],
  ["create", "make", "build", "construct"],
  ["start", "begin", "init", "launch", "boot"],
  ["stop", "end", "abort", "cancel", "kill", "terminate", "close"],
  ["config", "configuration", "configure", "setting", "option", "preference"],
  ["auth", "authentication", "login", "credential"],
  ["key", "secret", "password", "token"],
  ["permission", "allow", "access", "role"],
  ["fetch", "request", "http", "download"],
  ["send", "post", "emit", "publish", "dispatch"],
  ["receive", "listen", "subscribe"],
  ["store", "save", "persist", "write"],
  ["read", "load", "parse"],
  ["limit", "max", "maximum", "cap", "threshold", "quota"],
  ["cache", "memo"],
  ["validate", "check", "verify", "assert"],
  ["log", "trace", "debug"],
  ["test", "spec"],
  ["database", "sql", "query", "db"],
  ["size", "length", "bytes"],
  ["convert", "transform", "encode", "serialize"],
  ["default", "fallback"],
  ["schedule", "cron", "timer"],
  ["encrypt", "cipher", "crypto"],
  ["directory", "folder", "path"],
  ["render", "draw", "display"],
  ["endpoint", "route", "url", "uri"],
  ["thread", "worker", "concurrency", "parallel"],
  ["sort", "order", "rank"],
  ["merge", "combine", "join"],
  ["split", "chunk", "divide"],
];
const kinShare = 0.4;

/** A word to look for. `share` is 1 for a word of the question, less for its kin. */
export interface Term {
  /** A stem, or an identifier as it is written where `exact`. */
  readonly stem: string;
  readonly exact: boolean;
  readonly share: number;
}

/** One thing that a question is about: any of its terms speaks of it. */
export type Idea = readonly Term[];

/** What a question asks for, as far as its words tell. */
export interface QuestionWords {
  readonly ideas: readonly Idea[];
  /** A number or another value is wanted. */
  readonly wantsValue: boolean;
  /** The project as a whole is meant. */
  readonly wantsOverview: boolean;
  /** Files named in the question, as globs. */
  readonly files: readonly string[];
  /** What is to be counted, literally; null where nothing is. */
  readonly counted: string | null;
  /** The number of files is asked for: the glob of which; null where it is not. */
  readonly countedFiles: string | null;
}

const identifier = /[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*/g;
const fileName =
  /(?:[\w@.-]+\/)*[\w@.-]+\.(?:[cm]?[jt]sx?|cc?|cpp|cs|css|go|h|hpp|html?|java|json|kt|lock|mdx?|php|py|rb|rs|rst|scss|sh|sql|svelte|swift|toml|txt|vue|xml|ya?ml)\b/g;
const quoted = /`([^`\n]+)`|"([^"\n]+)"|“([^”\n]+)”|(?<!\w)'([^'\n]+)'(?!\w)/g;

/** Reads the first 2,000 characters of a question. */
export function readQuestion(whole: string): QuestionWords {
  const asked = whole.slice(0, 2000);
  const files = [...new Set(asked.match(fileName) ?? [])].filter((name) => !/^\d/.test(name)).slice(0, 3);
  // A file is looked at itself; as a word its name counts without the ending.
  const question = asked.replace(fileName, (name) => (files.includes(name) ? name.replace(/^.*\/|\.\w+$/g, "") : name));
  const literal = [...question.matchAll(quoted)].map((match) => match.slice(1).find(Boolean) ?? "");
  const exact = [...new Set([...literal, ...(question.match(identifier) ?? []).filter(isIdentifierLike)])];
  const named = exact.map((text) => namedIdea(text));
  const covered = new Set(named.flat().map((term) => term.stem));
  const words = wordsOf(question).filter((word) => !stopWords.has(word));
  const plain = [...new Set(words.map(stemOf))].filter((stem) => !covered.has(stem)).map((stem) => plainIdea(stem));
  const wantsCount = /\bhow (?:many|often)\b|\bnumber of\b|\bcount\b/i.test(question);
  const asksFiles = wantsCount
    ? /\b(?:many|of|count)\s+(?:the\s+)?(?:\*?(\.\w+)\s+)?files\b(?! (?:mention|contain|use|with|have))/i.exec(question)
    : null;
  return {
    ideas: [...named, ...plain].slice(0, 12),
    wantsValue:
      /\bhow (?:long|many|much|often|large|big|fast)\b|\bwhat(?:'s| is| are) the\b|\bvalue\b|\bdefault\b|\bnumber\b/i.test(
        question,
      ),
    wantsOverview:
      /\b(?:project|codebase|repo(?:sitory)?|this code|overview|purpose)\b/i.test(question) && plain.length <= 2,
    files,
    counted: wantsCount ? (exact[0] ?? null) : null,
    countedFiles: asksFiles && exact.length === 0 ? `*${asksFiles[1] ?? ""}` : null,
  };
}

/** The words of a text in lower case, identifiers split at `camelCase`, `snake_case` and digits. */
export function wordsOf(text: string): string[] {
  const spaced = text.replace(/(\p{Ll}|\d)(\p{Lu})/gu, "$1 $2").replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2");
  return (spaced.match(/\p{L}+|\d+/gu) ?? []).map((word) => word.toLowerCase());
}

/** A word without its English endings: `retried`, `retries` and `retrying` give `retri`. */
export function stemOf(word: string): string {
  if (word.length <= 3 || !/^[a-z]+$/.test(word)) return word;
  return withoutVowelEnd(withoutVerbEnd(withoutPlural(word)));
}

function withoutPlural(word: string): string {
  if (/(?:ies|ied)$/.test(word) && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:ss|sh|ch|x)es$/.test(word)) return word.slice(0, -2);
  return /[^siu]s$/.test(word) ? word.slice(0, -1) : word;
}

function withoutVerbEnd(word: string): string {
  const rest = /(?:ing|ed)$/.test(word) ? word.replace(/(?:ing|ed)$/, "") : word;
  if (rest.length >= 3 && rest !== word && /[aeiouy]/.test(rest)) {
    const single = rest.replace(/([bdfgmnprt])\1$/, "$1");
    return single.length >= 4 ? single : rest;
  }
  return /tion$/.test(word) && word.length >= 8 ? word.slice(0, -3) : word;
}

function withoutVowelEnd(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}i`;
  return word.length >= 4 ? word.replace(/e$/, "") : word;
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

function plainIdea(stem: string): Idea {
  const related = kin.filter((group) => group.some((word) => stemOf(word) === stem)).flat();
  const others = new Set(related.map(stemOf));
  others.delete(stem);
  return [
    { stem, exact: false, share: 1 },
    ...[...others].map((other) => ({ stem: other, exact: false, share: kinShare })),
  ];
}

/** A regular expression, as source text, for a term at the start of a word or of a part of an identifier. */
export function patternOf({ stem, exact }: Term): string {
  if (exact) return stem.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  if (!/^[a-z]+$/.test(stem)) return stem;
  const [first = "", rest] = [stem[0], stem.slice(1)];
  const lower = rest.replace(/i$/, "[iy]");
  const upper = `${first}${lower}`.toUpperCase();
  const ended = stem.length >= 4 ? "" : "(?:e|s|es|ed|ing)?(?![a-z])";
  // The letters before are looked at last: a pattern that begins with a lookbehind is many times slower.
  return `(?:[${first.toUpperCase()}${first}]${lower}|${upper})(?<![a-z]${first}${lower}|[A-Z]${upper})${ended}`;
}
