import { pathShareCode } from "./offline-paths.ts";
import { type Idea, patternOf } from "./offline-stems.ts";

/** What a question wants to see all of: definitions of one kind, or the files of a folder. */
export interface Listing {
  /** What they are called in the answer, such as `classes`. */
  readonly plural: string;
  /** What begins each of them, with its name as the first capture, as source text of a regular expression; null for files. */
  readonly pattern: string | null;
  /** What the question says about them beyond their kind: the lines that speak of all of it are meant. */
  readonly about: readonly Idea[];
}

/** One of the definitions that a cell has listed. */
export interface Listed {
  readonly name: string;
  readonly path: string;
  readonly line: number;
}

const before =
  "^[ \\t]*(?:(?:export|default|declare|abstract|public|private|protected|internal|static|sealed|final|data|async|pub(?:\\(\\w+\\))?|const|unsafe)[ \\t]+)*";
const name = "([A-Za-z_$][\\w$]*)";
const keywords: readonly (readonly [plural: string, keyword: string])[] = [
  ["classes", "class"],
  ["interfaces", "interface"],
  ["enums", "enum"],
  ["structs", "struct"],
  ["traits", "trait"],
  ["types", "type"],
  ["functions", "(?:function\\*?|def|fn|func|fun)"],
];

const kinds = keywords.map(([plural]) => plural).join("|");
const asksForAll = new RegExp(
  `^\\W*(?:(?:please|can you|could you)\\s+)*(?:(?:list|name|show|enumerate|give)\\s+(?:\\S+\\s+){0,4}?(${kinds})\\b|(?:what|which|how many)\\s+(?:\\S+\\s+){0,3}?(${kinds})\\s+(?:are there|are defined|are in|exist|does|do)\\b|what are (?:all )?the (?:\\S+ )?(${kinds})\\b)`,
  "i",
);

/** The kind of definition that a question wants to see all of; null where it wants something else. */
export function listedIn(question: string): Pick<Listing, "plural" | "pattern"> | null {
  const asked = asksForAll.exec(question)?.slice(1).find(Boolean)?.toLowerCase();
  const kind = keywords.find(([plural]) => plural === asked);
  return kind ? { plural: kind[0], pattern: `${before}${kind[1]}[ \\t]+${name}` } : null;
}

/** Prints each name once, from the most telling file that has it. `glob`: what stands for the files, in a cell. */
export function listingCell({ pattern, about }: Listing, glob: string | null): string {
  const filters = about.map((idea) => `/${idea.map(patternOf).join("|")}/`);
  const definitions = `search(/${pattern}/, { ${glob === null ? "" : `glob: ${glob}, `}limit: 5000 })
  .filter(({ path, text }) => !/\\.(?:md|mdx|rst|txt|json|snap)$/.test(path) && [${filters.join(", ")}].every((p) => p.test(text)))
  .map(({ groups, path, line }) => ({ name: groups[0], path, line }))`;
  const files = `list(${glob ?? ""}).map((path) => ({ name: path, path, line: 1 }))`;
  return `// All that is asked for.
const all = ${pattern === null ? files : definitions};
const share = ${pathShareCode};
const first = new Map();
for (const one of all.sort((a, b) => share(b.path) - share(a.path))) if (!first.has(one.name)) first.set(one.name, one);
const shown = [...first.values()].slice(0, ${mostListed}).sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line));
print("listed in all: " + first.size);
for (const { name, path, line } of shown) print("listed " + name + " at " + path + ":" + line);`;
}

const mostListed = 60;

/** What the listing cell has printed; null where it has found nothing. */
export function readListing(output: string): { readonly total: number; readonly listed: readonly Listed[] } | null {
  const total = Number(/^listed in all: (\d+)$/m.exec(output)?.[1] ?? 0);
  const listed = [...output.matchAll(/^listed (.+) at (.+):(\d+)$/gm)].map((match) => ({
    name: match[1] ?? "",
    path: match[2] ?? "",
    line: Number(match[3]),
  }));
  return total === 0 ? null : { total, listed };
}

/** Markdown that lists what was found and cites each. */
export function listingText(
  { total, listed }: { readonly total: number; readonly listed: readonly Listed[] },
  { plural, pattern }: Listing,
): string {
  const how = pattern === null ? "in folders of that name" : "found by the keyword that defines them";
  const kind = plural.charAt(0).toUpperCase() + plural.slice(1);
  const some = listed.length < total ? `, of which these are ${listed.length}` : "";
  const lines = listed.map((one) => `- \`${one.name}\` [${one.path}:${one.line}]`);
  return `${kind} ${how}: ${total}${some}:\n\n${lines.join("\n")}`;
}
