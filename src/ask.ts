import { hash, randomUUID } from "node:crypto";
import { changesSince, type Digests, digestsOf } from "./context/changes.ts";
import { collect } from "./context/collect.ts";
import type { ContextSource } from "./context/collector-protocol.ts";
import type { Corpus } from "./context/corpus.ts";
import { type CorpusView, viewOf } from "./context/view.ts";
import { CallMemory } from "./rlm/call-memory.ts";
import { type CancelSignal, CancelSource } from "./rlm/cancel.ts";
import { Coverage } from "./rlm/coverage.ts";
import type { Earlier, Exchange } from "./rlm/earlier.ts";
import { EventStream, type NewEvent, RunEvents } from "./rlm/event-stream.ts";
import type { RunEvent, Totals } from "./rlm/events.ts";
import { type Approve, defaultFanOut, type FanOutBounds } from "./rlm/fan-out.ts";
import { formatUsd } from "./rlm/format.ts";
import { Ledger } from "./rlm/ledger.ts";
import { defaultDirectBelowTokens, defaultLimits, type Limits } from "./rlm/limits.ts";
import type { JsonSchema, Model, Sampling } from "./rlm/model.ts";
import { Requests, type RunScope } from "./rlm/requests.ts";
import { type RunOutcome, runQuestion } from "./rlm/run.ts";
import type { Sandbox } from "./rlm/sandbox.ts";
import { Semaphore } from "./rlm/semaphore.ts";
import { ChildPlaces, type OpenContext, type RunModels, type Tree } from "./rlm/tree.ts";
import { SandboxPool } from "./sandbox/pool.ts";
import { schemaProblem } from "./sandbox/schema-problem.ts";

export interface AskRequest {
  readonly question: string;
  readonly context: ContextSource;
  readonly limits?: Partial<Limits>;
  /** The questions of this conversation that were answered before, the oldest first. */
  readonly history?: readonly Exchange[];
  /** What the files were at the last question, so that the model is told what has changed. */
  readonly since?: Digests;
  /** Beyond which one cell's calls are asked about first. */
  readonly fanOut?: Partial<FanOutBounds>;
  /** Tokens below which the context goes to the model in one call; 0: never. */
  readonly directBelowTokens?: number;
  /** How the models of the run draw what they write; the embedded one draws nothing at random. */
  readonly sampling?: Sampling;
  /** That the answer has to match, as JSON; one that does not is sent back once, then the run fails with `schema`. */
  readonly answerSchema?: JsonSchema;
}

export interface AskParts {
  /** Writes the cells. */
  readonly root: Model;
  /** Answers sub-calls. */
  readonly sub: Model;
  /** A model that a cell asks for by name. */
  readonly named: (id: string) => Model;
  /** The models of child runs; the sub-model unless given. */
  readonly children?: RunModels;
  /** Asks the user about a large fan-out; where it is absent the limits alone decide. */
  readonly approve?: Approve;
}

export interface RunResult extends RunOutcome {
  readonly runId: string;
  readonly totals: Totals;
  readonly wallMs: number;
}

/** A question on its way. */
export interface Run {
  readonly id: string;
  /** All events from number `fromSeq` (default 0) on, until the run has finished. Any number of readers may follow. */
  events(fromSeq?: number): AsyncIterable<RunEvent>;
  /** Never rejects: what went wrong is in the result. */
  readonly result: Promise<RunResult>;
  /** What the files are that it was asked about, for the next question; null before they are collected. */
  digests(): Digests | null;
  /** The file on disk behind a path of the context; null where there is none, or before the context is collected. */
  fileOf(path: string): string | null;
  cancel(): void;
}

/** Asks a question about a context. The run goes on whether or not anybody reads its events. */
export function ask(request: AskRequest, parts: AskParts): Run {
  const stream = new EventStream(Date.now, sha256);
  const runId = randomUUID();
  const cancel = new CancelSource();
  const state: { view: CorpusView | null; corpus: Corpus | null } = { view: null, corpus: null };
  return {
    id: runId,
    events: (fromSeq) => stream.events(fromSeq),
    result: runToEnd(request, parts, stream, runId, cancel, (corpus, view) => {
      state.corpus = corpus;
      state.view = view;
    }),
    digests: () => state.corpus && digestsOf(state.corpus),
    fileOf: (path) => state.view?.fileOf(path) ?? null,
    cancel: () => cancel.abort(),
  };
}

async function runToEnd(
  request: AskRequest,
  parts: AskParts,
  stream: EventStream,
  runId: string,
  signal: CancelSignal,
  onContext: (corpus: Corpus, view: CorpusView) => void,
): Promise<RunResult> {
  const startedAt = performance.now();
  const limits: Limits = { ...defaultLimits, ...request.limits };
  const ledger = new Ledger(limits, Date.now);
  const scope = { ledger, events: new RunEvents(stream, { runId, depth: 0 }), coverage: new Coverage() };
  const pool = new SandboxPool();
  const tree = treeOf(request, parts, scope, pool);
  const unpriced = limits.usd === defaultLimits.usd ? null : unpricedModel(parts);
  const outcome = await runQuestion({
    question: request.question,
    tree,
    scope,
    signal,
    ...(request.answerSchema ? { answerSchema: request.answerSchema } : {}),
    open: async (work) => {
      if (unpriced) scope.events.emit(costWarning(unpriced, limits.usd));
      const collecting = collect(request.context, {
        signal: work,
        onProgress: (files, bytes) => scope.events.emit({ type: "context.progress", files, bytes }),
      });
      // The thread gets ready while the files are read.
      const { history = [] } = request;
      const sandbox = pool.start(collecting.then((corpus) => ({ corpus, history })));
      const corpus = await collecting;
      const view = viewOf(corpus);
      onContext(corpus, view);
      const earlier = earlierOf(request, corpus);
      return { ref: corpus, view, earlier, sandbox: () => sandbox, close: () => sandbox.close() };
    },
  });
  const closed = pool.close();
  if (!signal.aborted) await closed;
  return { runId, ...outcome, totals: ledger.totals(), wallMs: performance.now() - startedAt };
}

function earlierOf({ history = [], since }: AskRequest, corpus: Corpus): Earlier {
  return { exchanges: history, changes: since ? changesSince(corpus, since) : null };
}

/** A model whose price nobody knows ahead; null where there is none. */
function unpricedModel({ root, sub, children }: AskParts): Model | null {
  const models = [root, sub, ...(children ? [children.root, children.sub] : [])];
  return models.find((model) => !model.offline && model.price === null) ?? null;
}

function costWarning({ id }: Model, usd: number): NewEvent {
  const message = `The price of “${id}” is not known: the limit of ${formatUsd(usd)} holds for what the endpoint states, if it does.`;
  return { type: "warning", code: "price-unknown", message };
}

function treeOf(request: AskRequest, parts: AskParts, root: RunScope, pool: SandboxPool): Tree {
  const models = parts.children ?? { root: parts.sub, sub: parts.sub };
  return {
    requests: new Requests(root, request.sampling),
    memory: new CallMemory(sha256),
    children: new ChildPlaces(root.ledger.limits.concurrency),
    failedCalls: new Set(),
    fanOut: { ...defaultFanOut, ...request.fanOut },
    approve: parts.approve ?? null,
    asking: new Semaphore(1),
    directBelowTokens: request.directBelowTokens ?? defaultDirectBelowTokens,
    modelsAt: (depth) => (depth === 0 ? { root: parts.root, sub: parts.sub } : models),
    named: parts.named,
    open: (context) => openCorpus(context as Corpus, pool),
    schemaProblem,
    newRunId: randomUUID,
    now: Date.now,
    after: (ms, call) => {
      const timer = setTimeout(call, Math.min(ms, longestTimerMs));
      return () => clearTimeout(timer);
    },
  };
}

/** Opens what the sandbox has made of a part of a context: always a corpus. */
function openCorpus(corpus: Corpus, pool: SandboxPool): OpenContext {
  let sandbox: Sandbox | null = null;
  return {
    ref: corpus,
    view: viewOf(corpus),
    sandbox: () => {
      sandbox ??= pool.open(corpus);
      return sandbox;
    },
    close: async () => sandbox?.close(),
  };
}

/** A longer timer would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

function sha256(text: string): string {
  return hash("sha256", text);
}
