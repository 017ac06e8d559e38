import { homedir } from "node:os";
import type { Run } from "../ask.ts";
import { exportMarkdown } from "../runs/export-markdown.ts";
import { readLog } from "../runs/read-log.ts";
import { RunIndex, type RunSummary } from "../runs/run-index.ts";
import { RunLog } from "../runs/run-log.ts";
import { RunLogError } from "../runs/run-log-error.ts";

const kept = { runs: 100, bytes: 100 * 1024 * 1024 };

/** The runs that a client may read: those of a folder of logs. */
export class McpRuns {
  readonly #folder: string;
  readonly #index: RunIndex;
  readonly #active = new Set<string>();

  /** @param folder an absolute path; it is made with the first run. It must hold no runs about other roots. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#index = new RunIndex(folder);
  }

  /** Logs a run. @returns settles when all of it is on disk, or can't be */
  async record(run: Run): Promise<void> {
    this.#active.add(run.id);
    const log = new RunLog(this.#folder, run.events());
    await log.ended;
    await run.result;
    this.#active.delete(run.id);
    await this.#index.trim(kept, this.#active).catch(() => {});
  }

  /** The newest first. @throws RunLogError */
  async list(): Promise<readonly RunSummary[]> {
    return (await this.#index.list(this.#active)).runs;
  }

  /** A run as Markdown: question, answer, citations, and each step. @throws RunLogError */
  async read(runId: string): Promise<string> {
    const found = (await this.list()).find((run) => run.runId === runId);
    if (!found) throw new RunLogError("not-found", `There is no run "${runId.slice(0, 100)}" of these folders.`);
    const { events } = await readLog(found.file);
    return exportMarkdown(events, [homedir()]);
  }
}
