import type { Amount } from "../context/context-choice.ts";

/** A folder or file at the top of what is asked about, and what is in it. */
export interface SummaryRow extends Amount {
  /** A folder's ends in `/`. */
  readonly name: string;
}

/** What is asked about, by the folders and files at its top: the largest first. */
export interface FilesSummary {
  readonly total: Amount;
  readonly rows: readonly SummaryRow[];
  /** The rows that are too many, together; null where there are none. */
  readonly rest: Amount | null;
}

const mostRows = 20;

/** @param sizes characters, in the order of the paths */
export function filesSummary(paths: readonly string[], sizes: ArrayLike<number>): FilesSummary {
  const byName = new Map<string, Amount>();
  paths.forEach((path, i) => {
    const cut = path.indexOf("/");
    const name = cut < 0 ? path : path.slice(0, cut + 1);
    byName.set(name, sum([byName.get(name) ?? nothing, { files: 1, chars: sizes[i] ?? 0 }]));
  });
  const all = [...byName].map(([name, amount]) => ({ name, ...amount })).sort((a, b) => b.chars - a.chars);
  const rest = all.slice(mostRows);
  return { total: sum(all), rows: all.slice(0, mostRows), rest: rest.length > 0 ? sum(rest) : null };
}

const nothing: Amount = { files: 0, chars: 0 };

function sum(amounts: readonly Amount[]): Amount {
  return amounts.reduce((all, { files, chars }) => ({ files: all.files + files, chars: all.chars + chars }), nothing);
}
