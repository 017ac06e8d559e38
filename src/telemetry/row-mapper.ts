import type { EventOf, RunEvent, TextRef } from "../rlm/events.ts";
import { redact, storable } from "./redact.ts";
import type { CallRow, EventRow, RunRow, TableRow } from "./rows.ts";
import { cacheSavings, type PriceOf } from "./savings.ts";

export interface MapperOptions {
  /** Whether questions, answers, prompts, replies, code and output are kept, redacted. */
  readonly content: boolean;
  readonly priceOf: PriceOf;
  /** Groups the runs of one question. */
  readonly queryIdOf: (runId: string, question: string) => string;
}

/** What is known of a tree of runs while it goes on. */
interface TreeState {
  readonly rootRunId: string;
  readonly queryId: string;
  readonly runs: Map<string, RunRow>;
  readonly calls: Map<string, Pick<CallRow, "kind" | "model" | "prompt">>;
  readonly cells: Map<string, CellState>;
  /** Only where content is kept. */
  readonly blobs: Map<string, string>;
}

interface CellState {
  readonly code: string | null;
  readonly codeChars: number;
  output: string | null;
  outputChars: number;
}

/** Makes rows of events, of any number of runs at a time. What is known of a tree is forgotten when it has finished. */
export class RowMapper {
  readonly #options: MapperOptions;
  readonly #trees = new Map<string, TreeState>();

  constructor(options: MapperOptions) {
    this.#options = options;
  }

  /** The rows that an event makes: those of its own table first, and its row among the events, if it has one. */
  rows(event: RunEvent): readonly TableRow[] {
    if (Math.abs(event.at) > latest || Number.isNaN(event.at)) return [];
    const tree = this.#treeOf(event);
    const rows = [...this.#ownRows(event, tree), ...eventRow(event, tree)];
    if (event.type === "run.finished" && event.runId === tree.rootRunId) this.#forget(tree);
    return rows;
  }

  #treeOf(event: RunEvent): TreeState {
    const known = this.#trees.get(event.runId) ?? this.#trees.get(event.parent?.runId ?? event.runId);
    if (known) {
      this.#trees.set(event.runId, known);
      return known;
    }
    const rootRunId = event.parent?.runId ?? event.runId;
    const question = event.type === "run.started" ? event.question : "";
    const queryId = this.#options.queryIdOf(rootRunId, question);
    const maps = { runs: new Map(), calls: new Map(), cells: new Map(), blobs: new Map() };
    const tree: TreeState = { rootRunId, queryId: storable(queryId), ...maps };
    for (const runId of [rootRunId, event.runId]) this.#trees.set(runId, tree);
    return tree;
  }

  #forget(tree: TreeState): void {
    for (const runId of [tree.rootRunId, ...tree.runs.keys()]) this.#trees.delete(runId);
  }

  #ownRows(event: RunEvent, tree: TreeState): readonly TableRow[] {
    switch (event.type) {
      case "run.started":
        return this.#run(event, tree, started(event, this.#kept(event.question, tree)));
      case "context.ready":
        return this.#run(event, tree, contextOf(event));
      case "run.finished":
        return this.#run(event, tree, finished(event, this.#kept(event.answer, tree)));
      case "reply.finished":
        return [["calls", this.#turn(event, tree)]];
      case "call.started":
        tree.calls.set(callKey(event), {
          kind: event.kind,
          model: storable(event.model),
          prompt: this.#kept(event.prompt, tree),
        });
        return [];
      case "call.finished":
        return [["calls", this.#call(event, tree)]];
      case "cell.started":
        this.#startCell(event, tree);
        return [];
      case "cell.output":
        this.#print(event, tree);
        return [];
      case "cell.finished":
        return [this.#cell(event, tree)];
      case "blob.added":
        if (this.#options.content) tree.blobs.set(event.sha256, event.text);
        return [];
      default:
        return [];
    }
  }

  /** A run's row grows: each row that is sent has all that is known. */
  #run(event: RunEvent, tree: TreeState, more: Partial<RunRow>): readonly TableRow[] {
    const row: RunRow = { ...(tree.runs.get(event.runId) ?? emptyRun(event, tree)), ...more };
    tree.runs.set(event.runId, row);
    return [["runs", row]];
  }

  #turn(event: EventOf<"reply.finished">, tree: TreeState): CallRow {
    const { usage, costUsd, pricedBy = null, finishReason, turn } = event;
    return {
      ...placeOf(event, tree),
      ...{ turn, cell: null, call_id: null, kind: "turn", model: storable(event.model) },
      ...{ duration_ms: Math.max(0, event.ms), success: true, error_code: null, finish_reason: finishReason },
      ...{ remembered: false, ...tokens(usage), cost_usd: costUsd, priced_by: pricedBy },
      cache_savings_usd: cacheSavings(event, this.#options.priceOf(event.model, usage)),
      ...{ prompt: null, reply: this.#kept(event.text, tree) },
    };
  }

  #call(event: EventOf<"call.finished">, tree: TreeState): CallRow {
    const key = callKey(event);
    const { kind, model, prompt } = tree.calls.get(key) ?? { kind: "llm", model: "unknown", prompt: null };
    tree.calls.delete(key);
    // What a child run has used stands in its own rows.
    const own = kind === "rlm" ? noRequest : event;
    const { usage, costUsd, pricedBy = null } = own;
    return {
      ...placeOf(event, tree),
      ...{ turn: event.turn, cell: event.cell, call_id: event.callId, kind, model },
      ...{ duration_ms: Math.max(0, event.ms), success: !event.error, error_code: codeText(event.error?.code) },
      ...{ finish_reason: null, remembered: event.remembered === true, ...tokens(usage) },
      ...{ cost_usd: costUsd, priced_by: pricedBy },
      cache_savings_usd: cacheSavings(own, this.#options.priceOf(model, usage)),
      ...{ prompt, reply: this.#kept(event.reply, tree) },
    };
  }

  #startCell(event: EventOf<"cell.started">, tree: TreeState): void {
    const output = this.#options.content ? "" : null;
    const code = this.#kept(event.code, tree);
    tree.cells.set(cellKey(event), { code, codeChars: charsOf(event.code), output, outputChars: 0 });
  }

  #print(event: EventOf<"cell.output">, tree: TreeState): void {
    const cell = tree.cells.get(cellKey(event));
    if (!cell) return;
    cell.outputChars += charsOf(event.text);
    if (cell.output !== null && cell.output.length < maxOutput) cell.output += textOf(event.text, tree);
  }

  #cell(event: EventOf<"cell.finished">, tree: TreeState): TableRow {
    const key = cellKey(event);
    const cell = tree.cells.get(key) ?? { code: null, codeChars: 0, output: null, outputChars: 0 };
    tree.cells.delete(key);
    const { error, memory, turn } = event;
    return [
      "cells",
      {
        ...placeOf(event, tree),
        ...{ turn, cell: event.cell, duration_ms: Math.max(0, event.ms), cpu_ms: Math.max(0, event.cpuMs) },
        ...{ success: !error, error_name: error ? knownName(error.name) : null, error_line: error?.line ?? null },
        ...{ memory, code_chars: cell.codeChars, output_chars: cell.outputChars },
        ...{ code: cell.code, output: cell.output === null ? null : redact(cell.output) },
        error_message: this.#kept(error?.message, tree),
      },
    ];
  }

  /** A text where content is kept, redacted; else null. */
  #kept(text: TextRef | null | undefined, tree: TreeState): string | null {
    if (!this.#options.content || text === null || text === undefined) return null;
    return redact(textOf(text, tree));
  }
}

/** The last millisecond that a `Date` can hold. */
const latest = 8.64e15;
const maxOutput = 100_000;
const noRequest = {
  usage: { input: 0, cachedInput: 0, output: 0, reasoning: 0, estimated: false },
  costUsd: 0,
  pricedBy: undefined,
} as const;

function emptyRun(event: RunEvent, { rootRunId, queryId }: TreeState): RunRow {
  return {
    ...{ run_id: event.runId, query_id: queryId, root_run_id: rootRunId, depth: event.depth },
    ...{ parent_run_id: event.parent?.runId ?? null, parent_call_id: event.parent?.callId ?? null },
    ...{ started_at: event.at, finished_at: null, stop_reason: null, error_code: null },
    ...{ root_model: null, sub_model: null, offline: null },
    ...{ context_kind: null, context_files: null, context_chars: null, context_lines: null },
    ...{ turns: null, calls: null, input_tokens: null, cached_tokens: null, output_tokens: null },
    ...{ reasoning_tokens: null, tokens_estimated: null, cost_usd: null },
    ...{ citations: null, citations_flagged: null, files_shown: null, duration_ms: null },
    ...{ question: null, answer: null },
  };
}

function started({ models }: EventOf<"run.started">, question: string | null): Partial<RunRow> {
  const { root, sub, offline } = models;
  return { root_model: storable(root), sub_model: storable(sub), offline, question };
}

function contextOf({ manifest }: EventOf<"context.ready">): Partial<RunRow> {
  const { kind, files, chars, lines } = manifest;
  return { context_kind: kind, context_files: files, context_chars: chars, context_lines: lines };
}

function finished(event: EventOf<"run.finished">, answer: string | null): Partial<RunRow> {
  const { stopReason, error, totals, citations, coverage } = event;
  return {
    ...{ finished_at: event.at, stop_reason: stopReason, error_code: codeText(error?.code) },
    ...{ turns: totals.turns, calls: totals.calls, ...tokens(totals.usage), cost_usd: totals.costUsd },
    citations: citations.length,
    citations_flagged: citations.filter(({ status }) => status === "missing" || status === "exists").length,
    ...{ files_shown: coverage?.shown ?? null, duration_ms: Math.max(0, event.ms), answer },
  };
}

function tokens({ input, cachedInput, output, reasoning, estimated }: typeof noRequest.usage | CallUsage) {
  return {
    ...{ input_tokens: input, cached_tokens: cachedInput, output_tokens: output },
    ...{ reasoning_tokens: reasoning, tokens_estimated: estimated },
  };
}

type CallUsage = EventOf<"reply.finished">["usage"];

/** Too many of them, or texts that belong to another event. */
const notLogged: ReadonlySet<RunEvent["type"]> = new Set([
  "reply.delta",
  "blob.added",
  "context.progress",
  "ledger.changed",
]);

function eventRow(event: RunEvent, tree: TreeState): readonly TableRow[] {
  if (notLogged.has(event.type)) return [];
  const row: EventRow = {
    ...{ ...placeOf(event, tree), type: event.type },
    turn: "turn" in event ? event.turn : null,
    cell: "cell" in event ? event.cell : null,
    call_id: "callId" in event ? event.callId : null,
    model: "model" in event ? storable(event.model) : null,
    duration_ms: "ms" in event ? Math.max(0, event.ms) : null,
    success: successOf(event),
    code: codeText(codeIn(event)),
  };
  return [["events", row]];
}

function successOf(event: RunEvent): boolean | null {
  if (event.type === "reply.finished" || event.type === "context.ready") return true;
  if (event.type === "cell.finished" || event.type === "call.finished") return !event.error;
  return event.type === "run.finished" ? event.stopReason !== "failed" && event.stopReason !== "cancelled" : null;
}

function codeIn(event: RunEvent): string | undefined {
  switch (event.type) {
    case "warning":
    case "call.retrying":
      return event.code;
    case "call.finished":
      return event.error?.code;
    case "cell.finished":
      return event.error && knownName(event.error.name);
    case "fanout.decided":
      return event.choice;
    case "run.finished":
      return event.stopReason;
    default:
      return undefined;
  }
}

function placeOf(event: RunEvent, { rootRunId, queryId }: TreeState) {
  const { at, runId, seq, depth } = event;
  return { time: Math.trunc(at), run_id: runId, seq, query_id: queryId, root_run_id: rootRunId, depth };
}

const ours = new Set(["TimeoutError", "MemoryError", "LimitError", "CancelledError", "InterruptedError"]);

/** Whoever writes a cell names its errors: any other name may be a piece of what it has read. */
function knownName(name: string): string {
  const standard = /^(?:Range|Reference|Syntax|Type|Eval|URI|Aggregate|Internal)?Error$/.test(name);
  return standard || ours.has(name) ? name : "Error";
}

/** Codes are short words of the product. */
function codeText(code: string | undefined): string | null {
  if (code === undefined) return null;
  return /^[\w.-]{1,60}$/.test(code) ? code : "other";
}

const callKey = (event: { readonly runId: string; readonly callId: string }) => `${event.runId}/${event.callId}`;
const cellKey = (event: { readonly runId: string; readonly turn: number; readonly cell: number }) =>
  `${event.runId}/${event.turn}/${event.cell}`;

function charsOf(text: TextRef): number {
  return typeof text === "string" ? text.length : text.chars;
}

function textOf(text: TextRef, tree: TreeState): string {
  return typeof text === "string" ? text : (tree.blobs.get(text.sha256) ?? "");
}
