import { Bill } from "./bill.ts";
import type { CancelSignal } from "./cancel.ts";
import { type LineRange, seenAtMost } from "./coverage.ts";
import { failureOf } from "./failure.ts";
import { FanOut, type FanOutChoice, type Forecast } from "./fan-out.ts";
import type { JsonSchema, Message, Model, ModelReply } from "./model.ts";
import { notes } from "./prompts.ts";
import { type RunScope, spentBy } from "./requests.ts";
import type { CallResult, CellCall, ChildQuestion, PromptsSeen } from "./sandbox.ts";
import { askStructured } from "./structured.ts";
import type { Tree } from "./tree.ts";

/** Where in its run a call was made. */
export interface CellPlace {
  readonly turn: number;
  readonly cell: number;
}

/** A call on its way. */
export interface CallOnItsWay {
  readonly callId: string;
  readonly signal: CancelSignal;
  /** Gets what the call uses, whether it succeeds or not. */
  readonly bill: Bill;
  /** To be called when the call is really made, not waiting any more. */
  onSent(): void;
}

/** Has a child run answer a question. @throws Error where it has no answer */
export type AskChild = (item: ChildQuestion, call: CallOnItsWay) => Promise<string>;

/** What the calls of one run need. */
export interface SubCallParts {
  readonly tree: Tree;
  readonly scope: RunScope;
  /** Answers where the cell names no other model. */
  readonly model: Model;
  /** Null where this run is too deep to have children. */
  readonly askChild: AskChild | null;
  /** What is asked in one plain call where no child may be. */
  readonly plainPrompt: (item: ChildQuestion) => PlainPrompt;
}

/** A plain call in the place of a child run. */
export interface PlainPrompt {
  readonly prompt: string;
  readonly seen: readonly LineRange[];
  /** Why it can't be made; null where it can. */
  readonly refusal: Error | null;
}

/** One cell that makes calls. */
export interface CallingCell {
  readonly place: CellPlace;
  readonly signal: CancelSignal;
  /** Shows the model a line. */
  note(text: string): void;
}

/** One call of a batch. */
interface Job {
  /** Under which its reply is remembered. */
  readonly key: string;
  readonly kind: "llm" | "rlm";
  /** As the trace shows it: the prompt, or the child's question. */
  readonly prompt: string;
  readonly model: Model;
  /** The lines of the context that the model is shown with it. */
  seen(): Promise<readonly LineRange[]>;
  answer(call: CallOnItsWay): Promise<string>;
}

/** Makes the calls of one run's cells. */
export class SubCalls {
  readonly #parts: SubCallParts;
  /** Models that cells have named. */
  readonly #named = new Map<string, Model>();
  /** Calls on their way that are not to be made afresh, by their keys. */
  readonly #pending = new Map<string, Promise<CallResult>>();
  #made = 0;

  constructor(parts: SubCallParts) {
    this.#parts = parts;
  }

  /** @returns what answers the calls of a cell: a result for each, in their order; it never rejects */
  answering(cell: CallingCell): (call: CellCall, seen: PromptsSeen) => Promise<readonly CallResult[]> {
    const { tree } = this.#parts;
    const fanOut = new FanOut(tree.fanOut, tree, (forecast) => this.#askUser(forecast, cell));
    return async (call, seen) => {
      try {
        return await this.#answerAll(this.#jobsOf(call, cell, seen), call.fresh === true, cell, fanOut);
      } catch (error) {
        const calls = call.kind === "llm" ? call.prompts : call.items;
        return calls.map(() => failed(error));
      }
    };
  }

  #jobsOf(call: CellCall, cell: CallingCell, seen: PromptsSeen): Job[] {
    if (call.kind === "llm") {
      // A schema that is none is refused before anything is paid.
      if (call.schema) this.#parts.tree.schemaProblem(call.schema, null);
      const seenIn = async (i: number) => (await seen)[i] ?? [];
      return this.#llmJobs(call.prompts, this.#modelNamed(call.model), seenIn, call.schema);
    }
    const { askChild, model, scope } = this.#parts;
    if (askChild) return this.#rlmJobs(call.items, askChild);
    const { depth } = scope.ledger.limits;
    cell.note(`Note: rlm_query was one plain call, as runs may not be nested deeper than ${depth}.\n`);
    return this.#plainJobs(call.items, model);
  }

  /** Plain calls in the place of child runs; one that can't be made fails alone. */
  #plainJobs(items: readonly ChildQuestion[], model: Model): Job[] {
    const plain = items.map(this.#parts.plainPrompt);
    const prompts = plain.map(({ prompt }) => prompt);
    const jobs = this.#llmJobs(prompts, model, async (i) => plain[i]?.seen ?? []);
    return jobs.map((job, i) => {
      const refusal = plain[i]?.refusal;
      return refusal ? { ...job, key: `${job.key}.refused`, answer: () => Promise.reject(refusal) } : job;
    });
  }

  #llmJobs(
    prompts: readonly string[],
    model: Model,
    seenIn: (i: number) => Promise<readonly LineRange[]>,
    schema?: JsonSchema,
  ): Job[] {
    const asked = prompts.map((prompt) => ["llm", model.id, schema ?? null, prompt]);
    const keys = this.#parts.tree.memory.keys(asked);
    return prompts.map((prompt, i) => ({
      key: keys[i] ?? "",
      kind: "llm",
      prompt,
      model,
      seen: () => seenIn(i),
      answer: (call) => this.#askModel(model, prompt, schema, call),
    }));
  }

  #rlmJobs(items: readonly ChildQuestion[], askChild: AskChild): Job[] {
    const { tree, scope } = this.#parts;
    const depth = scope.events.depth + 1;
    const model = tree.modelsAt(depth).root;
    const own = scope.events.runId;
    const keys = tree.memory.keys(
      items.map(({ contextKey, question }) => ["rlm", depth, model.id, contextKey ?? own, question]),
    );
    return items.map((item, i) => ({
      key: keys[i] ?? "",
      kind: "rlm",
      prompt: item.question,
      model,
      seen: async () => [],
      answer: (call) =>
        tree.children.run(depth, call.signal, () => {
          call.onSent();
          return askChild(item, call);
        }),
    }));
  }

  async #askModel(model: Model, prompt: string, schema: JsonSchema | undefined, call: CallOnItsWay): Promise<string> {
    const { tree } = this.#parts;
    if (schema === undefined) {
      const { text, finishReason } = await this.#send(model, [{ role: "user", content: prompt }], call);
      return finishReason === "length" ? `${text}\n${notes.cutReply}` : text;
    }
    const send = (messages: readonly Message[]) => this.#send(model, messages, call, schema);
    return askStructured([{ role: "user", content: prompt }], (value) => tree.schemaProblem(schema, value), send);
  }

  async #send(
    model: Model,
    messages: readonly Message[],
    { signal, onSent, bill }: CallOnItsWay,
    schema?: JsonSchema,
  ): Promise<ModelReply> {
    const { tree, scope } = this.#parts;
    const options = { onSent, ...(schema === undefined ? {} : { schema }) };
    try {
      const reply = await tree.requests.send({ purpose: "call", model, messages }, scope, signal, options);
      bill.add(reply);
      return reply;
    } catch (error) {
      const spent = spentBy(error);
      if (spent) bill.add(spent);
      throw error;
    }
  }

  async #answerAll(
    jobs: readonly Job[],
    fresh: boolean,
    cell: CallingCell,
    fanOut: FanOut,
  ): Promise<readonly CallResult[]> {
    const { memory } = this.#parts.tree;
    const results = new Map<Job, CallResult>();
    for (const job of jobs) {
      const known = fresh ? undefined : memory.get(job.key);
      if (known !== undefined) results.set(job, this.#recall(job, known, cell));
    }
    let waiting = jobs.filter((job) => !results.has(job));
    while (waiting.length > 0) {
      const admitted = await this.#admit(waiting, fanOut);
      if (admitted === 0) for (const job of waiting) results.set(job, this.#stopped(job));
      const now = waiting.slice(0, admitted);
      await Promise.all(now.map(async (job) => results.set(job, await this.#answerOnce(job, fresh, cell))));
      waiting = admitted === 0 ? [] : waiting.slice(admitted);
    }
    return jobs.map((job) => results.get(job) ?? failed(new Error("The call was not made.")));
  }

  async #admit(jobs: readonly Job[], fanOut: FanOut): Promise<number> {
    const { tree, scope } = this.#parts;
    const [first] = jobs;
    if (!tree.approve || !first) return jobs.length;
    const { kind, model, prompt } = first;
    const prompts = jobs.map((job) => job.prompt);
    const { tokens, usd } =
      kind === "rlm" ? scope.ledger.forecastChildren(model, jobs.length) : scope.ledger.forecast(model, prompts);
    return fanOut.admit({ kind, calls: jobs.length, tokens, usd, sample: prompt });
  }

  async #askUser(forecast: Forecast, { place, signal }: CallingCell): Promise<FanOutChoice> {
    const { tree, scope } = this.#parts;
    const { approve } = tree;
    if (!approve) return "all";
    const { events, ledger } = scope;
    return tree.asking.run(signal, async () => {
      events.emit({ type: "fanout.asked", ...place, ...forecast, sample: events.text(forecast.sample) });
      const choice = await ledger.paused(() => approve(forecast, signal));
      events.emit({ type: "fanout.decided", ...place, choice });
      return choice;
    });
  }

  #stopped(job: Job): CallResult {
    this.#parts.tree.failedCalls.add(job.key);
    return failed(new Error(stoppedByUser));
  }

  #recall(job: Job, text: string, { place }: CallingCell): CallResult {
    const report = this.#reportOf(job, place);
    report.begin();
    report.end({ reply: text, remembered: true }, new Bill());
    return { ok: true, text };
  }

  /** A call that is on its way already is not made twice. */
  async #answerOnce(job: Job, fresh: boolean, cell: CallingCell): Promise<CallResult> {
    if (fresh) return this.#answer(job, cell);
    const pending = this.#pending.get(job.key);
    if (pending) {
      const result = await pending;
      return result.ok ? this.#recall(job, result.text, cell) : result;
    }
    const answered = this.#answer(job, cell);
    this.#pending.set(job.key, answered);
    return answered.finally(() => this.#pending.delete(job.key));
  }

  async #answer(job: Job, { place, signal }: CallingCell): Promise<CallResult> {
    const { tree, scope } = this.#parts;
    const report = this.#reportOf(job, place);
    const bill = new Bill();
    let uncount = () => {};
    try {
      uncount = scope.ledger.countCall();
      const text = await job.answer({ callId: report.callId, signal, bill, onSent: () => report.begin() });
      tree.memory.set(job.key, text);
      const seen = await job.seen();
      tree.failedCalls.delete(job.key);
      scope.coverage.show(seen);
      report.end({ reply: text, seen: seen.slice(0, seenAtMost) }, bill);
      return { ok: true, text };
    } catch (error) {
      tree.failedCalls.add(job.key);
      // A call that was never made neither counts nor shows.
      if (report.begun) report.end({ error }, bill);
      else uncount();
      return failed(error);
    }
  }

  #reportOf(job: Job, place: CellPlace): CallReport {
    this.#made += 1;
    return new CallReport(`c${this.#made}`, job, place, this.#parts);
  }

  #modelNamed(id: string | undefined): Model {
    if (id === undefined) return this.#parts.model;
    const known = this.#named.get(id) ?? this.#parts.tree.named(id);
    this.#named.set(id, known);
    return known;
  }
}

const stoppedByUser = "The user has stopped these calls. Answer from what you have, or ask far fewer.";

function failed(error: unknown): CallResult {
  return { ok: false, message: failureOf(error).message };
}

type Outcome =
  | { readonly reply: string; readonly remembered?: true; readonly seen?: LineRange[] }
  | { readonly error: unknown };

/** Tells of one call in the run's events. */
class CallReport {
  readonly callId: string;
  readonly #job: Job;
  readonly #place: CellPlace;
  readonly #parts: SubCallParts;
  #startedAt: number | null = null;

  constructor(callId: string, job: Job, place: CellPlace, parts: SubCallParts) {
    this.callId = callId;
    this.#job = job;
    this.#place = place;
    this.#parts = parts;
  }

  get begun(): boolean {
    return this.#startedAt !== null;
  }

  /** The call is made now; of several times the first counts. */
  begin(): void {
    if (this.#startedAt !== null) return;
    const { events } = this.#parts.scope;
    const { kind, model, prompt } = this.#job;
    this.#startedAt = this.#parts.tree.now();
    const text = events.text(prompt);
    events.emit({ type: "call.started", ...this.#place, callId: this.callId, kind, model: model.id, prompt: text });
  }

  end(outcome: Outcome, { total }: Bill): void {
    const { events } = this.#parts.scope;
    const ms = this.#parts.tree.now() - (this.#startedAt ?? 0);
    const result =
      "reply" in outcome ? { ...outcome, reply: events.text(outcome.reply) } : { error: failureOf(outcome.error) };
    events.emit({ type: "call.finished", ...this.#place, callId: this.callId, ...result, ...total, ms });
  }
}
