import { setTimeout as sleep } from "node:timers/promises";
import type { RunEvent } from "../rlm/events.ts";
import { type Connection, connect } from "./connect.ts";
import { insertRows } from "./insert.ts";
import { problemOf } from "./problem.ts";
import type { RowMapper } from "./row-mapper.ts";
import type { TableRow } from "./rows.ts";
import { checkSchema } from "./schema-version.ts";
import type { Spool } from "./spool.ts";
import { TelemetryError } from "./telemetry-error.ts";

/**
 * `opening`: the database has not answered yet. `ok`: it has all but what is queued. `behind`: it gets what was kept on
 * disk. `away`: it can't be used, and rows are kept on disk. `full`: nor can the disk keep them, and rows were dropped.
 * `off`: closed.
 */
export interface SinkState {
  readonly state: "opening" | "ok" | "behind" | "away" | "full" | "off";
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Events that are neither stored nor kept on disk yet. */
  readonly queued: number;
  /** When the database last took rows, in milliseconds since 1970; null where it has taken none yet. */
  readonly storedAt: number | null;
  /** Bytes that are kept on disk. */
  readonly spooledBytes: number;
  /** Events and rows that are lost for good. */
  readonly dropped: number;
  readonly lastError: { readonly code: TelemetryError["code"] | "spool"; readonly message: string } | null;
}

/** When the sink does what; times in milliseconds. */
export interface SinkTuning {
  /** Events that are stored at once. */
  readonly batchEvents: number;
  /** How long events wait for more of them. */
  readonly batchMs: number;
  /** Events in memory beyond which new ones are dropped. */
  readonly maxQueued: number;
  /** The wait after a first failure, which doubles. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
  readonly connectMs: number;
  readonly statementMs: number;
}

export const defaultTuning: SinkTuning = {
  batchEvents: 2_000,
  batchMs: 1_000,
  maxQueued: 200_000,
  retryMs: 1_000,
  maxRetryMs: 60_000,
  connectMs: 5_000,
  statementMs: 30_000,
};

/**
 * Stores the events of any number of runs in a database, each once. Whoever emits them only puts them into a list; while
 * the database is away they go to the spool, and from there, in order, to the database. Nothing here throws or rejects.
 */
export class Sink {
  readonly #dsn: string;
  readonly #mapper: RowMapper;
  readonly #spool: Spool;
  readonly #tuning: SinkTuning;
  readonly #listeners = new Set<(state: SinkState) => void>();
  readonly #stop = new AbortController();
  readonly #shipping: Promise<void>;
  #pending: RunEvent[] = [];
  #timer: NodeJS.Timeout | null = null;
  #pumping: Promise<void> | null = null;
  #moving = 0;
  #connection: Connection | null = null;
  /** The connection that rows may be sent over at once: nothing older is kept on disk. */
  #direct: Connection | null = null;
  #isDown = false;
  #state: SinkState["state"] = "opening";
  #since = Date.now();
  #storedAt: number | null = null;
  #dropped = 0;
  #lastError: SinkState["lastError"] = null;
  #waiting: (() => void)[] = [];

  constructor(dsn: string, mapper: RowMapper, spool: Spool, tuning: SinkTuning = defaultTuning) {
    this.#dsn = dsn;
    this.#mapper = mapper;
    this.#spool = spool;
    this.#tuning = tuning;
    this.#shipping = this.#ship();
  }

  get state(): SinkState {
    return {
      state: this.#state,
      since: this.#since,
      queued: this.#pending.length + this.#moving,
      storedAt: this.#storedAt,
      spooledBytes: this.#spool.bytes,
      dropped: this.#dropped,
      lastError: this.#lastError,
    };
  }

  /** Calls back when `state.state` or the number of dropped rows changes, and when rows begin to move or have moved. @returns what stops it */
  onState(listener: (state: SinkState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  take(event: RunEvent): void {
    if (this.#stop.signal.aborted || event.type === "reply.delta") return;
    if (this.#pending.length >= this.#tuning.maxQueued) {
      this.#drop(1);
      return;
    }
    this.#pending.push(event);
    if (this.#pending.length >= this.#tuning.batchEvents) this.#pump();
    else this.#timer ??= setTimeout(() => this.#pump(), this.#tuning.batchMs).unref();
  }

  /**
   * Stores what was taken, waiting no longer than `withinMs` for the database; the rest is kept on disk. Where the
   * database is known to be away it does not wait.
   */
  async close(withinMs = 2_000): Promise<void> {
    if (this.#stop.signal.aborted) return;
    await Promise.race([this.#settled(), sleep(withinMs, undefined, { signal: this.#stop.signal }).catch(() => {})]);
    this.#direct = null;
    // Ends the wait above, the connection's, and that for the next try. What is on its way fails, and goes to the disk.
    this.#stop.abort();
    await this.#connection?.client.end().catch(() => {});
    await this.#shipping;
    while (this.#pending.length > 0 || this.#pumping) await this.#pumpNow();
    await this.#spool.close().catch((error: unknown) => this.#noteSpool(error));
    this.#become("off");
  }

  /** Resolves when all is stored, or can't be for now. */
  async #settled(): Promise<void> {
    while (!this.#isDown) {
      await this.#pumpNow();
      if (this.#direct && this.#pending.length === 0 && this.#spool.empty) return;
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
  }

  #pump(): void {
    void this.#pumpNow();
  }

  #pumpNow(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#pumping ??= this.#moveAll().finally(() => {
      this.#pumping = null;
      this.#wake();
    });
    return this.#pumping;
  }

  /** Moves what is in memory to the database, or to the disk while anything older is there. */
  async #moveAll(): Promise<void> {
    // The database is waited for before anything is kept on disk, once, when the sink is new.
    if (!this.#direct && !this.#isDown && !this.#stop.signal.aborted && this.#spool.empty) return;
    let batch = this.#nextBatch();
    if (batch.events === 0) return;
    this.#tell();
    while (batch.events > 0) {
      const { events, rows } = batch;
      const stored = this.#store(rows);
      // While the database works on these rows the next ones are made.
      batch = this.#nextBatch();
      await stored;
      this.#moving -= events;
      if (batch.events === 0) batch = this.#nextBatch();
    }
    this.#tell();
  }

  #nextBatch(): { readonly events: number; readonly rows: readonly TableRow[] } {
    const events = this.#pending.splice(0, this.#tuning.batchEvents);
    this.#moving += events.length;
    return { events: events.length, rows: events.flatMap((event) => this.#rowsOf(event)) };
  }

  /** An event that can't be read costs itself, not the run. */
  #rowsOf(event: RunEvent): readonly TableRow[] {
    try {
      return this.#mapper.rows(event);
    } catch {
      this.#drop(1);
      return [];
    }
  }

  async #store(rows: readonly TableRow[]): Promise<void> {
    if (!(await this.#sendDirectly(rows))) await this.#keep(rows);
  }

  async #sendDirectly(rows: readonly TableRow[]): Promise<boolean> {
    const connection = this.#direct;
    if (!connection) return false;
    try {
      await this.#send(connection, rows);
      return true;
    } catch (error) {
      this.#noteDown(problemOf(error, connection.target));
      void connection.client.end().catch(() => {});
      return false;
    }
  }

  async #send(connection: Connection, rows: readonly TableRow[]): Promise<void> {
    this.#drop(await insertRows(connection, rows));
    this.#storedAt = Date.now();
  }

  async #keep(rows: readonly TableRow[]): Promise<void> {
    try {
      await this.#spool.add(rows);
      if (this.#state === "full") this.#become(this.#isDown ? "away" : "behind");
    } catch (error) {
      this.#noteSpool(error);
      this.#become("full");
      this.#drop(rows.length);
    }
  }

  /** Connects, sends what is kept on disk, and stays connected; again after each failure. */
  async #ship(): Promise<void> {
    const { retryMs, maxRetryMs } = this.#tuning;
    const { signal } = this.#stop;
    await this.#spool.load();
    let wait = retryMs;
    while (!signal.aborted) {
      const worked = await this.#shipOnce();
      if (signal.aborted) return;
      wait = worked ? retryMs : Math.min(maxRetryMs, wait * 2);
      await sleep(wait, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** @returns whether rows could be stored before the connection was lost */
  async #shipOnce(): Promise<boolean> {
    const { signal } = this.#stop;
    let worked = false;
    try {
      const connection = await connect(this.#dsn, { ...this.#tuning, signal });
      this.#connection = connection;
      worked = await this.#shipOver(connection);
      await connection.client.end().catch(() => {});
    } catch (error) {
      this.#noteDown(error instanceof TelemetryError ? error : new TelemetryError("database", String(error)));
    }
    this.#connection = null;
    return worked;
  }

  async #shipOver(connection: Connection): Promise<boolean> {
    const { signal } = this.#stop;
    try {
      await checkSchema(connection);
      await this.#sendSpool(connection);
    } catch (error) {
      this.#noteDown(problemOf(error, connection.target));
      return false;
    }
    await Promise.race([connection.ended, aborted(signal)]);
    if (this.#direct === connection) this.#noteDown(lostTo(connection.target.shown));
    return true;
  }

  /** Sends segment after segment; when none is left, rows may go over the connection at once. */
  async #sendSpool(connection: Connection): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const segment = await this.#spool.oldest();
      if (segment !== null) {
        this.#become("behind");
        await this.#send(connection, segment.rows);
        await this.#spool.remove(segment.name);
        continue;
      }
      // What is being kept on disk just now is older than what comes.
      await this.#pumping;
      if (this.#pumping || !this.#spool.empty) continue;
      this.#direct = connection;
      this.#isDown = false;
      this.#lastError = null;
      this.#become("ok");
      this.#pump();
      return;
    }
  }

  #noteDown({ code, message }: TelemetryError): void {
    this.#direct = null;
    if (this.#stop.signal.aborted) return;
    this.#isDown = true;
    if (this.#state !== "full") {
      this.#lastError = { code, message };
      this.#become("away");
    }
    this.#pump();
  }

  #noteSpool(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#lastError = { code: "spool", message: `Telemetry can't be kept on disk: ${reason}` };
  }

  #drop(count: number): void {
    if (count === 0) return;
    this.#dropped += count;
    this.#tell();
  }

  #become(state: SinkState["state"]): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#since = Date.now();
    this.#tell();
  }

  #tell(): void {
    this.#wake();
    for (const listener of this.#listeners) {
      try {
        listener(this.state);
      } catch {
        // Whoever looks on does not stop the rows.
      }
    }
  }

  #wake(): void {
    const woken = this.#waiting;
    this.#waiting = [];
    for (const wake of woken) wake();
  }
}

function lostTo(shown: string): TelemetryError {
  return new TelemetryError("connection-lost", `The connection to ${shown} broke off.`);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
