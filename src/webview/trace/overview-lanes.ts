import type { RunNode } from "../../rlm/run-nodes.ts";
import { union, waitsOf } from "./bars.ts";
import { kindOf, type RowKind, type RowNode } from "./row-nodes.ts";
import { fractionOf, type TimeSpan } from "./time-scale.ts";

/** The lanes of the overview from top to bottom. */
export const lanes = ["turn", "cell", "call", "child", "wait"] as const;
type Lane = (typeof lanes)[number];

/** When something of a kind went on in a run or below it: stretches of a whole, in pixels of a strip. */
export type Lanes = Readonly<Record<Lane, readonly TimeSpan[]>>;

/**
 * Sums up a run for a strip.
 * @param whole what the strip stands for
 * @param now the end of what still goes on, milliseconds since 1970
 * @param width pixels of the strip; what is closer than one of them is one stretch
 */
export function lanesOf(root: RunNode, whole: TimeSpan, now: number, width: number): Lanes {
  const origin = root.startedAt;
  const found: Record<Lane, TimeSpan[]> = { turn: [], cell: [], call: [], child: [], wait: [] };
  const pixels = ({ from, to }: TimeSpan): TimeSpan => {
    const left = Math.floor(fractionOf(whole, from) * width);
    return { from: left, to: Math.max(left + 1, Math.ceil(fractionOf(whole, to) * width)) };
  };
  const add = (node: RowNode & { startedAt: number; endedAt: number | null }) => {
    const kind: RowKind = kindOf(node);
    if (kind === "run") return;
    found[kind].push(pixels({ from: node.startedAt - origin, to: (node.endedAt ?? now) - origin }));
    for (const wait of waitsOf(node, origin, now)) found.wait.push(pixels(wait));
  };
  const visit = (run: RunNode) => {
    for (const turn of run.turns) {
      add(turn);
      for (const cell of turn.cells) {
        add(cell);
        for (const call of cell.calls) {
          add(call);
          if (call.child) visit(call.child);
        }
      }
    }
  };
  visit(root);
  return {
    turn: union(found.turn),
    cell: union(found.cell),
    call: union(found.call),
    child: union(found.child),
    wait: union(found.wait),
  };
}
