import type { LineRange } from "./coverage.ts";
import { oneLine } from "./cut.ts";
import type { Interval } from "./intervals.ts";
import type { CallNode, RunNode, TurnNode } from "./run-nodes.ts";

/** A turn or a sub-call whose model was shown some of the lines that are asked about. */
export interface Witness {
  readonly node: TurnNode | CallNode;
  /** The turn itself, or the one whose cell has made the call. */
  readonly turn: TurnNode;
  /** The run that it is a part of. */
  readonly run: RunNode;
  /** Those of the lines that it was shown, in ascending order. */
  readonly lines: readonly Interval[];
}

/**
 * Who saw lines of a file: the turns and plain calls of a run and its child runs, in the order in which they began. A
 * turn counts where the lines came into its conversation; child runs count by their own turns.
 * @param root null: nobody
 */
export function behind(root: RunNode | null, range: LineRange): Witness[] {
  if (!root) return [];
  return witnessesIn(root, range).sort((a, b) => a.node.startedAt - b.node.startedAt);
}

function witnessesIn(run: RunNode, range: LineRange): Witness[] {
  return run.turns.flatMap((turn) => {
    const calls = turn.cells.flatMap((cell) => cell.calls);
    const nodes = [turn, ...calls.filter((call) => call.child === null)];
    return [
      ...nodes.map((node) => ({ node, turn, run, lines: overlaps(node.seen, range) })).filter(hasLines),
      ...calls.flatMap(({ child }) => (child ? witnessesIn(child, range) : [])),
    ];
  });
}

function hasLines({ lines }: Witness): boolean {
  return lines.length > 0;
}

function overlaps(seen: readonly LineRange[], { path, from, to }: LineRange): Interval[] {
  const common = seen
    .filter((range) => range.path === path && range.from <= to && range.to >= from)
    .map((range): Interval => [Math.max(range.from, from), Math.min(range.to, to)]);
  return common.sort((a, b) => a[0] - b[0]);
}

/** A witness in words: `Turn 2`, `Turn 3, sub-call 4`; of a child run's with the child's question before it. */
export function describeWitness({ node, turn, run }: Witness): string {
  const child = run.started.parent ? `“${oneLine(run.started.question, 40)}”, ` : "";
  const name = `${child}${child === "" ? "Turn" : "turn"} ${turn.turn}`;
  if (node.kind === "turn") return name;
  const calls = turn.cells.flatMap((cell) => cell.calls);
  return `${name}, sub-call ${calls.findIndex((call) => call.id === node.id) + 1}`;
}
