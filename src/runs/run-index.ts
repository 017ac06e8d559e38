import type { Stats } from "node:fs";
import { lstat, readdir, unlink } from "node:fs/promises";
import path from "node:path";
import { failureOf } from "../rlm/failure.ts";
import { summarizeLog } from "./log-ends.ts";
import { runIdInName } from "./log-format.ts";
import { RunLogError } from "./run-log-error.ts";
import type { RunFacts } from "./run-summary.ts";
import { systemCode, systemReason } from "./system-error.ts";

/** A run of the list. */
export interface RunSummary extends RunFacts {
  /** Where its log is. */
  readonly file: string;
  /** Size of the log. */
  readonly bytes: number;
}

/** A log that the list can't tell anything of. */
export interface UnreadableLog {
  readonly file: string;
  readonly code: string;
  readonly message: string;
}

export interface RunList {
  /** Newest first. */
  readonly runs: readonly RunSummary[];
  readonly unreadable: readonly UnreadableLog[];
}

/** How much is kept of what is over. */
export interface Retention {
  /** Runs. */
  readonly runs: number;
  readonly bytes: number;
}

export const defaultRetention: Retention = { runs: 500, bytes: 500 * 1024 * 1024 };

/** Ids of runs. */
type RunIds = ReadonlySet<string>;

type LogEntry = { readonly name: string; readonly runId: string; readonly stats: Stats };
type Known = { readonly size: number; readonly mtimeMs: number; readonly log: RunSummary | UnreadableLog };

const none: RunIds = new Set();
const filesAtATime = 16;
/** A log without an end that was written so recently may be that of a run in another window (milliseconds). */
const maybeRunningMs = 24 * 60 * 60 * 1000;

/** The runs whose logs a folder holds. All it knows is on disk; what was read is read again only where it has changed. */
export class RunIndex {
  readonly #folder: string;
  readonly #now: () => number;
  #known = new Map<string, Known>();

  /** @param now milliseconds since 1970 */
  constructor(folder: string, now: () => number = Date.now) {
    this.#folder = folder;
    this.#now = now;
  }

  /**
   * All runs; none where there is no such folder.
   * @param active ids of the runs that go on; others without an end were interrupted
   * @throws RunLogError where the folder can't be read
   */
  async list(active: RunIds = none): Promise<RunList> {
    const known = new Map<string, Known>();
    await forEachOf(await this.#entries(), async (entry) => {
      const found = await this.#read(entry);
      if (found) known.set(entry.name, found);
    });
    this.#known = known;
    const logs = [...known.values()].map(({ log }) => log);
    // Nothing is told yet of a run that has just begun.
    const hasBegun = ({ file }: UnreadableLog) => active.has(runIdInName(path.basename(file)) ?? "");
    const runs = logs.filter(isRun).map((run) => withState(run, active));
    return {
      runs: runs.sort((a, b) => b.startedAt - a.startedAt || (a.file < b.file ? 1 : -1)),
      unreadable: logs.flatMap((log) => (isRun(log) || hasBegun(log) ? [] : [log])),
    };
  }

  /**
   * Deletes a run's log; one that is not there is no error.
   * @param file as the list names it
   * @throws RunLogError where the run goes on, the file is no log of this folder, or the system refuses
   */
  async delete(file: string, active: RunIds = none): Promise<void> {
    const name = path.basename(file);
    const runId = runIdInName(name);
    if (runId === null || path.resolve(file) !== path.resolve(this.#folder, name)) {
      throw new RunLogError("not-a-log", `${file} is not deleted: it is no run log of ${this.#folder}.`);
    }
    if (active.has(runId)) {
      throw new RunLogError("running", "The run goes on: stop it before you delete its log.");
    }
    await this.#unlink(name);
  }

  /**
   * Deletes the oldest runs until no more are left than may be kept. Runs that go on stay, in another window too as far
   * as that can be told.
   * @returns how many were deleted
   * @throws RunLogError where the folder can't be read or the system refuses
   */
  async trim({ runs, bytes }: Retention = defaultRetention, active: RunIds = none): Promise<number> {
    const entries = (await this.#entries()).sort((a, b) => (a.name < b.name ? 1 : -1));
    let kept = 0;
    let keptBytes = 0;
    let deleted = 0;
    for (const entry of entries) {
      kept += 1;
      keptBytes += entry.stats.size;
      // The newest one stays however large it is.
      if (kept <= runs && (keptBytes <= bytes || kept === 1)) continue;
      if (active.has(entry.runId) || (await this.#mayGoOn(entry))) continue;
      await this.#unlink(entry.name);
      deleted += 1;
    }
    return deleted;
  }

  /** The logs of the folder, by their names. */
  async #entries(): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    await forEachOf(await this.#names(), async (name) => {
      const runId = runIdInName(name);
      // A link is never followed, and what has just gone is not there.
      const stats = runId === null ? null : await lstat(path.join(this.#folder, name)).catch(() => null);
      if (runId !== null && stats?.isFile()) entries.push({ name, runId, stats });
    });
    return entries;
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#folder);
    } catch (error) {
      if (systemCode(error) === "ENOENT") return [];
      throw new RunLogError("unreadable", `The runs in ${this.#folder} can't be listed: ${systemReason(error)}.`);
    }
  }

  /** @returns null where the log has gone meanwhile */
  async #read({ name, stats }: LogEntry): Promise<Known | null> {
    const { size, mtimeMs } = stats;
    const known = this.#known.get(name);
    if (known?.size === size && known.mtimeMs === mtimeMs) return known;
    const file = path.join(this.#folder, name);
    try {
      return { size, mtimeMs, log: { ...(await summarizeLog(file, size)), file, bytes: size } };
    } catch (error) {
      const { code, message } = failureOf(error);
      return code === "not-found" ? null : { size, mtimeMs, log: { file, code, message } };
    }
  }

  async #mayGoOn(entry: LogEntry): Promise<boolean> {
    if (entry.stats.mtimeMs < this.#now() - maybeRunningMs) return false;
    const read = await this.#read(entry);
    return read !== null && isRun(read.log) && read.log.state === "interrupted";
  }

  async #unlink(name: string): Promise<void> {
    const file = path.join(this.#folder, name);
    this.#known.delete(name);
    await unlink(file).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return;
      throw new RunLogError("not-deleted", `${file} can't be deleted: ${systemReason(error)}.`);
    });
  }
}

function isRun(log: RunSummary | UnreadableLog): log is RunSummary {
  return "runId" in log;
}

function withState(run: RunSummary, active: RunIds): RunSummary {
  return run.state === "interrupted" && active.has(run.runId) ? { ...run, state: "running" } : run;
}

/** Does something with each item, several at a time. */
async function forEachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: filesAtATime }, worker));
}
