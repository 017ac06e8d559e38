import { oneLine } from "../../rlm/cut.ts";
import { formatCount, formatMs, formatTokenCount, formatUsd } from "../../rlm/format.ts";
import type { Spent } from "../../rlm/model.ts";
import type { CallNode, CellNode, NodeState, RunNode, TurnNode } from "../../rlm/run-nodes.ts";
import { type RunTree, sumSpent } from "../../rlm/run-tree.ts";
import { isPartial } from "./outcome.ts";

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

/** One line of the tree. */
export interface Row extends Place {
  readonly node: RowNode;
  /** The run that it is a part of. */
  readonly run: RunNode;
  /** 1 for the run that was asked for. */
  readonly level: number;
  /** Null where there is nothing below it. */
  readonly open: boolean | null;
}

/** Where a line is among its siblings. */
interface Place {
  /** From 1. */
  readonly position: number;
  readonly siblings: number;
  /** From 1, among those of its own kind; null where it is the only one. */
  readonly number: number | null;
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

const none = "–";
const longestDescription = 160;

/**
 * The lines of the tree from top to bottom.
 * @param toggled the lines that the user has folded or unfolded, other than they begin
 */
export function rowsOf({ root }: RunTree, toggled: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const visit = (node: RowNode, run: RunNode, level: number, place: Place) => {
    const below = childrenOf(node);
    const open = below.length === 0 ? null : beginsFolded(node) === toggled.has(node.id);
    rows.push({ node, run, level, open, ...place });
    if (!open) return;
    const within = (node.kind === "call" && node.child) || run;
    const places = placesOf(below);
    for (const [index, child] of below.entries()) visit(child, within, level + 1, places[index] ?? only);
  };
  if (root) visit(root, root, 1, only);
  return rows;
}

/** @returns the folded and unfolded lines with which the line `id` is in sight */
export function unfoldedTo({ root }: RunTree, id: string, toggled: ReadonlySet<string>): ReadonlySet<string> {
  const next = new Set(toggled);
  const above = (node: RowNode): boolean => {
    if (node.id === id) return true;
    if (!childrenOf(node).some(above)) return false;
    if (beginsFolded(node)) next.add(node.id);
    else next.delete(node.id);
    return true;
  };
  if (root) above(root);
  return next;
}

/** A cell of one run of the tree; null where there is none. */
export function cellOf({ root }: RunTree, runId: string, turn: number, cell: number): CellNode | null {
  const found = root && runOf(root, runId);
  const cells = found?.turns.find((node) => node.turn === turn)?.cells ?? [];
  return cells.find((node) => node.cell === cell) ?? null;
}

function runOf(run: RunNode, runId: string): RunNode | null {
  if (run.started.runId === runId) return run;
  for (const turn of run.turns) {
    for (const { child } of turn.cells.flatMap(({ calls }) => calls)) {
      const found = child && runOf(child, runId);
      if (found) return found;
    }
  }
  return null;
}

/** Groups and child runs begin folded, all else unfolded. */
function beginsFolded(node: RowNode): boolean {
  return node.kind === "group" || node.kind === "call";
}

const only: Place = { position: 1, siblings: 1, number: null };

function placesOf(nodes: readonly RowNode[]): Place[] {
  const byKind = new Map<string, number>();
  const numbers = nodes.map((node) => {
    const number = (byKind.get(labelOfKind(node)) ?? 0) + 1;
    byKind.set(labelOfKind(node), number);
    return number;
  });
  return nodes.map((node, index) => ({
    position: index + 1,
    siblings: nodes.length,
    number: byKind.get(labelOfKind(node)) === 1 ? null : (numbers[index] ?? null),
  }));
}

function childrenOf(node: RowNode): readonly RowNode[] {
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

/** The texts of a line. @param now milliseconds since 1970, for what still goes on */
export function rowText(tree: RunTree, row: Row, now: number): RowText {
  const { node, run } = row;
  if (node.kind === "run") return runText(tree, node, now);
  const remembered = node.kind === "call" && node.remembered;
  const columns = {
    label: rowLabel(row),
    state: stateOf(node),
    time: remembered ? none : formatMs((endOf(node) ?? now) - startOf(node)),
    ...(remembered ? { tokens: none, cost: "free" } : spentColumns(spentOf(node))),
  };
  switch (node.kind) {
    case "turn":
      return { description: turnDescription(run, node), ...columns };
    case "cell":
      return { description: cellDescription(node), ...columns };
    case "group":
      return { description: groupDescription(node), ...columns };
    case "call":
      return { description: callDescription(node), ...columns };
  }
}

function runText({ totals }: RunTree, run: RunNode, now: number): RowText {
  const { usage, costUsd } = totals;
  return {
    label: "Run",
    description: run.context?.manifest.name ?? "",
    state: run.state,
    ...spentColumns({ usage, costUsd }),
    time: formatMs((run.endedAt ?? now) - run.startedAt),
  };
}

/** `Sub-call`, `Child run`: what a line is, with its number where it is one of several. */
export function rowLabel({ node, number }: Row): string {
  if (node.kind === "turn") return turnLabel(node);
  if (node.kind === "cell") return `Cell ${node.cell}`;
  if (node.kind === "group") return `${labelOfKind(node)} ×${node.calls.length}`;
  return `${labelOfKind(node)}${number === null ? "" : ` ${number}`}`;
}

export function turnLabel(turn: TurnNode): string {
  return turn.last ? "Last turn" : `Turn ${turn.turn}`;
}

function labelOfKind(node: RowNode): string {
  if (node.kind === "call" || node.kind === "group") return node.asks === "rlm" ? "Child run" : "Sub-call";
  return node.kind;
}

function turnDescription({ finished }: RunNode, { state, reply }: TurnNode): string {
  return (state === "failed" && finished?.error?.message) || proseOf(reply);
}

/** What a reply says before its first fence, as far as a line holds it. */
function proseOf(reply: string): string {
  const [prose = "", fence = ""] = reply.slice(0, 400).split(/^\s*(?:`{3,}|~{3,})/m);
  return oneLine(prose, longestDescription) || (fence.trimStart().startsWith("answer") ? "answer" : "");
}

function cellDescription({ error, code }: CellNode): string {
  return oneLine(error ? `${error.name}: ${error.message}` : code.slice(0, 400), longestDescription);
}

function groupDescription({ calls, model }: CallGroup): string {
  const count = (state: NodeState) => calls.filter((call) => call.state === state).length;
  const running = count("running");
  if (running > 0) return `${formatCount(calls.length - running)} done`;
  const ends = (["failed", "stopped"] as const).filter((state) => count(state) > 0);
  const remembered = calls.filter((call) => call.remembered).length;
  return (
    [
      ...ends.map((state) => `${formatCount(count(state))} ${state}`),
      ...(remembered > 0 ? [`${formatCount(remembered)} remembered`] : []),
    ].join(", ") || model
  );
}

function callDescription({ error, remembered, child, prompt }: CallNode): string {
  if (error) return oneLine(error.message, longestDescription);
  const marks = [...(remembered ? ["remembered"] : []), ...(child && isPartial(child) ? ["partial"] : [])];
  return [...marks, oneLine(prompt.slice(0, 400), longestDescription)].join(" · ");
}

function stateOf(node: Exclude<RowNode, RunNode>): NodeState {
  if (node.kind !== "group") return node.state;
  const states = new Set(node.calls.map((call) => call.state));
  return (["running", "failed", "stopped"] as const).find((state) => states.has(state)) ?? "done";
}

export function startOf(node: Exclude<RowNode, RunNode>): number {
  return node.kind === "group" ? Math.min(...node.calls.map((call) => call.startedAt)) : node.startedAt;
}

/** When it ended, or null while it goes on. */
export function endOf(node: Exclude<RowNode, RunNode>): number | null {
  if (node.kind !== "group") return node.endedAt;
  const ends = node.calls.map((call) => call.endedAt);
  return ends.every((end) => end !== null) ? Math.max(...ends) : null;
}

/** What a line's requests used, for a child run all that it did; null where it made none or none is settled. */
export function spentOf(node: Exclude<RowNode, RunNode>): Spent | null {
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

function spentColumns(spent: Spent | null): { tokens: string; cost: string } {
  if (!spent || spent.usage.input + spent.usage.output === 0) return { tokens: none, cost: none };
  return { tokens: formatTokenCount(spent.usage), cost: formatUsd(spent.costUsd) };
}
