/**
 * Everything that happens in a run, as one stream of numbered events. Every view (trace panel, terminal, trace file)
 * reads this stream and nothing else.
 */
import * as z from "zod";

const count = z.number().int().nonnegative();
const ms = z.number().nonnegative();
const usd = z.number().nonnegative().nullable();

/** A text, or the SHA-256 of one that a `blob.added` event has carried before. */
const textRef = z.union([z.string(), z.object({ sha256: z.string(), chars: count })]);
export type TextRef = z.infer<typeof textRef>;

const usage = z.object({
  input: count,
  cachedInput: count,
  output: count,
  reasoning: count,
  estimated: z.boolean(),
});

const limits = z.object({
  turns: count,
  depth: count,
  calls: count,
  tokens: count,
  usd: z.number().nonnegative(),
  seconds: z.number().nonnegative(),
  errors: count,
  concurrency: count,
});

const manifest = z.object({
  kind: z.enum(["files", "text"]),
  name: z.string(),
  files: count,
  chars: count,
  bytes: count,
  lines: count,
  leftOut: z.partialRecord(
    z.enum(["secret", "ignored", "binary", "too-large", "minified", "generated", "symlink", "unreadable"]),
    count,
  ),
});

/** Files of the context that are shown as `shown` or below it are at `file` or below it: an absolute path or a URI. */
const contextRoot = z.object({ shown: z.string(), file: z.string() });
export type ContextRoot = z.infer<typeof contextRoot>;

const cellError = z.object({
  name: z.string(),
  message: z.string(),
  line: count.optional(),
  column: count.optional(),
  excerpt: z.string().optional(),
});

/**
 * Why a run ended. `answered`: the model handed in its answer. `direct`: a small context was answered in one call.
 * `turns` to `errors`: that limit ended it and the answer is partial. `cancelled`, `failed`: there may be no answer.
 */
const stopReason = z.enum([
  "answered",
  "direct",
  "turns",
  "calls",
  "tokens",
  "cost",
  "time",
  "errors",
  "cancelled",
  "failed",
]);
export type StopReason = z.infer<typeof stopReason>;

const lineRange = z.object({ path: z.string(), from: count, to: count });

/**
 * `missing`: there is no such file or no such lines. `exists`: they are there, but no model of the run was shown them all.
 * `seen`: one was. `quoted`: and the answer holds a line of them.
 */
const citation = lineRange.extend({
  status: z.enum(["missing", "exists", "seen", "quoted"]),
  /** Of the file as it was collected, so that a view can tell whether it has changed since. */
  sha256: z.string().optional(),
});
export type Citation = z.infer<typeof citation>;

/** What a run has used, its sub-calls and child runs included; `turns` are its own. `costUsd` is null as soon as one call's price is not known. */
const totals = z.object({ turns: count, calls: count, usage, costUsd: usd });
export type Totals = z.infer<typeof totals>;

/** Files and lines of the run's context that it and its children have looked at; see `CoverageCounts`. */
const coverage = z.object({
  files: count,
  listed: count,
  searched: count,
  read: count,
  shown: count,
  lines: count,
  shownLines: count,
});

/** A folder, whose path ends in `/`, or a file of the context, with what was looked at in it. */
const coverageArea = z.object({
  path: z.string(),
  files: count,
  chars: count,
  listed: count,
  searched: count,
  read: count,
  shown: count,
});

export type CoverageArea = z.infer<typeof coverageArea>;

/** Who said what a call costs: the endpoint, the user, or the table of this package. */
const pricedBy = z.enum(["endpoint", "setting", "table"]).optional();

const failure = z.object({ code: z.string(), message: z.string() });

const base = z.object({
  seq: count,
  /** Milliseconds since 1970. */
  at: z.number(),
  runId: z.string(),
  /** 0 for the run that the user has started, 1 for its children. */
  depth: count,
  /** The call that a child run answers. */
  parent: z.object({ runId: z.string(), callId: z.string() }).optional(),
});

/** One cell of one reply: the `cell`-th, from 1, of turn `turn`, from 1. */
const cellRef = { turn: count, cell: count };

const runEvent = z.discriminatedUnion("type", [
  base.extend({
    type: z.literal("run.started"),
    question: z.string(),
    limits,
    models: z.object({ root: z.string(), sub: z.string(), offline: z.boolean() }),
  }),
  /** The context is being collected. */
  base.extend({ type: z.literal("context.progress"), files: count, bytes: count }),
  /** `roots`: where its files are on disk; those of a child run are its parent's. */
  base.extend({ type: z.literal("context.ready"), manifest, ms, roots: z.array(contextRoot).optional() }),
  /** `last`: the call for an answer that is kept back for when a limit ends the run. */
  base.extend({ type: z.literal("turn.started"), turn: count, of: count, last: z.literal(true).optional() }),
  /** A message that the model reads from this turn on, before the replies that follow. */
  base.extend({ type: z.literal("message.added"), turn: count, role: z.enum(["system", "user"]), text: textRef }),
  /** Lines of the context that stand in the messages which were added for this turn; at most the first 200 ranges. */
  base.extend({ type: z.literal("message.seen"), turn: count, seen: z.array(lineRange) }),
  /** A piece of a reply as it streams in; never written to a trace file, which may skip numbers. */
  base.extend({ type: z.literal("reply.delta"), turn: count, text: z.string() }),
  base.extend({
    type: z.literal("reply.finished"),
    turn: count,
    model: z.string(),
    text: textRef,
    usage,
    costUsd: usd,
    pricedBy,
    ms,
    finishReason: z.enum(["stop", "length", "filtered"]),
  }),
  /** A reply that failed, or was cancelled, after it had used something. */
  base.extend({
    type: z.literal("reply.failed"),
    turn: count,
    model: z.string(),
    usage,
    costUsd: usd,
    pricedBy,
    ms,
  }),
  base.extend({ type: z.literal("cell.started"), ...cellRef, code: textRef }),
  base.extend({ type: z.literal("cell.output"), ...cellRef, text: textRef }),
  base.extend({
    type: z.literal("cell.finished"),
    ...cellRef,
    value: textRef.optional(),
    error: cellError.optional(),
    cpuMs: ms,
    ms,
    /** What became of the variables: see `CellMemory`. */
    memory: z.enum(["kept", "restored", "lost"]),
  }),
  /** `rlm`: a child run answers it, whose events name this call as their parent; its prompt is the question. */
  base.extend({
    type: z.literal("call.started"),
    ...cellRef,
    callId: z.string(),
    kind: z.enum(["llm", "rlm"]),
    model: z.string(),
    prompt: textRef,
  }),
  /** `usage` and `costUsd` of a child run are those of all that it did. */
  base.extend({
    type: z.literal("call.finished"),
    ...cellRef,
    callId: z.string(),
    /** The reply was known from an earlier call of the run, and cost nothing. */
    remembered: z.literal(true).optional(),
    /** Lines of the context that stood in the prompt; at most the first 200 ranges. */
    seen: z.array(lineRange).optional(),
    reply: textRef.optional(),
    error: failure.optional(),
    usage,
    costUsd: usd,
    pricedBy,
    ms,
  }),
  /** A cell wants more calls than are made without asking; it waits for `fanout.decided`. */
  base.extend({
    type: z.literal("fanout.asked"),
    ...cellRef,
    kind: z.enum(["llm", "rlm"]),
    calls: count,
    tokens: count,
    usd,
    sample: textRef,
  }),
  base.extend({ type: z.literal("fanout.decided"), ...cellRef, choice: z.enum(["all", "five", "stop"]) }),
  /** What the whole tree has used so far; sent whenever a call was settled, as the root's event. */
  base.extend({ type: z.literal("ledger.changed"), totals }),
  base.extend({ type: z.literal("warning"), code: z.string(), message: z.string() }),
  /** A request failed and is tried again after `waitMs`. */
  base.extend({ type: z.literal("call.retrying"), code: z.string(), message: z.string(), waitMs: ms }),
  base.extend({ type: z.literal("blob.added"), sha256: z.string(), text: z.string() }),
  /** What the run and its children have looked at, by area; comes once, before the root run has finished. */
  base.extend({ type: z.literal("coverage.mapped"), areas: z.array(coverageArea) }),
  base.extend({
    type: z.literal("run.finished"),
    /** Null where the run ended without any. */
    answer: z.string().nullable(),
    stopReason,
    error: failure.optional(),
    totals,
    citations: z.array(citation),
    /** Null where the context was not collected. */
    coverage: coverage.nullable(),
    ms,
  }),
]);

export type RunEvent = z.infer<typeof runEvent>;
export type EventOf<T extends RunEvent["type"]> = Extract<RunEvent, { type: T }>;

/** The schema, for messages that carry events. */
export const runEventSchema = runEvent;
