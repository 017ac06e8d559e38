import { irregular } from "./offline-vocabulary.ts";

/** A word to look for. `share` is 1 for a word of the question, less for its kin. */
export interface Term {
  /** A stem, or an identifier as it is written where `exact`. */
  readonly stem: string;
  readonly exact: boolean;
  readonly share: number;
}

/** One thing that a question is about: any of its terms speaks of it. */
export type Idea = readonly Term[];

/** Ends of stems that British and American English spell differently: what a stem gets, and what is looked for. */
const spellings: readonly (readonly [end: RegExp, stem: string, pattern: string])[] = [
  [/(?<=\w{3})i[sz](?:ation)?$/, "iz", "i[sz]"],
  [/(?<=\w\w)ly[sz]$/, "lyz", "ly[sz]"],
  [/(?<=\w\w\w)ou?r$/, "or", "ou?r"],
  [/(?<=^(?:lic|def|off|pret))en[cs]$/, "ens", "en[cs]"],
  [/(?<=^(?:cent|lit|fib|theat|calib))(?:re?|er)$/, "er", "(?:er|re)"],
  [/(?<=\w)logu?$/, "log", "log"],
  [/(?<=[aeiou][b-df-hj-np-tv-z]+[aeiou])ll$/, "l", "l"],
];

/** The words of a text in lower case, identifiers split at `camelCase`, `snake_case` and digits. */
export function wordsOf(text: string): string[] {
  const spaced = text.replace(/(\p{Ll}|\d)(\p{Lu})/gu, "$1 $2").replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2");
  return (spaced.match(/\p{L}+|\d+/gu) ?? []).map((word) => word.toLowerCase());
}

/**
 * A word without its English endings, in one spelling: `retried`, `retries` and `retrying` give `retri`, `licence` and
 * `license` give `licens`.
 */
export function stemOf(given: string): string {
  const word = irregular.get(given) ?? given;
  if (word.length <= 3 || !/^[a-z]+$/.test(word)) return word;
  const stem = withoutVowelEnd(withoutVerbEnd(withoutPlural(word)));
  const spelling = spellings.find(([end]) => end.test(stem));
  return spelling ? stem.replace(spelling[0], spelling[1]) : stem;
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
  return /tion$/.test(word) && !/i[sz]ation$/.test(word) && word.length >= 8 ? word.slice(0, -3) : word;
}

function withoutVowelEnd(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}i`;
  return word.length >= 4 ? word.replace(/e$/, "") : word;
}

/** A regular expression, as source text, for a term at the start of a word or of a part of an identifier. */
export function patternOf({ stem, exact }: Term): string {
  if (exact) return stem.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  if (!/^[a-z]+$/.test(stem)) return stem;
  const [first = "", rest] = [stem[0], spelledAnyWay(stem).slice(1)];
  const lower = rest.replace(/i$/, "[iy]");
  const upper = `${first}${lower}`.toUpperCase();
  const ended = stem.length >= 4 ? "" : "(?:e|s|es|ed|ing)?(?![a-z])";
  // The letters before are looked at last: a pattern that begins with a lookbehind is many times slower.
  return `(?:[${first.toUpperCase()}${first}]${lower}|${upper})(?<![a-z]${first}${lower}|[A-Z]${upper})${ended}`;
}

function spelledAnyWay(stem: string): string {
  const spelling = spellings.find(([end]) => end.test(stem));
  return spelling ? stem.replace(spelling[0], spelling[2]) : stem;
}
