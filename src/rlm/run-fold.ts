import type { EventOf, RunEvent, TextRef } from "./events.ts";
import type { CallNode, CellNode, NodeState, Retry, RunNode, TreeNode, TurnNode } from "./run-nodes.ts";

// The fold's own hands on its nodes; everyone else may only read them.
type Writable<T> = {
  -readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? WritableItem<Item>[] : T[K];
};
type WritableItem<T> = T extends TreeNode ? Writable<T> : T;

/** What the folds of the runs of one tree share. */
export interface FoldShared {
  text(ref: TextRef): string;
  /** One more turn, cell, call or child run. */
  grown(): void;
}

/** Folds the events of one run. */
export class RunFold {
  readonly node: Writable<RunNode>;
  readonly #shared: FoldShared;
  readonly #prefix: string;
  readonly #cells = new Map<string, Writable<CellNode>>();
  readonly #calls = new Map<string, Writable<CallNode>>();

  constructor(started: EventOf<"run.started">, shared: FoldShared) {
    const isRoot = started.parent === undefined;
    this.#shared = shared;
    this.#prefix = isRoot ? "" : `${started.runId}/`;
    this.node = {
      kind: "run",
      id: isRoot ? "run" : `run-${started.runId}`,
      state: "running",
      startedAt: started.at,
      endedAt: null,
      started,
      context: null,
      finished: null,
      turns: [],
    };
  }

  /** Calls that were really made. */
  get calls(): number {
    return [...this.#calls.values()].filter((call) => !call.remembered).length;
  }

  /** The turn whose reply is still being written. */
  get writing(): TurnNode | null {
    const newest = this.node.turns.at(-1);
    return newest?.state === "running" ? newest : null;
  }

  call(callId: string): Writable<CallNode> | undefined {
    return this.#calls.get(callId);
  }

  apply(event: RunEvent): void {
    switch (event.type) {
      case "context.ready":
        this.node.context = event;
        return;
      case "turn.started":
        this.#startTurn(event);
        return;
      case "message.added":
        this.#turn(event.turn)?.messages.push({ role: event.role, text: this.#shared.text(event.text) });
        return;
      case "message.seen":
        this.#noteSeen(event);
        return;
      case "reply.delta":
        this.#addDelta(event);
        return;
      case "reply.finished":
        this.#finishReply(event);
        return;
      case "reply.failed":
        this.#failReply(event);
        return;
      case "cell.started":
        this.#startCell(event);
        return;
      case "cell.output":
        this.#cell(event)?.output.push(this.#shared.text(event.text));
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
      case "run.finished":
        this.node.finished = event;
        this.end(event.at, event.stopReason === "failed" ? "failed" : "stopped");
        return;
      default:
        return;
    }
  }

  /** A request is tried again. */
  retry(retry: Retry): void {
    const turn = this.#turns.at(-1);
    const cell = turn?.cells.at(-1);
    const asking = cell?.state === "running" ? cell : turn;
    (asking as Writable<TurnNode> | Writable<CellNode> | undefined)?.retries.push(retry);
    // The next try begins its reply anew.
    if (turn?.state === "running") turn.reply = "";
  }

  /** A cell waits for the user, from now on. */
  ask({ at, ...cell }: EventOf<"fanout.asked">): void {
    this.#cell(cell)?.questions.push({ from: at, to: null });
  }

  /** The user has decided, or the run has ended. */
  decide({ at, ...cell }: EventOf<"fanout.decided">): void {
    const questions = this.#cell(cell)?.questions;
    const open = questions?.at(-1);
    if (questions && open?.to === null) questions[questions.length - 1] = { ...open, to: at };
  }

  /** Ends what still goes on. @param open the state of a turn that was under way */
  end(at: number, open: NodeState): void {
    const reason = this.node.finished?.stopReason;
    const whole = reason !== undefined && reason !== "failed" && reason !== "cancelled";
    stop(this.node, at, whole ? "done" : open);
    for (const turn of this.#turns) stop(turn, at, open);
    for (const cell of this.#cells.values()) stop(cell, at);
    for (const call of this.#calls.values()) stop(call, at);
  }

  get #turns(): Writable<TurnNode>[] {
    return this.node.turns as Writable<TurnNode>[];
  }

  #startTurn({ turn, of, last, at }: EventOf<"turn.started">): void {
    const before = this.#turns.at(-1);
    if (before?.state === "running") stop(before, at);
    this.#shared.grown();
    this.#turns.push({
      kind: "turn",
      id: `${this.#prefix}turn-${turn}`,
      state: "running",
      startedAt: at,
      endedAt: null,
      turn,
      of,
      last: last === true,
      messages: [],
      seen: [],
      model: "",
      reply: "",
      finishReason: null,
      spent: null,
      cells: [],
      retries: [],
    });
  }

  #noteSeen({ turn, seen }: EventOf<"message.seen">): void {
    const node = this.#turn(turn);
    if (node) node.seen = seen;
  }

  #addDelta({ turn, text }: EventOf<"reply.delta">): void {
    const node = this.#turn(turn);
    if (node?.state === "running") node.reply += text;
  }

  #finishReply({ turn, model, text, usage, costUsd, pricedBy, finishReason, at }: EventOf<"reply.finished">): void {
    const node = this.#turn(turn);
    if (!node) return;
    node.state = "done";
    node.endedAt = at;
    node.model = model;
    node.reply = this.#shared.text(text);
    node.finishReason = finishReason;
    node.spent = { usage, costUsd, pricedBy };
  }

  /** Whether the turn ends with it the run's next event says. */
  #failReply({ turn, model, usage, costUsd }: EventOf<"reply.failed">): void {
    const node = this.#turn(turn);
    if (!node) return;
    node.model = model;
    node.spent = { usage, costUsd };
  }

  #startCell({ turn, cell, code, at }: EventOf<"cell.started">): void {
    const parent = this.#turn(turn);
    if (!parent) return;
    const node: Writable<CellNode> = {
      kind: "cell",
      id: this.#cellId(turn, cell),
      state: "running",
      startedAt: at,
      endedAt: null,
      turn,
      cell,
      code: this.#shared.text(code),
      output: [],
      value: null,
      error: null,
      cpuMs: null,
      memory: "kept",
      calls: [],
      callsEnded: 0,
      retries: [],
      questions: [],
    };
    this.#shared.grown();
    this.#cells.set(node.id, node);
    parent.cells.push(node);
  }

  #finishCell(event: EventOf<"cell.finished">): void {
    const node = this.#cell(event);
    if (!node) return;
    node.state = event.error ? "failed" : "done";
    node.endedAt = event.at;
    node.value = event.value === undefined ? null : this.#shared.text(event.value);
    node.error = event.error ?? null;
    node.cpuMs = event.cpuMs;
    node.memory = event.memory;
  }

  #startCall(event: EventOf<"call.started">): void {
    const parent = this.#cell(event);
    if (!parent) return;
    const node: Writable<CallNode> = {
      kind: "call",
      id: `${this.#prefix}call-${event.callId}`,
      state: "running",
      startedAt: event.at,
      endedAt: null,
      callId: event.callId,
      asks: event.kind,
      child: null,
      remembered: false,
      seen: [],
      model: event.model,
      prompt: this.#shared.text(event.prompt),
      reply: null,
      error: null,
      spent: null,
    };
    this.#shared.grown();
    this.#calls.set(event.callId, node);
    parent.calls.push(node);
  }

  #finishCall(event: EventOf<"call.finished">): void {
    const node = this.#calls.get(event.callId);
    const parent = this.#cell(event);
    if (!node || !parent) return;
    node.state = event.error ? "failed" : "done";
    node.endedAt = event.at;
    node.remembered = event.remembered === true;
    node.seen = event.seen ?? [];
    node.reply = event.reply === undefined ? null : this.#shared.text(event.reply);
    node.error = event.error ?? null;
    node.spent = { usage: event.usage, costUsd: event.costUsd, pricedBy: event.pricedBy };
    parent.callsEnded += 1;
  }

  #turn(turn: number): Writable<TurnNode> | undefined {
    const newest = this.#turns.at(-1);
    return newest?.turn === turn ? newest : this.#turns.find((node) => node.turn === turn);
  }

  #cell({ turn, cell }: { turn: number; cell: number }): Writable<CellNode> | undefined {
    return this.#cells.get(this.#cellId(turn, cell));
  }

  #cellId(turn: number, cell: number): string {
    return `${this.#prefix}cell-${turn}.${cell}`;
  }
}

/** Ends what is still going on. */
function stop(node: Writable<TreeNode>, at: number, state: NodeState = "stopped"): void {
  if (node.state !== "running") return;
  node.state = state;
  node.endedAt = at;
}
