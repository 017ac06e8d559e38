import { createHash, randomUUID } from "node:crypto";
import { collect } from "./context/collect.ts";
import type { ContextSource } from "./context/collector-protocol.ts";
import type { Corpus } from "./context/corpus.ts";
import { type CorpusView, viewOf } from "./context/view.ts";
import { CancelledError, type CancelSignal, CancelSource } from "./rlm/cancel.ts";
import { checkCitations } from "./rlm/citations.ts";
import type { ContextView } from "./rlm/context.ts";
import { EventStream } from "./rlm/event-stream.ts";
import type { Citation, RunEvent, StopReason, Totals } from "./rlm/events.ts";
import { Ledger } from "./rlm/ledger.ts";
import { defaultDirectBelowTokens, defaultLimits, type Limits } from "./rlm/limits.ts";
import type { Model } from "./rlm/model.ts";
import { type LoopResult, runLoop } from "./rlm/run-loop.ts";
import type { Sandbox } from "./rlm/sandbox.ts";
import { failureOf, SubCalls } from "./rlm/sub-calls.ts";
import { startSandbox } from "./sandbox/worker-sandbox.ts";

export interface AskRequest {
  readonly question: string;
  readonly context: ContextSource;
  readonly limits?: Partial<Limits>;
  /** Tokens below which the context goes to the model in one call; 0: never. */
  readonly directBelowTokens?: number;
}

export interface AskParts {
  /** Writes the cells. */
  readonly root: Model;
  /** Answers sub-calls. */
  readonly sub: Model;
  /** A model that a cell asks for by name. */
  readonly named: (id: string) => Model;
}

export interface RunResult {
  readonly runId: string;
  /** Null where the run ended without any. */
  readonly answer: string | null;
  readonly stopReason: StopReason;
  readonly error?: { readonly code: string; readonly message: string };
  readonly totals: Totals;
  readonly citations: readonly Citation[];
  readonly wallMs: number;
}

/** A question on its way. */
export interface Run {
  readonly id: string;
  /** All events from number `fromSeq` (default 0) on, until the run has finished. Any number of readers may follow. */
  events(fromSeq?: number): AsyncIterable<RunEvent>;
  /** Never rejects: what went wrong is in the result. */
  readonly result: Promise<RunResult>;
  /** The file on disk behind a path of the context; null where there is none, or before the context is collected. */
  fileOf(path: string): string | null;
  cancel(): void;
}

/** Asks a question about a context. The run goes on whether or not anybody reads its events. */
export function ask(request: AskRequest, parts: AskParts): Run {
  const stream = new EventStream(randomUUID(), Date.now, sha256);
  const cancel = new CancelSource();
  const state: { view: CorpusView | null } = { view: null };
  return {
    id: stream.runId,
    events: (fromSeq) => stream.events(fromSeq),
    result: runToEnd(request, parts, stream, cancel, (view) => {
      state.view = view;
    }),
    fileOf: (path) => state.view?.fileOf(path) ?? null,
    cancel: () => cancel.abort(),
  };
}

async function runToEnd(
  request: AskRequest,
  parts: AskParts,
  stream: EventStream,
  signal: CancelSignal,
  onContext: (view: CorpusView) => void,
): Promise<RunResult> {
  const startedAt = performance.now();
  const limits: Limits = { ...defaultLimits, ...request.limits };
  const ledger = new Ledger(limits, Date.now);
  const models = { root: parts.root.id, sub: parts.sub.id, offline: parts.root.offline };
  stream.emit({ type: "run.started", question: request.question, limits, models });
  const corpus = collectContext(request.context, stream, signal);
  const sandbox = startSandbox(corpus);
  const end = (outcome: Pick<RunResult, "answer" | "stopReason" | "citations" | "error">): RunResult => {
    const wallMs = performance.now() - startedAt;
    const totals = ledger.totals();
    stream.emit({ type: "run.finished", ...outcome, citations: [...outcome.citations], totals, ms: wallMs });
    return { runId: stream.runId, ...outcome, totals, wallMs };
  };
  try {
    const context = viewOf(await corpus);
    onContext(context);
    const loop = await untilCancelled(signal, loopOver(request, parts, { context, sandbox, ledger, stream, signal }));
    const citations = loop.answer === null ? [] : checkCitations(loop.answer, context);
    return end({ ...loop, citations });
  } catch (error) {
    if (signal.aborted) return end({ answer: null, stopReason: "cancelled", citations: [] });
    return end({ answer: null, stopReason: "failed", citations: [], error: failureOf(error) });
  } finally {
    await sandbox.close();
  }
}

async function collectContext(source: ContextSource, stream: EventStream, signal: CancelSignal): Promise<Corpus> {
  const startedAt = performance.now();
  const corpus = await collect(source, {
    signal,
    onProgress: (files, bytes) => stream.emit({ type: "context.progress", files, bytes }),
  });
  stream.emit({ type: "context.ready", manifest: viewOf(corpus).manifest, ms: performance.now() - startedAt });
  return corpus;
}

interface Gathered {
  readonly context: ContextView;
  readonly sandbox: Sandbox;
  readonly ledger: Ledger;
  readonly stream: EventStream;
  readonly signal: CancelSignal;
}

function loopOver(request: AskRequest, parts: AskParts, gathered: Gathered): Promise<LoopResult> {
  const { context, sandbox, ledger, stream, signal } = gathered;
  return runLoop(request.question, {
    root: parts.root,
    subCalls: new SubCalls({ model: parts.sub, named: parts.named, ledger, stream, clock: Date.now }),
    sandbox: async () => sandbox,
    context,
    ledger,
    stream,
    signal,
    directBelowTokens: request.directBelowTokens ?? defaultDirectBelowTokens,
    now: Date.now,
    after: (ms, call) => {
      const timer = setTimeout(call, Math.min(ms, longestTimerMs));
      return () => clearTimeout(timer);
    },
  });
}

/** Ends the wait as soon as the run is cancelled, whatever the work still does. */
function untilCancelled<T>(signal: CancelSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new CancelledError());
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", cancel));
  });
}

/** A longer timer would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
