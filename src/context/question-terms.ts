/** A word of a question, ready to be looked for. */
export interface Term {
  /** The start that all forms of the word share, in lower case: `retr` with `[yi]` after it for `retries`. */
  readonly source: string;
  /** The shortest word that it may match, for telling `car` from `carbon`. */
  readonly stem: string;
  /** A name as code writes it (`maxRetries`, `set_up`) or a quoted text: rarer, so worth more. */
  readonly exact: boolean;
}

const stopWords = new Set(
  `a about above after all also an and any are as at be because been before being below between both but by can could did
   do does doing down each few find for from further get give had has have having he her here how i if in into is it its
   itself just know list let like locate many me more most much must my name no nor not now of off on once one only or
   other our out over own please same say she should show so some such tell than that the their them then there these
   they this those through to too under until up us use used uses using very was we were what when where which while who
   whole whom whose why will with work works would you your`.split(/\s+/),
);

/** The words of a question that say what it is about, each once; all its words if all are common ones. */
export function termsOf(question: string): Term[] {
  const terms = new Map<string, Term>();
  const add = (term: Term) => terms.set(`${term.exact}:${term.source}`, term);
  const words = question.match(/[\p{L}\p{N}_$]+/gu) ?? [];
  for (const [, quoted] of question.matchAll(/["'`“]([^"'`“”\n]{3,80})["'`”]/g)) if (quoted) add(exactTerm(quoted));
  for (const word of words) if (isIdentifier(word)) add(exactTerm(word));
  const parts = words.flatMap(splitIdentifier).map((word) => word.toLowerCase());
  const telling = parts.filter((word) => !stopWords.has(word) && (word.length > 1 || !/[a-z_$]/.test(word)));
  for (const word of telling.length > 0 ? telling : parts) add(stemmed(word));
  return [...terms.values()].slice(0, 32);
}

/** `maxRetryCount` and `max_retry_count` as their words. */
function splitIdentifier(word: string): string[] {
  const spaced = word.replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2").replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2");
  return spaced.split(/[\s_$]+/).filter((part) => part !== "");
}

function isIdentifier(word: string): boolean {
  return splitIdentifier(word).length > 1;
}

function exactTerm(text: string): Term {
  return { source: escaped(text.toLowerCase()), stem: text.toLowerCase(), exact: true };
}

/** Light stemming: endings of English that change no meaning. */
function stemmed(word: string): Term {
  const stem = word.length <= 3 || !/^[a-z]+$/.test(word) ? word : strip(word);
  const source = stem.endsWith("y") && stem.length > 3 ? `${stem.slice(0, -1)}[yi]` : escaped(stem);
  const spelling = spellings.find(([end]) => end.test(stem));
  return { source: spelling ? stem.replace(spelling[0], spelling[1]) : source, stem, exact: false };
}

/** Ends of stems that British and American English spell differently, and what finds both. */
const spellings: readonly (readonly [end: RegExp, source: string])[] = [
  [/(?<=\w{3})i[sz](?=(?:ation)?$)/, "i[sz]"],
  [/(?<=\w\w)ly[sz]$/, "ly[sz]"],
  [/(?<=\w{3})ou?r$/, "ou?r"],
  [/(?<=^(?:lic|def|off|pret))en[cs]e?$/, "en[cs]"],
  [/(?<=^(?:cent|lit|fib|theat|calib))(?:re?|er)$/, "(?:er|re?)"],
  [/(?<=\w)logue?$/, "log"],
  [/(?<=[aeiou][b-df-hj-np-tv-z]+[aeiou])ll$/, "ll?"],
];

function strip(word: string): string {
  const kept = (stem: string) => (stem.length >= 3 ? stem : word);
  if (/ies$|ied$/.test(word)) return kept(`${word.slice(0, -3)}y`);
  if (word.endsWith("ing")) return kept(undoubled(word.slice(0, -3)));
  if (word.endsWith("ed") && !word.endsWith("eed")) return kept(undoubled(word.slice(0, -2)));
  if (/(?:s|x|z|ch|sh)es$/.test(word)) return kept(word.slice(0, -2));
  if (/[^su]s$/.test(word)) return strip(word.slice(0, -1));
  return word.endsWith("e") && word.length > 4 ? word.slice(0, -1) : word;
}

function undoubled(stem: string): string {
  return /([bdgmnprt])\1$/.test(stem) ? stem.slice(0, -1) : stem;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
