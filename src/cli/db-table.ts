import { formatCount, formatMs, formatUsd } from "../rlm/format.ts";
import { printableLine } from "./printable.ts";

/** What stands in a cell of a table; null and undefined stand as `–`. */
type Value = string | number | boolean | Date | null | undefined;

/** A column of a table, and how its values are written. */
export interface TableColumn<T> {
  readonly head: string;
  /** `text` is on the left, all others on the right. */
  readonly as: "text" | "count" | "ms" | "usd" | "share" | "time";
  readonly of: (row: T) => Value;
}

const maxWidth = 60;

/** Rows as lines of text, under their heads. */
export function tableOf<T>(rows: readonly T[], columns: readonly TableColumn<T>[]): string {
  const heads = columns.map(({ head }) => head);
  const lines = rows.map((row) => columns.map((column) => written(column.as, column.of(row))));
  const widths = heads.map((head, i) => Math.max(head.length, ...lines.map((line) => line[i]?.length ?? 0)));
  const draw = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (columns[i]?.as === "text" ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [draw(heads), ...lines.map(draw)].join("\n");
}

/** Fields of one row, one a line. */
export function fieldsOf<T>(row: T, columns: readonly TableColumn<T>[]): string {
  const width = Math.max(...columns.map(({ head }) => head.length));
  return columns.map(({ head, as, of }) => `${head.padEnd(width)}  ${written(as, of(row))}`).join("\n");
}

function written(as: TableColumn<never>["as"], value: Value): string {
  if (value === null || value === undefined) return as === "usd" ? "unknown" : "–";
  if (value instanceof Date)
    return value
      .toISOString()
      .replace("T", " ")
      .replace(/\.\d+Z$/, "");
  if (typeof value === "number") return number(as, value);
  const line = printableLine(String(value));
  return line.length <= maxWidth ? line : `${line.slice(0, maxWidth - 1)}…`;
}

function number(as: TableColumn<never>["as"], value: number): string {
  switch (as) {
    case "ms":
      return formatMs(value);
    case "usd":
      return formatUsd(value);
    case "share":
      return `${(value * 100).toFixed(1)} %`;
    default:
      return formatCount(value);
  }
}
