import { listingCell } from "./offline-listing.ts";
import { pathShareCode } from "./offline-paths.ts";
import { patternOf, type Term } from "./offline-stems.ts";
import type { QuestionWords } from "./offline-words.ts";

/** Passages that a cell prints at most; together they stay below what one turn may show. */
const passages = 6;
const places = 8;
const nearbyPassages = 200;
/** So few files are searched as they are. */
const fewFiles = 20;
/** Matches of one word that are looked at; where there are more, it tells too little. */
export const hitsPerWord = 3_000;
/** Matches that are fetched to begin with, as most words that are not rare are far too common. */
const fewHits = 500;

/** The first look: the passages that fit the question's words, and where and how rare each of these words is. */
export function firstCells(question: string, words: QuestionWords): string[] {
  if (isUntold(words)) return [untoldCell];
  const cells = [
    `// Passages that share words with the question.\nconst question = ${JSON.stringify(question.slice(0, 2000))};\nconst passages = find(question, { limit: ${passages} });\nprint(passages.map((p) => p.text).join("\\n\\n"));`,
  ];
  const terms = [...new Map(words.ideas.flat().map((term) => [term.stem, term])).values()];
  if (terms.length > 0) cells.push(nearbyCell(terms), searchingCell(terms));
  if (words.countedFiles !== null)
    cells.push(
      `print("answer: " + list(${JSON.stringify(words.countedFiles)}).length + ${JSON.stringify(`${words.countedFiles.slice(1)} files`.replace(/^ ?/, " "))});`,
    );
  if (words.counted !== null) cells.push(occurrencesCell(words.counted));
  const files = words.files.map(
    (file) => `for (const path of list(${JSON.stringify(file)}).slice(0, 2)) show(path, 1, 60);`,
  );
  if (files.length > 0) cells.push(files.join("\n"));
  if (words.wantsOverview) cells.push(overviewCell);
  if (words.folders.length > 0) cells.push(folderCell(placesGlob(words.folders, [])));
  if (words.listing !== null) cells.push(listingCell(words.listing, listingGlob(words)));
  return cells;
}

/** True where a question says nothing that can be looked for. */
function isUntold({ ideas, wantsOverview, files, countedFiles, listing }: QuestionWords): boolean {
  return ideas.length === 0 && !wantsOverview && files.length === 0 && countedFiles === null && listing === null;
}

const untoldCell = `// The question holds no word to look for.
print(list().length + " files");`;

/** A regular expression, as it stands in a cell, for files of these names and all in folders of these names. */
function placesGlob(folders: readonly string[], files: readonly string[]): string {
  const exact = (name: string) => patternOf({ stem: name, exact: true, share: 1 });
  const places = [...folders.map((folder) => `${exact(folder)}\\/`), ...files.map((file) => `${exact(file)}$`)];
  return `/(?:^|\\/)(?:${places.join("|")})/i`;
}

function listingGlob({ folders, files }: QuestionWords): string | null {
  return folders.length + files.length === 0 ? null : placesGlob(folders, files);
}

function folderCell(glob: string): string {
  return `// Passages in the folder that is named.
const inFolder = find(question, { glob: ${glob}, limit: 4 });
print(inFolder.map((p) => p.text).join("\\n\\n"));`;
}

/**
 * Of a source and what was built of it `find` gives only the source, and it ranks fast: among many files only those that
 * it names are searched.
 */
function nearbyCell(terms: readonly Term[]): string {
  const kin = terms.filter(({ share }) => share < 1).map(({ stem }) => stem);
  return `// The files that share most words with the question, or with others of the same meaning.
const wider = list().length <= ${fewFiles} ? [] : find(question + ${JSON.stringify(` ${kin.join(" ")}`)}, { limit: ${nearbyPassages} });
const near = new Set((wider.length === 0 ? [] : [...passages, ...wider]).flatMap((p) => p.parts.map(({ path }) => path)));
const escaped = [...near].map((path) => path.replace(/[^\\w/-]/g, "\\$&"));
const sources = near.size > 0 ? { glob: new RegExp("^(?:" + escaped.join("|") + ")$") } : {};`;
}

const overviewCell = `// What the project says about itself.
const about = list(["README*", "package.json", "pyproject.toml", "Cargo.toml", "go.mod"]);
about.sort((a, b) => a.split("/").length - b.split("/").length);
for (const path of about.slice(0, 2)) show(path, 1, 40);`;

function occurrencesCell(text: string): string {
  const pattern = `/${patternOf({ stem: text, exact: true, share: 1 })}/`;
  return `const where = search(${pattern}, { limit: 5 });\nprint("answer: " + count(${pattern}) + " times; files with it: " + where.files);\nprint(where);`;
}

function searchingCell(terms: readonly Term[]): string {
  const lines = terms.map((term) => `  [${JSON.stringify(term.stem)}, /${patternOf(term)}/],`);
  return `// Where each word of the question and its kin are, and how rare they are.
const words = [
${lines.join("\n")}
];
const hits = new Map();
for (const [word, pattern] of words) {
  let found = search(pattern, { ...sources, limit: ${fewHits} });
  if (found.truncated && found.total <= ${hitsPerWord}) found = search(pattern, { ...sources, limit: ${hitsPerWord} });
  hits.set(word, found);
  print("count of " + word + ": " + found.total);
}`;
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
    ({ term, idea, weight }) =>
      `  { word: ${JSON.stringify(term.stem)}, idea: ${idea}, weight: ${weight.toFixed(2)}, pattern: /${patternOf(term)}/ },`,
  );
  return `// Places where the rare words of the question meet.
const terms = [
${lines.join("\n")}
];
const raise = (ideas, idea, weight) => {
  if (!(ideas[idea] >= weight)) ideas[idea] = weight;
};
const files = new Map();
for (const { word, idea, weight } of terms) {
  for (const { path, line, text } of hits.get(word)) {
    let file = files.get(path);
    if (file === undefined) files.set(path, (file = { path, ideas: {}, inPath: {}, lines: {} }));
    raise(file.ideas, idea, weight);
    raise((file.lines[line] ??= { text, ideas: {} }).ideas, idea, weight);
  }
}
for (const { path, ideas, inPath } of files.values()) {
  for (const { idea, weight, pattern } of terms) if (pattern.test(path)) raise(inPath, idea, weight * 0.7);
  for (const idea in inPath) raise(ideas, idea, inPath[idea]);
}
const share = ${pathShareCode};
const meet = (ideas) => Object.values(ideas).reduce((a, b) => a + b, 0) * Math.sqrt(Object.keys(ideas).length);
const strength = ({ text, ideas }) => meet(ideas) * ${wantsValue ? "(/\\d/.test(text) ? 1.4 : 1)" : "1"} * (/^\\s*import |\\blog/i.test(text) ? 0.4 : 1);
const placesIn = ({ path, inPath, lines }) => {
  const parts = new Map();
  for (const line in lines) {
    const near = Math.floor(line / 16);
    const strong = strength(lines[line]);
    for (const part of [near, near + 1]) {
      let place = parts.get(part);
      if (place === undefined) parts.set(part, (place = { path, from: Math.max(1, part * 16 - 18), all: { ...inPath }, strong: [], texts: new Set() }));
      for (const idea in lines[line].ideas) raise(place.all, idea, lines[line].ideas[idea]);
      place.strong.push(strong);
      place.texts.add(lines[line].text.trim());
    }
  }
  return [...parts.values()];
};
const worth = ({ path, all, strong }) => share(path) * (meet(all) + strong.sort((a, b) => b - a).slice(0, 5).reduce((a, b) => a + b, 0));
const byWorth = (a, b) => b.worth - a.worth;
const likely = [...files.values()].map((file) => ({ ...file, worth: share(file.path) * meet(file.ideas) })).sort(byWorth).slice(0, 60);
const ranked = likely.flatMap(placesIn).map((place) => ({ ...place, worth: worth(place) })).sort(byWorth).slice(0, 200);
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
