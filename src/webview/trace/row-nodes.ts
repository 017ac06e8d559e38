import type { Spent } from "../../rlm/model.ts";
import type { CallNode, CellNode, RunNode, TurnNode } from "../../rlm/run-nodes.ts";
import { sumSpent } from "../../rlm/run-tree.ts";

/** From this many calls of one cell to one model on, they fold into one row. */
const groupFrom = 4;

/** Calls of one cell to the same model: all of them plain, or all of them child runs. */
export interface CallGroup {
  readonly kind: "group";
  readonly id: string;
  readonly asks: CallNode["asks"];
  readonly cell: CellNode;
  readonly model: string;
  readonly calls: readonly CallNode[];
}

/** A child run is the row of the call that it answers, with its turns below. */
export type RowNode = RunNode | TurnNode | CellNode | CallGroup | CallNode;

/** What a line is about, which has a colour and an icon of its own. */
export type RowKind = "run" | "turn" | "cell" | "call" | "child";

export function childrenOf(node: RowNode): readonly RowNode[] {
  switch (node.kind) {
    case "run":
      return node.turns;
    case "turn":
      return node.cells;
    case "cell":
      return grouped(node);
    case "group":
      return node.calls;
    case "call":
      return node.child?.turns ?? [];
  }
}

function grouped(cell: CellNode): readonly (CallNode | CallGroup)[] {
  if (cell.calls.length < groupFrom) return cell.calls;
  const alike = new Map<string, [CallNode, ...CallNode[]]>();
  for (const call of cell.calls) {
    const key = `${call.asks}-${call.model}`;
    const calls = alike.get(key);
    if (calls) calls.push(call);
    else alike.set(key, [call]);
  }
  return [...alike].flatMap(([key, calls]): (CallNode | CallGroup)[] => {
    const { asks, model } = calls[0];
    return calls.length < groupFrom ? calls : [{ kind: "group", id: `${cell.id}-${key}`, asks, cell, model, calls }];
  });
}

export function kindOf(node: RowNode): RowKind {
  if (node.kind !== "call" && node.kind !== "group") return node.kind;
  return node.asks === "rlm" ? "child" : "call";
}

export function startOf(node: RowNode): number {
  return node.kind === "group" ? Math.min(...node.calls.map((call) => call.startedAt)) : node.startedAt;
}

/** When it ended, or null while it goes on. */
export function endOf(node: RowNode): number | null {
  if (node.kind !== "group") return node.endedAt;
  const ends = node.calls.map((call) => call.endedAt);
  return ends.every((end) => end !== null) ? Math.max(...ends) : null;
}

/** What a line's requests used, for a child run all that it did; null where it made none or none is settled. */
export function spentOf(node: RowNode): Spent | null {
  if (node.kind === "run") return sumSpent(settledIn(node));
  if (node.kind === "cell") return null;
  if (node.kind === "group") return sumSpent(node.calls.map((call) => ({ spent: spentOf(call) })));
  if (node.kind === "turn") return node.spent;
  return node.spent ?? (node.child && sumSpent(settledIn(node.child)));
}

/** The requests of a run and of those below it. */
function settledIn(run: RunNode): { readonly spent: Spent | null }[] {
  return run.turns.flatMap((turn) => [
    turn,
    ...turn.cells.flatMap((cell) => cell.calls.map((call) => ({ spent: spentOf(call) }))),
  ]);
}
