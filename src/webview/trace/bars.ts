import type { Wait } from "../../rlm/run-nodes.ts";
import { endOf, kindOf, type RowKind, type RowNode, startOf } from "./row-nodes.ts";
import type { TimeSpan } from "./time-scale.ts";

/** What the waterfall shows of a line. */
export interface Bar {
  readonly kind: RowKind;
  /** When it went on: one stretch, or of many calls those in which at least one did. */
  readonly spans: readonly TimeSpan[];
  /** When it waited: to be tried again, or for the user. */
  readonly waits: readonly TimeSpan[];
  readonly running: boolean;
}

/** A bar has at most this many stretches; closer ones are drawn as one. */
const mostSpans = 40;

/**
 * The bar of a line.
 * @param origin when the run began, milliseconds since 1970
 * @param now the end of what still goes on, milliseconds since 1970
 */
export function barOf(node: RowNode, origin: number, now: number): Bar {
  const running = node.kind === "run" ? node.endedAt === null : endOf(node) === null;
  const since = (at: number) => at - origin;
  const spans =
    node.kind === "group"
      ? union(node.calls.map((call) => ({ from: since(call.startedAt), to: since(call.endedAt ?? now) })))
      : [{ from: since(startOf(node)), to: since(node.endedAt ?? now) }];
  return { kind: kindOf(node), spans: spans.slice(0, mostSpans), waits: waitsOf(node, origin, now), running };
}

/** The waits of a turn or a cell, as far as it lasted. */
export function waitsOf(node: RowNode, origin: number, now: number): TimeSpan[] {
  if (node.kind !== "turn" && node.kind !== "cell") return [];
  const end = node.endedAt ?? now;
  const retries = node.retries.map(({ at, waitMs }): Wait => ({ from: at, to: at + waitMs }));
  const questions = node.kind === "cell" ? node.questions : [];
  return [...retries, ...questions]
    .map(({ from, to }) => ({ from: Math.min(from, end) - origin, to: Math.min(to ?? end, end) - origin }))
    .filter(({ from, to }) => to > from);
}

/** Stretches that overlap as one, in ascending order. */
export function union(spans: readonly TimeSpan[]): TimeSpan[] {
  const joined: TimeSpan[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last && span.from <= last.to) joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    else joined.push(span);
  }
  return joined;
}
