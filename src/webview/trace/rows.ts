import { oneLine } from "../../rlm/cut.ts";
import { formatCount, formatMs, formatTokenCount, formatUsd } from "../../rlm/format.ts";
import type { Spent } from "../../rlm/model.ts";
import type { CallNode, CellNode, NodeState, RunNode, TurnNode } from "../../rlm/run-nodes.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { compareBy, type Sort } from "./columns.ts";
import { isPartial } from "./outcome.ts";
import { type CallGroup, childrenOf, endOf, type RowNode, spentOf, startOf } from "./row-nodes.ts";

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
  /** The part of the input that the provider had cached: `62 %`. */
  readonly cached: string;
  readonly cost: string;
  readonly time: string;
}

/** Which lines are shown, and in which order. */
export interface RowOptions {
  /** The lines that the user has folded or unfolded, other than they begin. */
  readonly toggled: ReadonlySet<string>;
  /** Null: as they happened. Siblings are sorted among themselves. */
  readonly sort: Sort | null;
  /** Only these lines, all of them unfolded at first; null for all. */
  readonly kept: ReadonlySet<string> | null;
}

export const asTheyHappened: RowOptions = { toggled: new Set(), sort: null, kept: null };

const none = "–";
const longestDescription = 160;

/** The lines of the tree from top to bottom. @param now milliseconds since 1970, for what still goes on */
export function rowsOf({ root }: Pick<RunTree, "root">, options: RowOptions, now = 0): Row[] {
  const { toggled, sort, kept } = options;
  const rows: Row[] = [];
  const visit = (node: RowNode, run: RunNode, level: number, place: Place) => {
    const below = placed(childrenOf(node)).filter((child) => kept === null || kept.has(child.node.id));
    const folds = kept === null && beginsFolded(node);
    const open = below.length === 0 ? null : folds === toggled.has(node.id);
    rows.push({ node, run, level, open, ...place });
    if (!open) return;
    const within = (node.kind === "call" && node.child) || run;
    if (sort) below.sort((a, b) => compareBy(sort, a.node, b.node, now));
    for (const [index, { node: child, number }] of below.entries()) {
      visit(child, within, level + 1, { position: index + 1, siblings: below.length, number });
    }
  };
  if (root && (kept === null || kept.has(root.id))) visit(root, root, 1, only);
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

/** Each with its number among those of its own kind, where it is one of several. */
function placed(nodes: readonly RowNode[]): { readonly node: RowNode; readonly number: number | null }[] {
  const byKind = new Map<string, number>();
  const numbered = nodes.map((node) => {
    const number = (byKind.get(labelOfKind(node)) ?? 0) + 1;
    byKind.set(labelOfKind(node), number);
    return { node, number };
  });
  return numbered.map(({ node, number }) => ({ node, number: byKind.get(labelOfKind(node)) === 1 ? null : number }));
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
    ...(remembered ? { tokens: none, cached: none, cost: "free" } : spentColumns(spentOf(node))),
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

/** What a search looks at: all that a line and its details say. */
export function rowWords(node: RunNode | TurnNode | CellNode | CallNode): string[] {
  switch (node.kind) {
    case "run":
      return ["Run", node.started.question, node.finished?.answer ?? ""];
    case "turn":
      return [turnLabel(node), node.model, node.reply, ...node.messages.map(({ text }) => text)];
    case "cell":
      return [`Cell ${node.cell}`, node.code, ...node.output, node.value ?? "", failureWords(node.error)];
    case "call":
      return [labelOfKind(node), node.model, node.prompt, node.reply ?? "", node.error?.message ?? ""];
  }
}

function failureWords(error: CellNode["error"]): string {
  return error ? `${error.name}: ${error.message}` : "";
}

/** `Sub-call`, `Child run`: what a line is, with its number where it is one of several. */
export function rowLabel({ node, number }: Row): string {
  if (node.kind === "run") return "Run";
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
  return oneLine(error ? failureWords(error) : code.slice(0, 400), longestDescription);
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

function spentColumns(spent: Spent | null): { tokens: string; cached: string; cost: string } {
  if (!spent || spent.usage.input + spent.usage.output === 0) return { tokens: none, cached: none, cost: none };
  const { input, cachedInput } = spent.usage;
  const cached = cachedInput === 0 ? none : `${Math.round((cachedInput / input) * 100)} %`;
  return { tokens: formatTokenCount(spent.usage), cached, cost: formatUsd(spent.costUsd) };
}
