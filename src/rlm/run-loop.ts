import { CancelledError, type CancelSignal, under } from "./cancel.ts";
import type { ContextView } from "./context.ts";
import type { EventStream } from "./event-stream.ts";
import type { StopReason } from "./events.ts";
import { type CellReport, feedback } from "./feedback.ts";
import type { Ledger } from "./ledger.ts";
import { estimateTokens } from "./limits.ts";
import type { Message, Model, ModelFailure, ModelReply } from "./model.ts";
import {
  directMessages,
  type LimitReached,
  lastCallMessage,
  notes,
  questionMessage,
  systemMessage,
  turnLine,
} from "./prompts.ts";
import { type ReadReply, readReply, type WrittenAnswer } from "./reply.ts";
import type { CellOutcome, Sandbox } from "./sandbox.ts";
import { type SubCalls, settleFailure } from "./sub-calls.ts";

export interface LoopParts {
  readonly root: Model;
  readonly subCalls: SubCalls;
  readonly sandbox: () => Promise<Sandbox>;
  readonly context: ContextView;
  readonly ledger: Ledger;
  readonly stream: EventStream;
  /** The user's cancel. */
  readonly signal: CancelSignal;
  readonly directBelowTokens: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Calls back once after `ms`. @returns what stops it */
  readonly after: (ms: number, call: () => void) => () => void;
}

/** How a run ended. */
export interface LoopResult {
  readonly answer: string | null;
  readonly stopReason: StopReason;
}

/**
 * Answers a question: the root model writes cells, reads what they show, and hands in an answer.
 * (arXiv 2512.24601, algorithm 1; section 3 of the design.)
 * @throws ModelFailure, CancelledError
 */
export async function runLoop(question: string, parts: LoopParts): Promise<LoopResult> {
  if (goesDirect(parts)) return answerDirectly(question, parts);
  return within(parts.ledger.workMsLeft(), parts, (work) => new Loop(question, parts, work).run());
}

/** Does work under a signal that follows the user's cancel and is aborted after `ms`. */
function within<T>(ms: number, parts: LoopParts, work: (signal: CancelSignal) => Promise<T>): Promise<T> {
  return under(parts.signal, async (scope) => {
    const stopTimer = parts.after(ms, () => scope.abort());
    try {
      return await work(scope);
    } finally {
      stopTimer();
    }
  });
}

/** A small context goes to the model whole, if the run may use that many tokens. */
function goesDirect({ root, context, ledger, directBelowTokens }: LoopParts): boolean {
  const tokens = estimateTokens(context.manifest.chars);
  return !root.offline && tokens < Math.min(directBelowTokens, ledger.limits.tokens);
}

async function answerDirectly(question: string, parts: LoopParts): Promise<LoopResult> {
  const { context, ledger, signal } = parts;
  const turn = ledger.startTurn();
  parts.stream.emit({ type: "turn.started", turn, of: 1 });
  const messages = directMessages(question, context.manifest.name, context.numbered());
  try {
    const reply = await within(ledger.msLeft(), parts, (scope) => askRoot(messages, turn, parts, scope));
    return { answer: writtenText(readReply(reply.text, reply.finishReason)), stopReason: "direct" };
  } catch (error) {
    if (!(error instanceof CancelledError) || signal.aborted) throw error;
    return { answer: null, stopReason: "time" };
  }
}

/** Asks the root model for its next reply, and reports and settles it. */
async function askRoot(
  messages: readonly Message[],
  turn: number,
  { root, stream, ledger, now }: LoopParts,
  signal: CancelSignal,
): Promise<ModelReply> {
  const startedAt = now();
  const request = {
    messages,
    signal,
    onDelta: (text: string) => stream.emit({ type: "reply.delta", turn, text }),
    onRetry: (failure: ModelFailure, waitMs: number) =>
      stream.emit({ type: "call.retrying", code: failure.code, message: failure.message, waitMs }),
    onWarning: (code: string, message: string) => stream.emit({ type: "warning", code, message }),
  };
  const reply = await root.reply(request).catch((error: unknown) => {
    settleFailure(error, ledger, stream);
    throw error;
  });
  ledger.settle(reply);
  const { usage, costUsd, finishReason } = reply;
  const text = stream.text(reply.text);
  stream.emit({
    type: "reply.finished",
    turn,
    model: root.id,
    text,
    usage,
    costUsd,
    ms: now() - startedAt,
    finishReason,
  });
  stream.emit({ type: "ledger.changed", totals: ledger.totals() });
  return reply;
}

class Loop {
  readonly #parts: LoopParts;
  /** Aborted by the user's cancel and when the time for work is up. */
  readonly #work: CancelSignal;
  readonly #messages: Message[];
  #touched = false;
  #refusedUntouched = false;

  constructor(question: string, parts: LoopParts, work: CancelSignal) {
    this.#parts = parts;
    this.#work = work;
    this.#messages = [
      { role: "system", content: systemMessage },
      questionMessage(question, parts.context.card(), parts.ledger.budget()),
    ];
  }

  async run(): Promise<LoopResult> {
    for (;;) {
      const limit = this.#parts.ledger.limitBefore(this.#messages);
      if (limit) return this.#lastCall(limit);
      try {
        const answer = await this.#turn();
        if (answer !== null) return { answer, stopReason: "answered" };
      } catch (error) {
        // The work signal without the user's cancel means that the time is up.
        if (!(error instanceof CancelledError) || this.#parts.signal.aborted) throw error;
        return this.#lastCall("time");
      }
    }
  }

  /** One reply of the root model and its cells. @returns the answer, if it was handed in */
  async #turn(): Promise<string | null> {
    const { ledger, stream } = this.#parts;
    const turn = ledger.startTurn();
    stream.emit({ type: "turn.started", turn, of: ledger.limits.turns });
    const reply = await askRoot(this.#messages, turn, this.#parts, this.#work);
    this.#messages.push({ role: "assistant", content: reply.text });
    const read = readReply(reply.text, reply.finishReason);
    const outcomes = await this.#runCells(read.cells, turn);
    const failed = outcomes.some((cell) => cell.outcome.error);
    ledger.turnFailed(failed);
    const remarks: string[] = [];
    const answer = await this.#takeAnswer(read, outcomes, failed, remarks);
    if (answer !== null) return answer;
    const next = Math.min(turn + 1, ledger.limits.turns);
    this.#messages.push({
      role: "user",
      content: feedback(outcomes.map(reportOf), remarks, turnLine(next, ledger.limits.turns, ledger.budget())),
    });
    return null;
  }

  /** Runs cells in order until one fails. */
  async #runCells(cells: readonly string[], turn: number): Promise<RunCell[]> {
    if (cells.length === 0) return [];
    const sandbox = await this.#parts.sandbox();
    const done: RunCell[] = [];
    const now = this.#parts.now();
    for (const [index, code] of cells.entries()) {
      const cell = await this.#runCell(sandbox, code, turn, index + 1, now);
      this.#touched ||= cell.outcome.touched;
      done.push(cell);
      if (cell.outcome.error) break;
    }
    return done;
  }

  async #runCell(sandbox: Sandbox, code: string, turn: number, cell: number, now: number): Promise<RunCell> {
    const { stream, subCalls, ledger } = this.#parts;
    const place = { turn, cell };
    const printed: string[] = [];
    stream.emit({ type: "cell.started", ...place, code: stream.text(code) });
    // Sub-calls that a cell has left behind, because it was ended, end with it.
    const outcome = await under(this.#work, (scope) =>
      sandbox.run({
        code,
        ...place,
        now,
        signal: scope,
        onOutput: (text) => {
          printed.push(text);
          stream.emit({ type: "cell.output", ...place, text: stream.text(text) });
        },
        onSubCall: (call) => subCalls.ask(call, place, scope),
        onWarning: (message) => stream.emit({ type: "warning", code: "cell", message }),
        budget: () => ledger.budget(),
      }),
    );
    stream.emit({
      type: "cell.finished",
      ...place,
      ...(outcome.value === undefined ? {} : { value: stream.text(outcome.value) }),
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

  async #writtenAnswer(answer: WrittenAnswer, remarks: string[]): Promise<string | null> {
    if (answer.kind === "text") return answer.text;
    const variable = await (await this.#parts.sandbox()).variable(answer.name);
    if (variable.found) return variable.text;
    remarks.push(notes.noVariable(answer.name, variable.names));
    return null;
  }

  /** Asks for the best answer from what is known, out of the reserve. */
  async #lastCall(limit: LimitReached): Promise<LoopResult> {
    const { ledger, stream, signal } = this.#parts;
    const turn = ledger.startTurn();
    stream.emit({ type: "turn.started", turn, of: ledger.limits.turns, last: true });
    const conversation = endingOnUser(this.#messages, lastCallMessage(limit));
    try {
      const reply = await within(ledger.lastCallMsLeft(), this.#parts, (deadline) =>
        askRoot(conversation, turn, this.#parts, deadline),
      );
      const read = readReply(reply.text, reply.finishReason);
      const named = read.answer?.kind === "variable" ? await this.#writtenAnswer(read.answer, []) : null;
      return { answer: named ?? writtenText(read), stopReason: limit };
    } catch (error) {
      if (!(error instanceof CancelledError) || signal.aborted) throw error;
      return { answer: null, stopReason: limit };
    }
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

/** The answer in a reply that is not asked for cells: its answer fence, else all of it. */
function writtenText(read: ReadReply): string {
  return read.answer?.kind === "text" ? read.answer.text : read.text.trim();
}
