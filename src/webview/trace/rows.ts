import { oneLine } from "../../rlm/cut.ts";
import { formatCount, formatMs, formatTokenCount, formatUsd } from "../../rlm/format.ts";
import type { Spent } from "../../rlm/model.ts";
import type { CallNode, CellNode, NodeState, TurnNode } from "../../rlm/run-nodes.ts";
import { type RunTree, sumSpent } from "../../rlm/run-tree.ts";

/** From this many sub-calls of one cell to one model on, they fold into one row. */
const groupFrom = 4;

/** Sub-calls of one cell to the same model. */
export interface CallGroup {
  readonly kind: "group";
  readonly id: string;
  readonly cell: CellNode;
  readonly model: string;
  readonly calls: readonly CallNode[];
}

export type RowNode = { readonly kind: "run"; readonly id: "run" } | TurnNode | CellNode | CallGroup | CallNode;

/** One line of the tree. */
export interface Row {
  readonly node: RowNode;
  /** 1 for the run. */
  readonly level: number;
  /** Null where there is nothing below it. */
  readonly open: boolean | null;
  /** The place among its siblings, from 1. */
  readonly position: number;
  readonly siblings: number;
}

/** What a line shows. Empty columns are a dash. */
export interface RowText {
  readonly label: string;
  readonly description: string;
  readonly state: NodeState;
  readonly tokens: string;
  readonly cost: string;
  readonly time: string;
}

const runNode = { kind: "run", id: "run" } as const;
const none = "–";

/**
 * The lines of the tree from top to bottom.
 * @param toggled the lines that the user has folded or unfolded: groups begin folded, all else unfolded
 */
export function rowsOf(tree: RunTree, toggled: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const visit = (node: RowNode, level: number, position: number, siblings: number) => {
    const below = childrenOf(tree, node);
    const open = below.length === 0 ? null : (node.kind === "group") === toggled.has(node.id);
    rows.push({ node, level, open, position, siblings });
    if (!open) return;
    for (const [index, child] of below.entries()) visit(child, level + 1, index + 1, below.length);
  };
  if (tree.started) visit(runNode, 1, 1, 1);
  return rows;
}

function childrenOf(tree: RunTree, node: RowNode): readonly RowNode[] {
  if (node.kind === "run") return tree.turns;
  if (node.kind === "turn") return node.cells;
  if (node.kind === "cell") return grouped(node);
  if (node.kind === "group") return node.calls;
  return [];
}

function grouped(cell: CellNode): readonly (CallNode | CallGroup)[] {
  if (cell.calls.length < groupFrom) return cell.calls;
  const byModel = new Map<string, CallNode[]>();
  for (const call of cell.calls) {
    const calls = byModel.get(call.model);
    if (calls) calls.push(call);
    else byModel.set(call.model, [call]);
  }
  return [...byModel].flatMap(([model, calls]): (CallNode | CallGroup)[] =>
    calls.length < groupFrom ? calls : [{ kind: "group", id: `${cell.id}-${model}`, cell, model, calls }],
  );
}

/** The texts of a line. @param now milliseconds since 1970, for what still goes on */
export function rowText(tree: RunTree, row: Row, now: number): RowText {
  const { node } = row;
  if (node.kind === "run") return runText(tree, now);
  const time = formatMs((endOf(node) ?? now) - startOf(node));
  const columns = { state: stateOf(node), time, ...spentColumns(spentOf(node)) };
  switch (node.kind) {
    case "turn":
      return { label: turnLabel(node), description: turnDescription(tree, node), ...columns };
    case "cell":
      return { label: `Cell ${node.cell}`, description: cellDescription(node), ...columns };
    case "group":
      return { label: `Sub-call ×${node.calls.length}`, description: groupDescription(node), ...columns };
    case "call":
      return {
        label: callLabel(row),
        description: node.error?.message ?? oneLine(node.prompt.slice(0, 400), 160),
        ...columns,
      };
  }
}

function runText(tree: RunTree, now: number): RowText {
  const { usage, costUsd } = tree.totals;
  const startedAt = tree.started?.at ?? now;
  return {
    label: "Run",
    description: tree.context?.manifest.name ?? "",
    state: runState(tree),
    ...spentColumns(usage.input + usage.output === 0 ? null : { usage, costUsd }),
    time: formatMs((tree.finished?.at ?? now) - startedAt),
  };
}

function runState({ stopReason, finished }: RunTree): NodeState {
  if (!finished) return "running";
  if (stopReason === "failed") return "failed";
  return stopReason === "cancelled" ? "stopped" : "done";
}

/** `Sub-call`, with its number where it is one of several. */
export function callLabel({ position, siblings }: Row): string {
  return siblings > 1 ? `Sub-call ${position}` : "Sub-call";
}

export function turnLabel(turn: TurnNode): string {
  return turn.last ? "Last turn" : `Turn ${turn.turn}`;
}

function turnDescription({ finished }: RunTree, { state, reply }: TurnNode): string {
  return (state === "failed" && finished?.error?.message) || proseOf(reply);
}

/** What a reply says before its first fence, as far as a line holds it. */
function proseOf(reply: string): string {
  const [prose = "", fence = ""] = reply.slice(0, 400).split(/^\s*(?:`{3,}|~{3,})/m);
  return oneLine(prose, 160) || (fence.trimStart().startsWith("answer") ? "answer" : "");
}

function cellDescription({ error, code }: CellNode): string {
  return error ? oneLine(`${error.name}: ${error.message}`, 160) : oneLine(code.slice(0, 400), 160);
}

function groupDescription({ calls, model }: CallGroup): string {
  const count = (state: NodeState) => calls.filter((call) => call.state === state).length;
  const running = count("running");
  if (running > 0) return `${formatCount(calls.length - running)} done`;
  const ends = (["failed", "stopped"] as const).filter((state) => count(state) > 0);
  return ends.map((state) => `${formatCount(count(state))} ${state}`).join(", ") || model;
}

function stateOf(node: Exclude<RowNode, { kind: "run" }>): NodeState {
  if (node.kind !== "group") return node.state;
  const states = new Set(node.calls.map((call) => call.state));
  return (["running", "failed", "stopped"] as const).find((state) => states.has(state)) ?? "done";
}

export function startOf(node: Exclude<RowNode, { kind: "run" }>): number {
  return node.kind === "group" ? Math.min(...node.calls.map((call) => call.startedAt)) : node.startedAt;
}

/** When it ended, or null while it goes on. */
export function endOf(node: Exclude<RowNode, { kind: "run" }>): number | null {
  if (node.kind !== "group") return node.endedAt;
  const ends = node.calls.map((call) => call.endedAt);
  return ends.every((end) => end !== null) ? Math.max(...ends) : null;
}

/** What a line's own requests used; null where it made none or they are not settled. */
export function spentOf(node: Exclude<RowNode, { kind: "run" }>): Spent | null {
  if (node.kind === "cell") return null;
  return node.kind === "group" ? sumSpent(node.calls) : node.spent;
}

function spentColumns(spent: Spent | null): { tokens: string; cost: string } {
  if (!spent || spent.usage.input + spent.usage.output === 0) return { tokens: none, cost: none };
  return { tokens: formatTokenCount(spent.usage), cost: formatUsd(spent.costUsd) };
}
