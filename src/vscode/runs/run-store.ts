import * as vscode from "vscode";
import type { Run } from "../../ask.ts";
import type { LoggedRun } from "../../runs/read-log.ts";
import type { RunIndex, RunList, RunSummary } from "../../runs/run-index.ts";
import type { ActiveRuns } from "../asking/active-runs.ts";
import type { OutputLog } from "../output-log.ts";
import { RunMarks } from "./run-marks.ts";

/** The runs of this workspace, each in a log of its own: those of this window are written, all can be read. */
export class RunStore {
  /** Where the logs are: an absolute path. It need not be there yet. */
  readonly folder: string;
  readonly #active: ActiveRuns;
  readonly #log: OutputLog;
  readonly #marks: RunMarks;
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when a run of this window has got its log, was finished or was deleted. */
  readonly onDidChange = this.#changed.event;
  #index: Promise<RunIndex> | null = null;
  #warned = false;

  constructor(folder: string, active: ActiveRuns, log: OutputLog) {
    this.folder = folder;
    this.#active = active;
    this.#log = log;
    this.#marks = new RunMarks(folder);
  }

  /** Logs a run as it goes on, then deletes the oldest runs beyond `keep`. What goes wrong is told once, and no matter to the run. */
  record(run: Run, keep: number): void {
    if (keep > 0) void this.#record(run, keep).catch((error: unknown) => this.#warn(String(error)));
  }

  /** All runs, the newest first; those without an end that go on in no window are `interrupted`. @throws RunLogError */
  async list(): Promise<RunList> {
    return (await this.#openIndex()).list(await this.#goingOn());
  }

  /** The log of a run. @throws RunLogError `not-found` where there is none, or it can't be read */
  async readRun(runId: string): Promise<LoggedRun> {
    const { readLog } = await import("../../runs/read-log.ts");
    return readLog((await this.#find(runId)).file);
  }

  /** What the list says of a run. @throws RunLogError */
  summary(runId: string): Promise<RunSummary> {
    return this.#find(runId);
  }

  /** @throws RunLogError where it goes on, or the system refuses */
  async delete(runId: string): Promise<void> {
    const index = await this.#openIndex();
    await index.delete((await this.#find(runId)).file, await this.#goingOn());
    this.#changed.fire();
  }

  /** Deletes all runs but those that go on. @returns how many were deleted @throws RunLogError */
  async deleteAll(): Promise<number> {
    const index = await this.#openIndex();
    const active = await this.#goingOn();
    const over = (await index.list(active)).runs.filter(({ runId }) => !active.has(runId));
    try {
      for (const { file } of over) await index.delete(file);
    } finally {
      this.#changed.fire();
    }
    return over.length;
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #record(run: Run, keep: number): Promise<void> {
    const { RunLog } = await import("../../runs/run-log.ts");
    const log = new RunLog(this.folder, run.events());
    await this.#marks.set(run.id).catch(() => {});
    await log.flushed();
    this.#changed.fire();
    const problem = await log.ended;
    // A log that has ended early must not make the run look as if it were over.
    await run.result;
    await this.#marks.remove(run.id);
    if (problem) this.#warn(problem.message);
    else await this.#trim(keep);
    this.#changed.fire();
  }

  async #trim(keep: number): Promise<void> {
    const { defaultRetention } = await import("../../runs/run-index.ts");
    const index = await this.#openIndex();
    await index.trim({ ...defaultRetention, runs: keep }, await this.#goingOn());
  }

  async #find(runId: string): Promise<RunSummary> {
    const found = (await this.list()).runs.find((run) => run.runId === runId);
    if (found) return found;
    const { RunLogError } = await import("../../runs/run-log-error.ts");
    throw new RunLogError("not-found", vscode.l10n.t("The log of this run is gone. Ask the question again."));
  }

  async #goingOn(): Promise<ReadonlySet<string>> {
    return new Set([...this.#active.ids, ...(await this.#marks.alive())]);
  }

  #openIndex(): Promise<RunIndex> {
    this.#index ??= import("../../runs/run-index.ts").then(({ RunIndex }) => new RunIndex(this.folder));
    return this.#index;
  }

  #warn(message: string): void {
    this.#log.warn(message);
    if (this.#warned) return;
    this.#warned = true;
    void vscode.window.showWarningMessage(`RLM: ${message}`);
  }
}
