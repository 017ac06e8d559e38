import { endOf, type RowNode, spentOf, startOf } from "./row-nodes.ts";
import type { RowText } from "./rows.ts";

/** The columns of numbers, from left to right. */
export const columns = [
  { id: "tokens", title: "Tokens", width: 56 },
  { id: "cached", title: "Cached", width: 56 },
  { id: "cost", title: "Cost", width: 64 },
  { id: "time", title: "Time", width: 68 },
] as const satisfies readonly Column[];

export type ColumnId = (typeof columns)[number]["id"];

interface Column {
  /** As the text of a row names it. */
  readonly id: keyof RowText;
  readonly title: string;
  /** Pixels. */
  readonly width: number;
}

/** By which column lines are sorted. */
export interface Sort {
  readonly by: ColumnId;
  readonly descending: boolean;
}

/** What a click on a column's title makes of the order: the largest first, the smallest first, as they happened. */
export function nextSort(sort: Sort | null, by: ColumnId): Sort | null {
  if (sort?.by !== by) return { by, descending: true };
  return sort.descending ? { by, descending: false } : null;
}

/** Orders two lines; those without a value come last. @param now milliseconds since 1970, for what still goes on */
export function compareBy({ by, descending }: Sort, a: RowNode, b: RowNode, now: number): number {
  const [left, right] = [amountOf(by, a, now), amountOf(by, b, now)];
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  return descending ? right - left : left - right;
}

function amountOf(by: ColumnId, node: RowNode, now: number): number | null {
  if (by === "time") return (endOf(node) ?? now) - startOf(node);
  const spent = spentOf(node);
  if (!spent) return null;
  const { input, cachedInput, output } = spent.usage;
  if (by === "cost") return spent.costUsd;
  if (by === "tokens") return input + output;
  return input === 0 ? null : cachedInput / input;
}
