import { patternOf, type QuestionWords, type Term } from "./offline-words.ts";

/** Passages that a cell prints at most; together they stay below what one turn may show. */
const passages = 6;
const places = 8;

/** The first look: the passages that fit the question's words, and how rare each of these words is. */
export function firstCells(question: string, words: QuestionWords): string[] {
  const cells = [
    `// Passages that share words with the question.\nconst passages = find(${JSON.stringify(question.slice(0, 2000))}, { limit: ${passages} });\nprint(passages.map((p) => p.text).join("\\n\\n"));`,
  ];
  const terms = words.ideas.flat();
  if (terms.length > 0) cells.push(countingCell(terms));
  if (words.countedFiles !== null)
    cells.push(`print("answer: " + list(${JSON.stringify(words.countedFiles)}).length + " files");`);
  if (words.counted !== null) cells.push(occurrencesCell(words.counted));
  const files = words.files.map(
    (file) => `for (const path of list(${JSON.stringify(file)}).slice(0, 2)) show(path, 1, 60);`,
  );
  if (files.length > 0) cells.push(files.join("\n"));
  if (words.wantsOverview) cells.push(overviewCell);
  return cells;
}

const overviewCell = `// What the project says about itself.
const about = list(["README*", "package.json", "pyproject.toml", "Cargo.toml", "go.mod"]);
about.sort((a, b) => a.split("/").length - b.split("/").length);
for (const path of about.slice(0, 2)) show(path, 1, 40);`;

function occurrencesCell(text: string): string {
  const pattern = `/${patternOf({ stem: text, exact: true, share: 1 })}/`;
  return `const where = search(${pattern}, { limit: 5 });\nprint("answer: " + count(${pattern}) + " times; files with it: " + where.files);\nprint(where);`;
}

function countingCell(terms: readonly Term[]): string {
  const lines = terms.map((term) => `  [${JSON.stringify(term.stem)}, /${patternOf(term)}/],`);
  return `// How rare each word of the question and its kin are.\nconst words = [\n${lines.join("\n")}\n];\nfor (const [word, pattern] of words) print("count of " + word + ": " + count(pattern));`;
}

/** A term with what it tells. */
export interface WeightedTerm {
  readonly term: Term;
  /** Number of the idea that it speaks of. */
  readonly idea: number;
  readonly weight: number;
}

/** The second look: the places where the rare words of the question stand close together. */
export function meetingCell(terms: readonly WeightedTerm[], wantsValue: boolean): string {
  const lines = terms.map(
    ({ term, idea, weight }) => `  { idea: ${idea}, weight: ${weight.toFixed(2)}, pattern: /${patternOf(term)}/ },`,
  );
  return `// Places where the rare words of the question meet.
const terms = [
${lines.join("\n")}
];
const places = new Map();
for (const { idea, weight, pattern } of terms) {
  for (const { path, line, text } of search(pattern, { limit: 20000 })) {
    for (const part of [Math.floor(line / 16), Math.floor(line / 16) + 1]) {
      const key = part + ":" + path;
      if (!places.has(key)) places.set(key, { path, from: Math.max(1, part * 16 - 18), lines: new Map() });
      const { lines } = places.get(key);
      if (!lines.has(line)) lines.set(line, { text: text.trim(), ideas: {} });
      const { ideas } = lines.get(line);
      ideas[idea] = Math.max(ideas[idea] ?? 0, weight);
    }
  }
}
const minor = /change(s|log)|history|licen[cs]e|\\.(map|lock|svg|csv|snap)$|lock\\.json$/i;
const side = /(^|\\/)(tests?|__tests__|spec|fixtures|examples?|_?vendor)\\/|\\.test\\.|\\.d\\.[cm]?ts$|\\.(md|txt)$/i;
const share = (path) => (minor.test(path) ? 0.3 : side.test(path) ? 0.6 : /(^|\\/)(src|lib|app)\\//.test(path) ? 1.1 : 1);
const meet = (ideas) => Object.values(ideas).reduce((a, b) => a + b, 0) * Math.sqrt(Object.keys(ideas).length);
const strength = ({ text, ideas }) => meet(ideas) * ${wantsValue ? "(/\\d/.test(text) ? 1.4 : 1)" : "1"} * (/^import |\\blog/i.test(text) ? 0.4 : 1);
const worth = ({ path, lines }) => {
  const all = {};
  for (const { ideas } of lines.values()) for (const i in ideas) all[i] = Math.max(all[i] ?? 0, ideas[i]);
  const best = [...lines.values()].map(strength).sort((a, b) => b - a).slice(0, 5);
  return share(path) * (meet(all) + best.reduce((a, b) => a + b, 0));
};
const ranked = [...places.values()].map((p) => ({ ...p, worth: worth(p) })).sort((a, b) => b.worth - a.worth).slice(0, 200);
for (const place of ranked) place.texts = new Set([...place.lines.values()].map((l) => l.text));
const base = (path) => path.split("/").at(-1).split(".")[0];
const chosen = [];
for (const place of ranked) {
  const close = chosen.some((c) => c.path === place.path && Math.abs(c.from - place.from) < 32);
  const same = (c) => [...place.texts].filter((text) => c.texts.has(text)).length / place.texts.size;
  const copy = chosen.some((c) => same(c) > (c.path !== place.path && base(c.path) === base(place.path) ? 0.2 : 0.5));
  if (!close && !copy) chosen.push(place);
  if (chosen.length === ${places}) break;
}
for (const { path, from } of chosen) show(path, from, from + 37);`;
}

/** Another wording, where nothing was found: the beginnings of the words in any case, and the names of files. */
export function wideningCell(terms: readonly Term[]): string {
  const starts = terms
    .map(({ stem }) => stem.replace(/[^\p{L}\p{N}]/gu, "").slice(0, 5))
    .filter((start) => start.length > 2);
  const pattern = `/${[...new Set(starts)].join("|") || "(?!)"}/i`;
  return `// Nothing so far: the beginnings of the words, and files named after them.
const wide = search(${pattern}, { limit: 40, perFile: 4 });
print(wide);
for (const path of list().filter((p) => ${pattern}.test(p)).slice(0, 3)) show(path, 1, 40);`;
}

/** More lines around places that are shown only in part. */
export function aroundCell(
  ranges: readonly { readonly path: string; readonly from: number; readonly to: number }[],
): string {
  return ranges.map(({ path, from, to }) => `show(${JSON.stringify(path)}, ${from}, ${to});`).join("\n");
}
