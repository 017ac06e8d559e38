import type { EventOf, RunEvent, TextRef } from "../rlm/events.ts";
import { redact, storable } from "./redact.ts";
import type { CallRow, EventRow, RunRow, TableRow } from "./rows.ts";
import { cacheSavings, type PriceOf } from "./savings.ts";

/** What is known of a tree of runs beside its events. */
export interface TreeFacts {
  /** Groups the runs of one question. */
  readonly queryId: string;
  /** For cache savings. */
  readonly priceOf: PriceOf;
}

export interface MapperOptions {
  /** Whether questions, answers, prompts, replies, code and output are kept, redacted. */
  readonly content: boolean;
  /** Asked once, when a root run begins. */
  readonly factsOf: (runId: string, question: string) => TreeFacts;
}

/** What is known of a tree of runs while it goes on. */
interface TreeState extends TreeFacts {
  readonly rootRunId: string;
  /** Names of the models that its runs were started with. */
  readonly chosen: Set<string>;
  readonly runs: Map<string, RunRow>;
  readonly calls: Map<string, Pick<CallRow, "kind" | "model" | "prompt">>;
  readonly cells: Map<string, CellState>;
  /** Replies that failed, by their runs, of which only the end tells why. */
  readonly failed: Map<string, readonly CallRow[]>;
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
    const { queryId, priceOf } = this.#options.factsOf(rootRunId, question);
    const maps = { runs: new Map(), calls: new Map(), cells: new Map(), failed: new Map(), blobs: new Map() };
    const tree: TreeState = { rootRunId, queryId: idText(queryId), priceOf, chosen: new Set(), ...maps };
    for (const runId of [rootRunId, event.runId]) this.#trees.set(runId, tree);
    return tree;
  }

  #forget(tree: TreeState): void {
    for (const runId of [tree.rootRunId, ...tree.runs.keys()]) this.#trees.delete(runId);
  }

  #ownRows(event: RunEvent, tree: TreeState): readonly TableRow[] {
    switch (event.type) {
      case "run.started":
        for (const model of [event.models.root, event.models.sub]) tree.chosen.add(model);
        return this.#run(event, tree, started(event, this.#kept(event.question, tree)));
      case "context.ready":
        return this.#run(event, tree, contextOf(event));
      case "run.finished":
        return [
          ...failedReplies(event, tree),
          ...this.#run(event, tree, finished(event, this.#kept(event.answer, tree))),
        ];
      case "reply.finished":
        return [["calls", this.#turn(event, tree)]];
      case "reply.failed":
        tree.failed.set(event.runId, [...(tree.failed.get(event.runId) ?? []), turnRow(event, tree)]);
        return [];
      case "call.started":
        tree.calls.set(callKey(event), {
          kind: event.kind,
          model: modelText(event.model, tree),
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
    const reply = this.#kept(event.text, tree);
    return { ...turnRow(event, tree), success: true, finish_reason: event.finishReason, reply };
  }

  #call(event: EventOf<"call.finished">, tree: TreeState): CallRow {
    const key = callKey(event);
    const { kind, model, prompt } = tree.calls.get(key) ?? { kind: "llm", model: noName, prompt: null };
    tree.calls.delete(key);
    // What a child run has used stands in its own rows.
    const own = kind === "rlm" ? noRequest : event;
    const { usage, costUsd, pricedBy = null } = own;
    return {
      ...placeOf(event, tree),
      ...{ turn: event.turn, cell: event.cell, call_id: event.callId, kind },
      // A cell may name what it likes as a model, a piece of what it has read too.
      model: event.error?.code === "unknown-model" && !tree.chosen.has(model) ? noName : model,
      ...{ duration_ms: msOf(event.ms), success: !event.error, error_code: codeText(event.error?.code) },
      ...{ finish_reason: null, remembered: event.remembered === true, ...tokens(usage) },
      ...{ cost_usd: costUsd, priced_by: pricedBy },
      cache_savings_usd: cacheSavings(own, tree.priceOf(model, usage)),
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
        ...{ turn, cell: event.cell, duration_ms: msOf(event.ms), cpu_ms: msOf(event.cpuMs) },
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

/** A turn that failed; whoever knows better says so. */
function turnRow(event: EventOf<"reply.finished" | "reply.failed">, tree: TreeState): CallRow {
  const { usage, costUsd, pricedBy = null, turn } = event;
  return {
    ...placeOf(event, tree),
    ...{ turn, cell: null, call_id: null, kind: "turn", model: modelText(event.model, tree) },
    ...{ duration_ms: msOf(event.ms), success: false, error_code: null, finish_reason: null },
    ...{ remembered: false, ...tokens(usage), cost_usd: costUsd, priced_by: pricedBy },
    cache_savings_usd: cacheSavings(event, tree.priceOf(event.model, usage)),
    ...{ prompt: null, reply: null },
  };
}

/** The replies of a run that failed, with what its end says about them: its failure, or the limit that cut them off. */
function failedReplies({ runId, error, stopReason }: EventOf<"run.finished">, tree: TreeState): readonly TableRow[] {
  const rows = tree.failed.get(runId) ?? [];
  return rows.map((row) => ["calls", { ...row, error_code: codeText(error?.code ?? stopReason) }]);
}

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
  return { root_model: idText(root), sub_model: idText(sub), offline, question };
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
    ...{ files_shown: coverage?.shown ?? null, duration_ms: msOf(event.ms), answer },
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
    // The name of a sub-call's model stands in its call, once it is known to be one.
    model: "model" in event && event.type !== "call.started" ? modelText(event.model, tree) : null,
    duration_ms: "ms" in event ? msOf(event.ms) : null,
    success: successOf(event),
    code: codeText(codeIn(event)),
  };
  return [["events", row]];
}

function successOf(event: RunEvent): boolean | null {
  if (event.type === "reply.finished" || event.type === "context.ready") return true;
  if (event.type === "reply.failed") return false;
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

const maxName = 200;
const noName = "other";

/** Ids are short; longer ones can't be looked up by an index. */
function idText(id: string): string {
  return storable(id.slice(0, maxName));
}

/** The name of a model, where it is one that the user has chosen or looks like one. */
function modelText(model: string, { chosen }: TreeState): string {
  const isName = /^[\w.:/@+~-]{1,200}$/.test(model) && redact(model) === model;
  return isName || chosen.has(model) ? idText(model) : noName;
}

/** Milliseconds, also where a clock went back. */
function msOf(ms: number): number {
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
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
