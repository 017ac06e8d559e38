import { randomUUID } from "node:crypto";
import type { AskRequest, Run, RunResult } from "../../../src/ask.ts";
import { EventStream } from "../../../src/rlm/event-stream.ts";
import { defaultLimits } from "../../../src/rlm/limits.ts";
import type { FanOutQuestions } from "../../../src/vscode/asking/fan-out-questions.ts";
import type { StartedRun } from "../../../src/vscode/asking/start-run.ts";
import { WatchedRun } from "../../../src/vscode/asking/watched-run.ts";
import { sampleRun } from "../../support/sample-run.ts";

type Finished = Extract<ReturnType<typeof sampleRun>[number], { type: "run.finished" }>;

/** A run that does what a test says. */
export class ScriptedRun {
  readonly request: AskRequest;
  readonly started: StartedRun;
  isCancelled = false;
  readonly #stream = new EventStream(Date.now, () => "");
  readonly #id = randomUUID();

  constructor(request: AskRequest) {
    this.request = request;
    const run: Run = {
      id: this.#id,
      events: (from) => this.#stream.events(from),
      result: new Promise<RunResult>(() => {}),
      digests: () => new Map([["a.ts", this.#id]]) as never,
      fileOf: () => null,
      cancel: () => {
        this.isCancelled = true;
        this.end({ answer: null, stopReason: "cancelled" });
      },
    };
    this.started = {
      watched: new WatchedRun(run, request.question, { take() {} } as unknown as FanOutQuestions),
      trace: {} as StartedRun["trace"],
    };
    const [begun] = sampleRun("answered");
    if (begun?.type === "run.started")
      this.#stream.emit({ ...begun, limits: defaultLimits }, { runId: this.#id, depth: 0 });
  }

  /** Ends it. */
  end(how: Partial<Pick<Finished, "answer" | "stopReason" | "error" | "citations">>): void {
    const finished = sampleRun("answered").at(-1);
    if (finished?.type !== "run.finished") throw new Error("The sample has no end.");
    const { seq: _seq, at: _at, runId: _runId, depth: _depth, ...end } = finished;
    this.#stream.emit({ ...end, citations: [], ...how }, { runId: this.#id, depth: 0 });
  }

  answer(text: string): void {
    this.end({ answer: text, stopReason: "answered" });
  }
}

/** What becomes of a question that is asked; a test may put another in its place. */
export const asking = {
  runs: [] as ScriptedRun[],
  /** @returns null where the user gives up choosing a model */
  start: async (request: AskRequest): Promise<StartedRun | null> => {
    const run = new ScriptedRun(request);
    asking.runs.push(run);
    return run.started;
  },
};

/** Of the questions asked so far the newest one's run. */
export function newest(): ScriptedRun {
  const run = asking.runs.at(-1);
  if (!run) throw new Error("Nothing was asked.");
  return run;
}
