import type { Citation, EventOf, RunEvent, StopReason, TextRef, Totals } from "./events.ts";
import { formatCount } from "./format.ts";
import { addUsage, noUsage, type Usage } from "./model.ts";

/** `stopped`: it was still going on when the run ended. */
export type NodeState = "running" | "done" | "failed" | "stopped";

interface TreeNode {
  /** Unique in its tree, and the same in each fold of the same events. */
  readonly id: string;
  readonly state: NodeState;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number | null;
}

/** What one request to a model used; `costUsd` is null where the price is not known. */
export interface Spent {
  readonly usage: Usage;
  readonly costUsd: number | null;
}

/** A request that failed and was tried again after `waitMs`. */
export interface Retry {
  readonly at: number;
  readonly code: string;
  readonly message: string;
  readonly waitMs: number;
}

/** A request to the sub-model. */
export interface CallNode extends TreeNode {
  readonly kind: "call";
  readonly callId: string;
  readonly model: string;
  readonly prompt: string;
  readonly reply: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Null until the call is settled. */
  readonly spent: Spent | null;
}

export type CellFailure = NonNullable<EventOf<"cell.finished">["error"]>;

/** A cell of code in the sandbox. */
export interface CellNode extends TreeNode {
  readonly kind: "cell";
  readonly turn: number;
  readonly cell: number;
  readonly code: string;
  /** What it printed, in pieces as they came. */
  readonly output: readonly string[];
  readonly value: string | null;
  readonly error: CellFailure | null;
  /** Null until it has finished. */
  readonly cpuMs: number | null;
  readonly memory: EventOf<"cell.finished">["memory"];
  readonly calls: readonly CallNode[];
  readonly callsEnded: number;
  readonly retries: readonly Retry[];
}

/** A reply of the root model; its time is the reply's, without the cells that followed. */
export interface TurnNode extends TreeNode {
  readonly kind: "turn";
  readonly turn: number;
  readonly of: number;
  /** The call for an answer after a limit was reached. */
  readonly last: boolean;
  /** Empty until the reply has come. */
  readonly model: string;
  /** What has come of the reply so far. */
  readonly reply: string;
  readonly finishReason: EventOf<"reply.finished">["finishReason"] | null;
  readonly spent: Spent | null;
  readonly cells: readonly CellNode[];
  readonly retries: readonly Retry[];
}

export interface Warning {
  readonly at: number;
  readonly code: string;
  readonly message: string;
}

/** Events that should be there and are not: numbers `from` to `to`. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

// The tree's own hands on its nodes; everyone else may only read them.
type Writable<T> = {
  -readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? WritableItem<Item>[] : T[K];
};
type WritableItem<T> = T extends TreeNode ? Writable<T> : T;

const noTotals: Totals = { turns: 0, calls: 0, usage: noUsage, costUsd: 0 };

/**
 * A run as a view shows it, folded from its events: the run's own fields, and below it turns, their cells and the
 * cells' sub-calls. It changes in place; `version` says when.
 */
export class RunTree {
  /** Grows with every event that was taken. */
  version = 0;
  /** Number of turns, cells and sub-calls. */
  size = 0;
  state: "collecting" | "running" | "done" = "collecting";
  started: EventOf<"run.started"> | null = null;
  finished: EventOf<"run.finished"> | null = null;
  context: EventOf<"context.ready"> | null = null;
  /** How far collecting has come. */
  collected: { readonly files: number; readonly bytes: number } | null = null;
  /** The request that waits before it is tried again, while nothing else happens. */
  waiting: Retry | null = null;
  /** The first gap in the events' numbers. Pieces of a reply may be absent: they are not logged. */
  gap: Gap | null = null;
  /** When the newest event happened, in milliseconds since 1970. */
  lastAt = 0;
  readonly warnings: Warning[] = [];

  #nextSeq = 0;
  #totals: Totals = noTotals;
  readonly #turns: Writable<TurnNode>[] = [];
  readonly #cells = new Map<string, Writable<CellNode>>();
  readonly #calls = new Map<string, Writable<CallNode>>();
  readonly #blobs = new Map<string, string>();

  get runId(): string | null {
    return this.started?.runId ?? null;
  }

  get turns(): readonly TurnNode[] {
    return this.#turns;
  }

  get answer(): string | null {
    return this.finished?.answer ?? null;
  }

  get citations(): readonly Citation[] {
    return this.finished?.citations ?? [];
  }

  get stopReason(): StopReason | null {
    return this.finished?.stopReason ?? null;
  }

  /** What the run has used so far; turns and calls count from their start. */
  get totals(): Totals {
    const { turns, calls } = this.#totals;
    return { ...this.#totals, turns: Math.max(turns, this.#turns.length), calls: Math.max(calls, this.#calls.size) };
  }

  /** Takes the next event. One that came before, or belongs to another run, changes nothing. */
  add(event: RunEvent): void {
    if (event.seq < this.#nextSeq || (this.runId !== null && event.runId !== this.runId)) return;
    if (event.seq > this.#nextSeq && !this.#mayFollowDeltas(event)) {
      this.gap ??= { from: this.#nextSeq, to: event.seq - 1 };
    }
    this.#nextSeq = event.seq + 1;
    this.version += 1;
    this.lastAt = event.at;
    if (endsWaiting(event)) this.waiting = null;
    this.#apply(event);
  }

  /** Only pieces of a reply may be absent, so a skip is right only between a turn's start and its reply's end. */
  #mayFollowDeltas(event: RunEvent): boolean {
    const turn = this.#turns.at(-1);
    if (turn?.state !== "running") return false;
    switch (event.type) {
      case "reply.delta":
      case "reply.finished":
        return event.turn === turn.turn;
      case "turn.started":
        return event.turn === turn.turn + 1;
      case "blob.added":
      case "warning":
      case "call.retrying":
      case "run.finished":
        return true;
      default:
        return false;
    }
  }

  #apply(event: RunEvent): void {
    switch (event.type) {
      case "run.started":
        this.started = event;
        return;
      case "context.progress":
        this.collected = event;
        return;
      case "context.ready":
        this.context = event;
        this.state = "running";
        return;
      case "turn.started":
        this.#startTurn(event);
        return;
      case "reply.delta":
        this.#addDelta(event);
        return;
      case "reply.finished":
        this.#finishReply(event);
        return;
      case "cell.started":
        this.#startCell(event);
        return;
      case "cell.output":
        this.#cell(event)?.output.push(this.#text(event.text));
        return;
      case "cell.finished":
        this.#finishCell(event);
        return;
      case "call.started":
        this.#startCall(event);
        return;
      case "call.finished":
        this.#finishCall(event);
        return;
      case "call.retrying":
        this.#retry(event);
        return;
      case "ledger.changed":
        this.#totals = event.totals;
        return;
      case "warning":
        this.warnings.push(event);
        return;
      case "blob.added":
        this.#blobs.set(event.sha256, event.text);
        return;
      case "run.finished":
        this.#finish(event);
        return;
    }
  }

  #startTurn({ turn, of, last, at }: EventOf<"turn.started">): void {
    this.state = "running";
    const before = this.#turns.at(-1);
    if (before?.state === "running") stop(before, at);
    this.size += 1;
    this.#turns.push({
      kind: "turn",
      id: `turn-${turn}`,
      state: "running",
      startedAt: at,
      endedAt: null,
      turn,
      of,
      last: last === true,
      model: "",
      reply: "",
      finishReason: null,
      spent: null,
      cells: [],
      retries: [],
    });
  }

  #addDelta({ turn, text }: EventOf<"reply.delta">): void {
    const node = this.#turn(turn);
    if (node?.state === "running") node.reply += text;
  }

  #finishReply({ turn, model, text, usage, costUsd, finishReason, at }: EventOf<"reply.finished">): void {
    const node = this.#turn(turn);
    if (!node) return;
    node.state = "done";
    node.endedAt = at;
    node.model = model;
    node.reply = this.#text(text);
    node.finishReason = finishReason;
    node.spent = { usage, costUsd };
  }

  #startCell({ turn, cell, code, at }: EventOf<"cell.started">): void {
    const parent = this.#turn(turn);
    if (!parent) return;
    const node: Writable<CellNode> = {
      kind: "cell",
      id: `cell-${turn}.${cell}`,
      state: "running",
      startedAt: at,
      endedAt: null,
      turn,
      cell,
      code: this.#text(code),
      output: [],
      value: null,
      error: null,
      cpuMs: null,
      memory: "kept",
      calls: [],
      callsEnded: 0,
      retries: [],
    };
    this.size += 1;
    this.#cells.set(node.id, node);
    parent.cells.push(node);
  }

  #finishCell(event: EventOf<"cell.finished">): void {
    const node = this.#cell(event);
    if (!node) return;
    node.state = event.error ? "failed" : "done";
    node.endedAt = event.at;
    node.value = event.value === undefined ? null : this.#text(event.value);
    node.error = event.error ?? null;
    node.cpuMs = event.cpuMs;
    node.memory = event.memory;
  }

  #startCall(event: EventOf<"call.started">): void {
    const parent = this.#cell(event);
    if (!parent) return;
    const node: Writable<CallNode> = {
      kind: "call",
      id: `call-${event.callId}`,
      state: "running",
      startedAt: event.at,
      endedAt: null,
      callId: event.callId,
      model: event.model,
      prompt: this.#text(event.prompt),
      reply: null,
      error: null,
      spent: null,
    };
    this.size += 1;
    this.#calls.set(event.callId, node);
    parent.calls.push(node);
  }

  #finishCall(event: EventOf<"call.finished">): void {
    const node = this.#calls.get(event.callId);
    const parent = this.#cell(event);
    if (!node || !parent) return;
    node.state = event.error ? "failed" : "done";
    node.endedAt = event.at;
    node.reply = event.reply === undefined ? null : this.#text(event.reply);
    node.error = event.error ?? null;
    node.spent = { usage: event.usage, costUsd: event.costUsd };
    parent.callsEnded += 1;
  }

  #retry({ at, code, message, waitMs }: EventOf<"call.retrying">): void {
    this.waiting = { at, code, message, waitMs };
    const turn = this.#turns.at(-1);
    const cell = turn?.cells.at(-1);
    const asking = cell?.state === "running" ? cell : turn;
    asking?.retries.push(this.waiting);
    // The next try begins its reply anew.
    if (turn?.state === "running") turn.reply = "";
  }

  #finish(event: EventOf<"run.finished">): void {
    this.finished = event;
    this.state = "done";
    this.#totals = event.totals;
    const open = event.stopReason === "failed" ? "failed" : "stopped";
    for (const turn of this.#turns) stop(turn, event.at, open);
    for (const cell of this.#cells.values()) stop(cell, event.at);
    for (const call of this.#calls.values()) stop(call, event.at);
  }

  #turn(turn: number): Writable<TurnNode> | undefined {
    const newest = this.#turns.at(-1);
    return newest?.turn === turn ? newest : this.#turns.find((node) => node.turn === turn);
  }

  #cell({ turn, cell }: { turn: number; cell: number }): Writable<CellNode> | undefined {
    return this.#cells.get(`cell-${turn}.${cell}`);
  }

  #text(ref: TextRef): string {
    if (typeof ref === "string") return ref;
    return this.#blobs.get(ref.sha256) ?? `[${formatCount(ref.chars)} characters that these events do not hold]`;
  }
}

/** Folds the events of a run, from its start on. */
export function foldEvents(events: Iterable<RunEvent>): RunTree {
  const tree = new RunTree();
  for (const event of events) tree.add(event);
  return tree;
}

/** What requests used together: null if none is settled; the cost is null as soon as one is not known. */
export function sumSpent(nodes: Iterable<{ readonly spent: Spent | null }>): Spent | null {
  let sum: Spent | null = null;
  for (const { spent } of nodes) {
    if (!spent) continue;
    sum = sum ? { usage: addUsage(sum.usage, spent.usage), costUsd: addCost(sum.costUsd, spent.costUsd) } : spent;
  }
  return sum;
}

function addCost(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

/** Ends what is still going on. */
function stop(node: Writable<TreeNode>, at: number, state: NodeState = "stopped"): void {
  if (node.state !== "running") return;
  node.state = state;
  node.endedAt = at;
}

function endsWaiting({ type }: RunEvent): boolean {
  return type !== "ledger.changed" && type !== "blob.added" && type !== "warning";
}
