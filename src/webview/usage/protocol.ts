/** The messages between the extension and the usage view. Each end parses what it receives. */
import * as z from "zod";

const count = z.number().int().nonnegative();
/** Milliseconds. */
const ms = z.number().nonnegative();
/** Milliseconds since 1970. */
const moment = z.number();
/** US dollars; null where not known. */
const usd = z.number().nullable();
const kind = z.enum(["turn", "llm", "rlm"]);
export type CallKind = z.infer<typeof kind>;

/** How far back: 24 hours, 7 days, 30 days. */
export const usageRange = z.enum(["day", "week", "month"]);
export type UsageRange = z.infer<typeof usageRange>;

/** The calls of one model and kind in one bucket of time. What is known of dollars is summed; null where nothing is. */
const usageRow = z.object({
  /** Begin of the bucket. */
  at: moment,
  model: z.string(),
  kind,
  calls: count,
  errors: count,
  /** Calls whose reply was known; they count in no latency. */
  remembered: count,
  p50Ms: ms.nullable(),
  p90Ms: ms.nullable(),
  p99Ms: ms.nullable(),
  inputTokens: count,
  /** Those of the input tokens that the provider had in its cache. */
  cachedTokens: count,
  outputTokens: count,
  costUsd: usd,
  /** Calls whose cost is not known. */
  unpricedCalls: count,
  cacheSavingsUsd: usd,
  /** Calls of which that is not known. */
  unknownSavings: count,
});
export type UsageRow = z.infer<typeof usageRow>;

const slowCall = z.object({
  /** The root run, whose trace can be opened. */
  runId: z.string(),
  /** Null where this workspace has no log of the run. */
  question: z.string().nullable(),
  at: moment,
  model: z.string(),
  kind,
  ms,
  tokens: count,
  estimated: z.boolean(),
  costUsd: usd,
  ok: z.boolean(),
});
export type SlowCall = z.infer<typeof slowCall>;

/** `setting`: not turned on. `editor`: VS Code's own telemetry is off. `dsn`: no database was given. */
const offReason = z.enum(["setting", "editor", "dsn"]);
export type OffReason = z.infer<typeof offReason>;

/**
 * Whether runs are logged to a database, and how that goes. `idle`: no run has begun in this window yet. `opening`: the
 * database has not answered yet. The others are those of the sink.
 */
const telemetryStatus = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("off"), why: offReason }),
  z.object({
    kind: z.literal("on"),
    state: z.enum(["idle", "opening", "ok", "behind", "away", "full"]),
    /** What went wrong last, in a line. */
    message: z.string().nullable(),
    /** Events that are neither stored nor on disk yet. */
    queued: count,
    /** When the database last took rows; null where it has taken none from this window. */
    storedAt: moment.nullable(),
    /** Bytes that wait on disk. */
    spooledBytes: count,
    /** Rows that are lost. */
    dropped: count,
    /** Questions, answers, prompts and code are logged too. */
    content: z.boolean(),
  }),
]);
export type TelemetryStatus = z.infer<typeof telemetryStatus>;

const source = z.enum(["database", "logs"]);

const usage = z.object({
  type: z.literal("usage"),
  /** Number of the request that this answers. */
  asked: count,
  source,
  /** Begin of the first bucket. */
  from: moment,
  stepMs: ms,
  buckets: count,
  rows: z.array(usageRow),
  slowest: z.array(slowCall),
  /** Runs of this time whose logs are not counted: they can't be read, or there are too many. */
  leftOut: count,
});
export type Usage = z.infer<typeof usage>;

const failed = z.object({
  type: z.literal("failed"),
  asked: count,
  source,
  message: z.string(),
  mend: z.enum(["migrate", "configure", "test"]).nullable(),
});
export type UsageFailure = z.infer<typeof failed>;

/** What the extension tells the view. */
export const toUsageView = z.discriminatedUnion("type", [
  usage,
  failed,
  z.object({ type: z.literal("status"), status: telemetryStatus }),
  /** A run has ended: there is more to show. */
  z.object({ type: z.literal("changed") }),
]);
export type ToUsageView = z.infer<typeof toUsageView>;

const action = z.enum(["ask", "configure", "test", "migrate", "settings", "log"]);
export type UsageAction = z.infer<typeof action>;

/** What the view asks of the extension. */
export const fromUsageView = z.discriminatedUnion("type", [
  /** The view listens; it wants the status. */
  z.object({ type: z.literal("ready") }),
  /** `logs`: from the run logs even where there is a database. */
  z.object({ type: z.literal("show"), asked: count, range: usageRange, logs: z.boolean() }),
  /** Open the trace of a run. */
  z.object({ type: z.literal("openRun"), runId: z.string().min(1) }),
  z.object({ type: z.literal("do"), action }),
]);
export type FromUsageView = z.infer<typeof fromUsageView>;
