import { CancelledError, type CancelSignal } from "./cancel.ts";
import { checkCitations } from "./citations.ts";
import { allLines, type ContextView } from "./context.ts";
import { Coverage, type CoverageCounts, type LineRange } from "./coverage.ts";
import { mapCoverage } from "./coverage-map.ts";
import { within } from "./deadline.ts";
import type { Citation, CoverageArea, StopReason } from "./events.ts";
import { type Failure, failureOf } from "./failure.ts";
import { gapsIn } from "./gaps.ts";
import type { JsonSchema } from "./model.ts";
import type { RunScope } from "./requests.ts";
import { type LoopResult, runLoop } from "./run-loop.ts";
import type { ChildQuestion } from "./sandbox.ts";
import { type CallOnItsWay, type PlainPrompt, SubCalls } from "./sub-calls.ts";
import type { OpenContext, Tree } from "./tree.ts";

/** One question, of the user or of a cell. */
export interface RunRequest {
  readonly question: string;
  readonly tree: Tree;
  readonly scope: RunScope;
  readonly signal: CancelSignal;
  /** That the answer has to match, as JSON; any text where it is absent. */
  readonly answerSchema?: JsonSchema;
  /** @throws Error where the context can't be had; CancelledError */
  open(signal: CancelSignal): Promise<OpenContext>;
}

export interface RunOutcome {
  /** Null where the run ended without any. */
  readonly answer: string | null;
  readonly stopReason: StopReason;
  readonly error?: Failure;
  readonly citations: readonly Citation[];
  /** What the run and its children have looked at; null where the context was not collected. */
  readonly coverage: CoverageCounts | null;
}

/** Answers a question over a context, and tells of it from `run.started` to `run.finished`. Never rejects. */
export async function runQuestion(request: RunRequest): Promise<RunOutcome> {
  const { question, tree, scope } = request;
  const { events, ledger } = scope;
  const startedAt = tree.now();
  const { root, sub } = tree.modelsAt(events.depth);
  const models = { root: root.id, sub: sub.id, offline: root.offline };
  events.emit({ type: "run.started", question, limits: ledger.limits, models });
  const outcome = await untilCancelled(request, (draft) => answerOver(request, draft));
  ledger.close();
  const end = { ...outcome, citations: [...outcome.citations], totals: ledger.totals() };
  events.emit({ type: "run.finished", ...end, ms: tree.now() - startedAt });
  return outcome;
}

const nothingChecked = { citations: [], coverage: null } as const;

/** The newest text that the model meant as its answer and that was not taken. */
interface Draft {
  text: string | null;
}

/** How long a cancelled run waits for its requests to tell what they have used, in milliseconds. */
const cancelGraceMs = 60;

/** Ends the wait soon after the run is cancelled, whatever the work still does. */
async function untilCancelled(
  { signal, tree }: RunRequest,
  work: (draft: Draft) => Promise<RunOutcome>,
): Promise<RunOutcome> {
  const draft: Draft = { text: null };
  let cancel = () => {};
  const cancelled = new Promise<never>((_resolve, reject) => {
    cancel = () => tree.after(cancelGraceMs, () => reject(new CancelledError()));
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel, { once: true });
  });
  try {
    return await Promise.race([work(draft), cancelled]);
  } catch (error) {
    if (signal.aborted) return { answer: draft.text, stopReason: "cancelled", ...nothingChecked };
    return { answer: draft.text, stopReason: "failed", ...nothingChecked, error: failureOf(error) };
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

async function answerOver(request: RunRequest, draft: Draft): Promise<RunOutcome> {
  const { question, scope, tree, signal } = request;
  const startedAt = tree.now();
  const context = await openInTime(request);
  if (!context) return { answer: null, stopReason: "time", ...nothingChecked };
  try {
    const { manifest, roots } = context.view;
    const ready = { type: "context.ready", manifest, ms: tree.now() - startedAt } as const;
    scope.events.emit(scope.events.depth === 0 ? { ...ready, roots: [...roots] } : ready);
    const loop = await loopOver(request, context, draft);
    const { paths } = context.view;
    const coverage = scope.coverage.counts(paths, manifest.lines);
    const wasShown = (range: LineRange) => scope.coverage.wasShown(range);
    const citations = loop.answer === null ? [] : checkCitations(loop.answer, context.view, wasShown);
    if (scope.events.depth === 0) scope.events.emit({ type: "coverage.mapped", areas: areasOf(context.view, scope) });
    const warning = scope.events.depth === 0 ? gapsIn(question, coverage, tree.failedCalls.size) : null;
    // JSON has no place for it.
    const isText = request.answerSchema === undefined;
    if (warning !== null && !isText) scope.events.emit({ type: "warning", code: "gaps", message: warning });
    const answer = loop.answer === null || warning === null || !isText ? loop.answer : `${loop.answer}\n\n> ${warning}`;
    return { ...loop, answer, citations, coverage };
  } finally {
    const closed = context.close();
    // A cancelled run is over at once; its thread ends by itself.
    if (!signal.aborted) await closed;
  }
}

function areasOf({ paths, sizes }: ContextView, { coverage }: RunScope): CoverageArea[] {
  return mapCoverage(paths.map((path, i) => ({ path, chars: sizes[i] ?? 0, ...coverage.lookOf(path) })));
}

/** @returns null where the time ran out before */
async function openInTime({ open, scope, tree, signal }: RunRequest): Promise<OpenContext | null> {
  const left = () => scope.ledger.workMsLeft();
  try {
    return await within(left, tree, signal, (work) => open(work));
  } catch (error) {
    if (error instanceof CancelledError && !signal.aborted) return null;
    throw error;
  }
}

function loopOver(request: RunRequest, context: OpenContext, draft: Draft): Promise<LoopResult> {
  const { question, tree, scope, signal } = request;
  const { root, sub } = tree.modelsAt(scope.events.depth);
  const mayHaveChildren = scope.events.depth + 1 < scope.ledger.limits.depth;
  const subCalls = new SubCalls({
    tree,
    scope,
    model: sub,
    askChild: mayHaveChildren ? (item, call) => askChild(item, call, context, request) : null,
    plainPrompt: (item) => plainPrompt(item, context, tree),
  });
  return runLoop(question, {
    root,
    scope,
    tree,
    subCalls,
    sandbox: () => context.sandbox(),
    context: context.view,
    earlier: context.earlier ?? { exchanges: [], changes: null },
    answerSchema: request.answerSchema ?? null,
    signal,
    onDraft: (text) => {
      draft.text = text;
    },
  });
}

/** Starts a child run and waits for its answer. @throws Error where it ended without one */
async function askChild(
  { question, context, madeUp }: ChildQuestion,
  { callId, signal, bill }: CallOnItsWay,
  own: OpenContext,
  { scope, tree }: RunRequest,
): Promise<string> {
  const ledger = scope.ledger.child();
  const events = scope.events.child(tree.newRunId(), callId);
  const coverage = madeUp ? new Coverage() : scope.coverage;
  const open = async () => tree.open(context ?? own.ref);
  const outcome = await runQuestion({ question, tree, scope: { ledger, events, coverage }, signal, open });
  bill.add(ledger.totals());
  if (outcome.stopReason === "cancelled") throw new CancelledError();
  const { answer, stopReason, error } = outcome;
  if (answer === null) throw new Error(`The child run ended without an answer (${error?.message ?? stopReason}).`);
  const whole = stopReason === "answered" || stopReason === "direct";
  return whole ? answer : `[partial: the child run was ended by its limit (${stopReason})]\n${answer}`;
}

/** The longest text that a plain call is asked about in a child's place, in characters. */
const longestPlain = 400_000;

function plainPrompt({ question, context, madeUp }: ChildQuestion, own: OpenContext, tree: Tree): PlainPrompt {
  const { view } = context === null ? own : tree.open(context);
  const { chars } = view.manifest;
  if (chars > longestPlain) {
    const refusal = new RangeError(
      `rlm_query: this run is as deep as runs may be, and ${chars} characters are too many for one plain call; use llm_query over chunks.`,
    );
    return { prompt: question, seen: [], refusal };
  }
  const prompt = `${view.numbered()}\n\n# Question\n\n${question}`;
  return { prompt, seen: madeUp ? [] : allLines(view), refusal: null };
}
