import { CancelledError, type CancelSignal, under } from "./cancel.ts";
import { allLines, type ContextView } from "./context.ts";
import { type LineRange, seenAtMost } from "./coverage.ts";
import { within } from "./deadline.ts";
import type { Earlier } from "./earlier.ts";
import type { RunEvents } from "./event-stream.ts";
import type { StopReason } from "./events.ts";
import { type CellReport, feedback } from "./feedback.ts";
import type { Planned } from "./ledger.ts";
import { estimateTokens, LimitError, type LimitReached } from "./limits.ts";
import type { JsonSchema, Message, Model, ModelReply } from "./model.ts";
import { directMessages, lastCallMessage, notes, questionMessage, systemMessage, turnLine } from "./prompts.ts";
import { type ReadReply, readReply, type WrittenAnswer } from "./reply.ts";
import { type RunScope, spentBy } from "./requests.ts";
import type { CellOutcome, Sandbox } from "./sandbox.ts";
import { askStructured, readJson, SchemaMismatch } from "./structured.ts";
import type { CellPlace, SubCalls } from "./sub-calls.ts";
import type { Tree } from "./tree.ts";

export interface LoopParts {
  readonly root: Model;
  readonly scope: RunScope;
  readonly tree: Tree;
  readonly subCalls: SubCalls;
  readonly sandbox: () => Sandbox;
  readonly context: ContextView;
  /** What was asked about the context before. */
  readonly earlier: Earlier;
  /** That the answer has to match, as JSON; null where it may be any text. */
  readonly answerSchema: JsonSchema | null;
  /** The cancel of whoever asks. */
  readonly signal: CancelSignal;
  /** Told of text that the model meant as its answer and that was not taken: better than none, if the run breaks off. */
  readonly onDraft: (text: string) => void;
}

/** How a run ended. */
export interface LoopResult {
  readonly answer: string | null;
  readonly stopReason: StopReason;
}

/**
 * Answers a question: the root model writes cells, reads what they show, and hands in an answer.
 * (arXiv 2512.24601, algorithm 1; section 3 of the design.)
 * @throws ModelFailure, SchemaMismatch, CancelledError
 */
export async function runLoop(question: string, parts: LoopParts): Promise<LoopResult> {
  if (goesDirect(parts)) return answerDirectly(question, parts);
  const { ledger } = parts.scope;
  return within(
    () => ledger.workMsLeft(),
    parts.tree,
    parts.signal,
    (work) => new Loop(question, parts, work).run(),
  );
}

/** A small context goes to the model whole, if the run may use that many tokens. */
function goesDirect({ root, context, scope, tree }: LoopParts): boolean {
  const tokens = estimateTokens(context.manifest.chars);
  return !root.offline && tokens < Math.min(tree.directBelowTokens, scope.ledger.limits.tokens);
}

async function answerDirectly(question: string, parts: LoopParts): Promise<LoopResult> {
  const { context, scope, tree, signal, root, answerSchema } = parts;
  const messages = directMessages(question, parts.earlier, context.manifest.name, context.numbered());
  const left = () => scope.ledger.msLeft();
  try {
    if (answerSchema) {
      const answer = await within(left, tree, signal, (work) => answerInForm(messages, answerSchema, parts, work));
      return { answer, stopReason: "direct" };
    }
    const reply = await within(left, tree, signal, (work) => askDirectly(messages, messages, parts, work));
    const read = readReply(reply.text, reply.finishReason);
    const answer = read.answer?.kind === "text" ? read.answer.text : read.text.trim();
    if (reply.finishReason !== "length") return { answer, stopReason: "direct" };
    const limit = scope.ledger.limitBefore(messages, root);
    return { answer: `${answer}\n\n${notes.cutReply}`, stopReason: limit ?? "direct" };
  } catch (error) {
    return { answer: null, stopReason: limitIn(error, signal) };
  }
}

/** Asks over the whole context for JSON. @throws SchemaMismatch, and what `askRoot` throws */
function answerInForm(
  messages: readonly Message[],
  schema: JsonSchema,
  parts: LoopParts,
  work: CancelSignal,
): Promise<string> {
  let told = 0;
  const problemOf = (value: unknown) => parts.tree.schemaProblem(schema, value);
  return askStructured(messages, problemOf, (all) => {
    const added = all.slice(told);
    told = all.length;
    return askDirectly(all, added, parts, work, schema);
  });
}

/** One turn over the whole context. @param added messages that no event has told of yet */
async function askDirectly(
  messages: readonly Message[],
  added: readonly Message[],
  parts: LoopParts,
  work: CancelSignal,
  schema?: JsonSchema,
): Promise<ModelReply> {
  const { context, scope } = parts;
  const turn = scope.ledger.startTurn();
  scope.events.emit({ type: "turn.started", turn, of: turn });
  tellMessages(added, turn, scope.events);
  const reply = await askRoot("call", messages, turn, parts, work, schema);
  const lines = allLines(context);
  scope.coverage.show(lines);
  tellSeen(lines, turn, scope.events);
  return reply;
}

/** The limit that ended a piece of work. @throws the error, where it was no limit */
function limitIn(error: unknown, signal: CancelSignal): LimitReached {
  if (error instanceof LimitError) return error.code;
  // The work's own signal without the cancel of whoever asks means that the time is up.
  if (error instanceof CancelledError && !signal.aborted) return "time";
  throw error;
}

/** Asks the root model for its next reply, and reports it. @throws ModelFailure, LimitError, CancelledError */
async function askRoot(
  purpose: Planned["purpose"],
  messages: readonly Message[],
  turn: number,
  { root, scope, tree }: LoopParts,
  signal: CancelSignal,
  schema?: JsonSchema,
): Promise<ModelReply> {
  const { events } = scope;
  const startedAt = tree.now();
  try {
    return await tree.requests.send({ purpose, model: root, messages }, scope, signal, {
      ...(schema === undefined ? {} : { schema }),
      onDelta: (text) => events.emit({ type: "reply.delta", turn, text }),
      onReply: ({ text, usage, costUsd, pricedBy, finishReason }) => {
        const told = { model: root.id, text: events.text(text), usage, costUsd, pricedBy, finishReason };
        events.emit({ type: "reply.finished", turn, ...told, ms: tree.now() - startedAt });
      },
    });
  } catch (error) {
    const spent = spentBy(error);
    if (spent) {
      const { usage, costUsd, pricedBy } = spent;
      events.emit({ type: "reply.failed", turn, model: root.id, usage, costUsd, pricedBy, ms: tree.now() - startedAt });
    }
    throw error;
  }
}

/** Tells what the model reads from a turn on; its own replies were told before. */
function tellMessages(messages: readonly Message[], turn: number, events: RunEvents): void {
  for (const { role, content } of messages) {
    if (role !== "assistant") events.emit({ type: "message.added", turn, role, text: events.text(content) });
  }
}

function tellSeen(ranges: readonly LineRange[], turn: number, events: RunEvents): void {
  if (ranges.length > 0) events.emit({ type: "message.seen", turn, seen: ranges.slice(0, seenAtMost) });
}

class Loop {
  readonly #parts: LoopParts;
  /** Aborted by the user's cancel and when the time for work is up. */
  readonly #work: CancelSignal;
  readonly #messages: Message[];
  /** What the model was shown is found out while it writes its next reply. */
  readonly #shown: Promise<void>[] = [];
  /** Messages that the events have told of. */
  #told = 0;
  #touched = false;
  #refusedUntouched = false;
  #refusedMismatch = false;

  constructor(question: string, parts: LoopParts, work: CancelSignal) {
    this.#parts = parts;
    this.#work = work;
    this.#messages = [
      { role: "system", content: systemMessage },
      questionMessage(question, parts.earlier, parts.context.card(), parts.scope.ledger.budget(), parts.answerSchema),
    ];
  }

  async run(): Promise<LoopResult> {
    // It gets ready while the model writes its first cell.
    this.#parts.sandbox();
    const result = await this.#turns();
    await Promise.all(this.#shown);
    return result;
  }

  async #turns(): Promise<LoopResult> {
    const { scope, root, signal } = this.#parts;
    for (;;) {
      const limit = scope.ledger.limitBefore(this.#messages, root);
      if (limit) return this.#lastCall(limit);
      try {
        const answer = await this.#turn();
        if (answer !== null) return { answer, stopReason: "answered" };
      } catch (error) {
        return this.#lastCall(limitIn(error, signal));
      }
    }
  }

  /** One reply of the root model and its cells. @returns the answer, if it was handed in */
  async #turn(): Promise<string | null> {
    const { ledger, events } = this.#parts.scope;
    const turn = ledger.startTurn();
    events.emit({ type: "turn.started", turn, of: ledger.limits.turns });
    this.#tellMessages(this.#messages, turn);
    const reply = await askRoot("turn", this.#messages, turn, this.#parts, this.#work);
    this.#messages.push({ role: "assistant", content: reply.text });
    const read = readReply(reply.text, reply.finishReason);
    const outcomes = await this.#runCells(read.cells, turn);
    const failed = outcomes.some((cell) => cell.outcome.error);
    ledger.turnFailed(failed);
    const remarks: string[] = [];
    const taken = await this.#takeAnswer(read, outcomes, failed, remarks);
    const answer = taken === null ? null : this.#inForm(taken, remarks);
    if (answer !== null) return answer;
    this.#keepDraft(read, outcomes);
    const next = Math.min(turn + 1, ledger.limits.turns);
    const line = turnLine(next, ledger.limits.turns, ledger.budget());
    const content = feedback(outcomes.map(reportOf), remarks, line, ledger.feedbackChars);
    if (outcomes.length > 0) this.#noteShown(content, turn + 1);
    this.#messages.push({ role: "user", content });
    return null;
  }

  #tellMessages(messages: readonly Message[], turn: number): void {
    tellMessages(messages.slice(this.#told), turn, this.#parts.scope.events);
    this.#told = messages.length;
  }

  /** @param turn the one that reads it */
  #noteShown(content: string, turn: number): void {
    const { sandbox, scope } = this.#parts;
    const note = (shown: readonly LineRange[]) => {
      scope.coverage.show(shown);
      tellSeen(shown, turn, scope.events);
    };
    this.#shown.push(sandbox().rangesIn(content).then(note));
  }

  #keepDraft(read: ReadReply, cells: readonly RunCell[]): void {
    const computed = cells.findLast((cell) => cell.outcome.answer)?.outcome.answer;
    const written = read.answer?.kind === "text" ? read.answer.text : "";
    const draft = computed ?? (written || (read.cells.length === 0 ? read.prose : ""));
    if (draft.trim() !== "") this.#parts.onDraft(draft);
  }

  /** Runs cells in order until one fails. */
  async #runCells(cells: readonly string[], turn: number): Promise<RunCell[]> {
    if (cells.length === 0) return [];
    const done: RunCell[] = [];
    const now = this.#parts.tree.now();
    for (const [index, code] of cells.entries()) {
      const cell = await this.#runCell(code, { turn, cell: index + 1 }, now, this.#work);
      this.#touched ||= cell.outcome.touched;
      done.push(cell);
      if (cell.outcome.error) break;
    }
    return done;
  }

  async #runCell(code: string, place: CellPlace, now: number, signal: CancelSignal): Promise<RunCell> {
    const { scope, subCalls, sandbox, context } = this.#parts;
    const { events, ledger } = scope;
    const printed: string[] = [];
    const print = (text: string) => {
      printed.push(text);
      events.emit({ type: "cell.output", ...place, text: events.text(text) });
    };
    events.emit({ type: "cell.started", ...place, code: events.text(code) });
    // Calls that a cell has left behind, because it was ended, end with it.
    const outcome = await under(signal, (scope) =>
      sandbox().run({
        code,
        ...place,
        now,
        signal: scope,
        onOutput: print,
        onCall: subCalls.answering({ place, signal: scope, note: print }),
        onWarning: (message) => events.emit({ type: "warning", code: "cell", message }),
        budget: () => ledger.budget(),
      }),
    );
    if (outcome.levels) scope.coverage.look(context.paths, outcome.levels);
    events.emit({
      type: "cell.finished",
      ...place,
      ...(outcome.value === undefined ? {} : { value: events.text(outcome.value) }),
      ...(outcome.error ? { error: outcome.error } : {}),
      cpuMs: outcome.cpuMs,
      ms: outcome.wallMs,
      memory: outcome.memory,
    });
    return { outcome, output: printed.join("") };
  }

  /** @returns the answer that counts; where one was not taken, `remarks` say why */
  async #takeAnswer(
    read: ReadReply,
    cells: readonly RunCell[],
    failed: boolean,
    remarks: string[],
  ): Promise<string | null> {
    if (read.python) remarks.push(notes.python);
    if (read.cutCell) remarks.push(notes.cutCell);
    if (read.cutAnswer) remarks.push(notes.cutAnswer);
    const computed = cells.findLast((cell) => cell.outcome.answer !== undefined)?.outcome.answer;
    if (computed?.trim() === "" || (read.answer?.kind === "text" && read.answer.text.trim() === "")) {
      remarks.push(notes.empty);
      return null;
    }
    const written = read.answer && !read.cutAnswer && !read.cutCell ? read.answer : null;
    if (computed === undefined && written === null) {
      if (remarks.length === 0 && read.cells.length === 0) remarks.push(notes.neither);
      return null;
    }
    if (!this.#touched && !this.#refusedUntouched) {
      this.#refusedUntouched = true;
      remarks.push(notes.untouched);
      return null;
    }
    if (computed !== undefined) return computed;
    if (failed) {
      remarks.push(notes.cellFailed);
      return null;
    }
    return written && this.#writtenAnswer(written, remarks);
  }

  /** @returns the answer in the form that was asked for; null where it is sent back once @throws SchemaMismatch */
  #inForm(answer: string, remarks: string[]): string | null {
    const { answerSchema, tree } = this.#parts;
    if (answerSchema === null) return answer;
    const read = readJson(answer, (value) => tree.schemaProblem(answerSchema, value));
    if (read.ok) return read.json;
    if (this.#refusedMismatch) throw new SchemaMismatch("answer", read.problem);
    this.#refusedMismatch = true;
    remarks.push(notes.mismatch(read.problem));
    return null;
  }

  async #writtenAnswer(answer: WrittenAnswer, remarks: string[]): Promise<string | null> {
    if (answer.kind === "text") return answer.text;
    const variable = await this.#parts.sandbox().variable(answer.name);
    if (variable.found) return variable.text;
    remarks.push(notes.noVariable(answer.name, variable.names));
    return null;
  }

  /** Asks for the best answer from what is known, out of the reserve. */
  async #lastCall(limit: LimitReached): Promise<LoopResult> {
    const { scope, signal, tree } = this.#parts;
    const turn = scope.ledger.startTurn();
    scope.events.emit({ type: "turn.started", turn, of: scope.ledger.limits.turns, last: true });
    const conversation = endingOnUser(this.#messages, lastCallMessage(limit));
    // A message that was told already is told again as it is sent now.
    this.#told = Math.min(this.#told, conversation.length - 1);
    this.#tellMessages(conversation, turn);
    const left = () => scope.ledger.lastCallMsLeft();
    try {
      const answer = await within(left, tree, signal, async (deadline) => {
        const reply = await askRoot("last", conversation, turn, this.#parts, deadline);
        return this.#lastAnswer(readReply(reply.text, reply.finishReason), turn, deadline);
      });
      return { answer, stopReason: limit };
    } catch (error) {
      limitIn(error, signal);
      return { answer: null, stopReason: limit };
    }
  }

  /** The answer in the last reply: as it was asked for, or as a cell computes it that was written all the same. */
  async #lastAnswer(read: ReadReply, turn: number, deadline: CancelSignal): Promise<string | null> {
    if (read.answer) return (await this.#writtenAnswer(read.answer, []))?.trim() || null;
    const now = this.#parts.tree.now();
    const [code] = read.cells.filter((cell) => cell.includes("FINAL"));
    if (code === undefined) return read.prose || null;
    const { outcome } = await this.#runCell(code, { turn, cell: 1 }, now, deadline);
    return outcome.answer?.trim() || read.prose || null;
  }
}

interface RunCell {
  readonly outcome: CellOutcome;
  readonly output: string;
}

function reportOf({ outcome, output }: RunCell): CellReport {
  const { value, error, memory } = outcome;
  return { output, memory, ...(value === undefined ? {} : { value }), ...(error ? { error } : {}) };
}

/** The conversation with a last word of the user; providers want no two user messages in a row. */
function endingOnUser(messages: readonly Message[], text: string): Message[] {
  const last = messages.at(-1);
  if (last?.role !== "user") return [...messages, { role: "user", content: text }];
  return [...messages.slice(0, -1), { role: "user", content: `${last.content}\n\n${text}` }];
}
