import { type FileHandle, mkdir, open } from "node:fs/promises";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import type { RunEvent } from "../rlm/events.ts";
import { headerLine, lineOf, logNameOf } from "./log-format.ts";
import { type LogProblem, problemOf, RemovedError } from "./log-problem.ts";

/** Characters that are written at once, unless one event has more. */
const batchChars = 1024 * 1024;

/** Makes and opens a log that is not there yet. */
export type CreateLog = (file: string) => Promise<FileHandle>;

/**
 * Writes the events of a run and its child runs to a file of its own, as they happen; pieces of replies are left out.
 * The file holds prompts, hence parts of the code: only its owner may read it. The run is never held up and never fails
 * because of its log. Events wait for the disk as they are in the run's stream: no second copy is kept.
 */
export class RunLog {
  /** Settles once all is on disk after the run's last event, or as soon as something is wrong: with what it is. */
  readonly ended: Promise<LogProblem | null>;

  readonly #folder: string;
  readonly #create: CreateLog;
  #end: (problem: LogProblem | null) => void = () => {};
  #isOver = false;
  #path: string | null = null;
  #file: FileHandle | null = null;
  #pending: RunEvent[] = [];
  #taken = 0;
  #written = 0;
  #writing: Promise<void> | null = null;
  #waiting: (() => void)[] = [];

  /**
   * @param folder is made where it is not there
   * @param events of one run, from its first on
   * @param create for tests
   */
  constructor(folder: string, events: AsyncIterable<RunEvent>, create: CreateLog = createLog) {
    this.#folder = folder;
    this.#create = create;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    void this.#follow(events);
  }

  /** Where the log is; null before its first event. */
  get path(): string | null {
    return this.#path;
  }

  /**
   * Resolves once every event emitted so far was handed to the system, so that it outlives this process; at once where
   * the log has ended. Never rejects.
   */
  async flushed(): Promise<void> {
    // What was emitted just now is read from the stream first.
    await setImmediate();
    const goal = this.#taken;
    while (this.#written < goal && !this.#isOver) await new Promise<void>((wake) => this.#waiting.push(wake));
  }

  async #follow(events: AsyncIterable<RunEvent>): Promise<void> {
    try {
      for await (const event of events) {
        if (this.#isOver) return;
        if (event.type !== "reply.delta") this.#take(event);
      }
      await this.#writing;
      await this.#close(null);
    } catch (error) {
      await this.#writing;
      await this.#close(error);
    }
  }

  #take(event: RunEvent): void {
    this.#path ??= path.join(this.#folder, logNameOf(event.at, event.runId));
    this.#pending.push(event);
    this.#taken += 1;
    this.#writing ??= this.#write(this.#path);
  }

  /** Writes until nothing waits. */
  async #write(file: string): Promise<void> {
    try {
      // What is emitted together is written together.
      await setImmediate();
      const handle = this.#file ?? (await this.#open(file));
      while (this.#pending.length > 0 && !this.#isOver) await this.#writeBatch(handle);
    } catch (error) {
      await this.#close(error);
    } finally {
      this.#writing = null;
    }
  }

  async #open(file: string): Promise<FileHandle> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.#file = await this.#create(file);
    return this.#file;
  }

  async #writeBatch(file: FileHandle): Promise<void> {
    let text = this.#written === 0 ? headerLine : "";
    let events = 0;
    for (const event of this.#pending) {
      if (text.length >= batchChars) break;
      text += lineOf(event);
      events += 1;
    }
    this.#pending.splice(0, events);
    await file.appendFile(text);
    // A file that was removed takes what is written all the same.
    if ((await file.stat()).nlink === 0) throw new RemovedError();
    this.#written += events;
    this.#wake();
  }

  async #close(error: unknown): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pending = [];
    this.#wake();
    // A full disk may be noticed only now.
    const closing = await this.#file?.close().catch((late: unknown) => late);
    const wrong = error ?? closing ?? null;
    this.#end(wrong === null ? null : problemOf(wrong, this.#path ?? this.#folder));
  }

  #wake(): void {
    const woken = this.#waiting;
    this.#waiting = [];
    for (const wake of woken) wake();
  }
}

function createLog(file: string): Promise<FileHandle> {
  return open(file, "ax", 0o600);
}
