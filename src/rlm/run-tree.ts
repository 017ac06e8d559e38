import { addSpent, nothingSpent } from "./bill.ts";
import type { Citation, CoverageArea, EventOf, RunEvent, StopReason, TextRef, Totals } from "./events.ts";
import { formatCount } from "./format.ts";
import type { Spent } from "./model.ts";
import { type FoldShared, RunFold } from "./run-fold.ts";
import type { FanOutQuestion, Gap, Retry, RunNode, TurnNode, Warning } from "./run-nodes.ts";

const noTotals: Totals = { turns: 0, calls: 0, ...nothingSpent };

/**
 * A run as a view shows it, folded from its events: the run's own fields, and below it turns, their cells, the cells'
 * calls and the child runs that answer them. It changes in place; `version` says when.
 */
export class RunTree {
  /** Grows with every event that was taken. */
  version = 0;
  /** Number of turns, cells, calls and child runs. */
  size = 0;
  state: "collecting" | "running" | "done" = "collecting";
  /** How far collecting has come. */
  collected: { readonly files: number; readonly bytes: number } | null = null;
  /** The request that waits before it is tried again, while nothing else happens. */
  waiting: Retry | null = null;
  /** What the user is asked before a cell goes on. */
  asking: FanOutQuestion | null = null;
  /** The first gap in the events' numbers. Pieces of a reply may be absent: they are not logged. */
  gap: Gap | null = null;
  /** When the newest event happened, in milliseconds since 1970. */
  lastAt = 0;
  readonly warnings: Warning[] = [];
  /** What was looked at, by area; null until the run is about to end. */
  areas: readonly CoverageArea[] | null = null;
  /** True where the run went away without an end, as with its window. */
  interrupted = false;

  #nextSeq = 0;
  #totals: Totals = noTotals;
  #root: RunFold | null = null;
  readonly #runs = new Map<string, RunFold>();
  readonly #blobs = new Map<string, string>();
  readonly #shared: FoldShared = {
    text: (ref) => this.#text(ref),
    grown: () => {
      this.size += 1;
    },
  };

  /** The run that was asked for; null before its first event. */
  get root(): RunNode | null {
    return this.#root ? this.#root.node : null;
  }

  get started(): EventOf<"run.started"> | null {
    return this.root?.started ?? null;
  }

  get context(): EventOf<"context.ready"> | null {
    return this.root?.context ?? null;
  }

  get finished(): EventOf<"run.finished"> | null {
    return this.root?.finished ?? null;
  }

  get runId(): string | null {
    return this.started?.runId ?? null;
  }

  get turns(): readonly TurnNode[] {
    return this.root?.turns ?? [];
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
    const made = [...this.#runs.values()].reduce((sum, run) => sum + run.calls, 0);
    return { ...this.#totals, turns: Math.max(turns, this.turns.length), calls: Math.max(calls, made) };
  }

  /** Number of child runs. */
  get children(): number {
    return Math.max(0, this.#runs.size - 1);
  }

  /** Takes the next event. One that came before, or belongs to another tree, changes nothing. */
  add(event: RunEvent): void {
    if (event.seq < this.#nextSeq || !this.#isOurs(event)) return;
    if (event.seq > this.#nextSeq && !this.#mayFollowDeltas(event)) {
      this.gap ??= { from: this.#nextSeq, to: event.seq - 1 };
    }
    this.#nextSeq = event.seq + 1;
    this.version += 1;
    this.lastAt = event.at;
    if (endsWaiting(event)) this.waiting = null;
    this.#apply(event);
  }

  /** Says that no more events will come: a run that has no end until now was interrupted. */
  interrupt(): void {
    if (this.state === "done") return;
    this.version += 1;
    this.state = "done";
    this.interrupted = true;
    this.asking = null;
    this.waiting = null;
    for (const run of this.#runs.values()) run.end(this.lastAt, "stopped");
  }

  #isOurs(event: RunEvent): boolean {
    if (!this.#root || this.#runs.has(event.runId)) return true;
    return event.parent !== undefined && this.#runs.has(event.parent.runId);
  }

  /** Only pieces of a reply may be absent, so a skip is right only while a reply is being written. */
  #mayFollowDeltas(event: RunEvent): boolean {
    const others = [...this.#runs].some(([runId, run]) => runId !== event.runId && run.writing);
    const turn = this.#runs.get(event.runId)?.writing;
    if (others || !turn) return others;
    switch (event.type) {
      case "reply.delta":
      case "reply.finished":
      case "reply.failed":
        return event.turn === turn.turn;
      case "turn.started":
        return event.turn === turn.turn + 1;
      case "blob.added":
      case "message.seen":
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
        this.#startRun(event);
        return;
      case "context.progress":
        this.collected = event;
        return;
      case "ledger.changed":
        this.#totals = event.totals;
        return;
      case "warning":
        this.warnings.push(event);
        return;
      case "coverage.mapped":
        this.areas = event.areas;
        return;
      case "blob.added":
        this.#blobs.set(event.sha256, event.text);
        return;
      case "fanout.asked":
        this.asking = { ...event, sample: this.#text(event.sample) };
        this.#runs.get(event.runId)?.ask(event);
        return;
      case "fanout.decided":
        this.asking = null;
        this.#runs.get(event.runId)?.decide(event);
        return;
      case "call.retrying":
        this.waiting = { at: event.at, code: event.code, message: event.message, waitMs: event.waitMs };
        this.#runs.get(event.runId)?.retry(this.waiting);
        return;
    }
    this.#runs.get(event.runId)?.apply(event);
    if (event.depth > 0) return;
    if (event.type === "context.ready" || event.type === "turn.started") this.state = "running";
    if (event.type === "run.finished") this.#finish(event);
  }

  #startRun(event: EventOf<"run.started">): void {
    const fold = new RunFold(event, this.#shared);
    this.#runs.set(event.runId, fold);
    if (!event.parent) {
      this.#root = fold;
      return;
    }
    this.size += 1;
    const call = this.#runs.get(event.parent.runId)?.call(event.parent.callId);
    if (call) call.child = fold.node;
  }

  #finish(event: EventOf<"run.finished">): void {
    this.state = "done";
    this.asking = null;
    this.#totals = event.totals;
    for (const run of this.#runs.values()) if (run !== this.#root) run.end(event.at, "stopped");
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
  for (const { spent } of nodes) if (spent) sum = sum ? addSpent(sum, spent) : spent;
  return sum;
}

function endsWaiting({ type }: RunEvent): boolean {
  return type !== "ledger.changed" && type !== "blob.added" && type !== "warning";
}
