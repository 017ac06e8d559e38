import * as z from "zod";
import { type Connection, connect } from "./connect.ts";
import { type Key, keyAfter, limitOf, type Page, type PageRequest, pageOf } from "./page.ts";
import { problemOf } from "./problem.ts";
import {
  type CacheSaver,
  type CacheStep,
  type CacheSummary,
  type CallRecord,
  type CellRecord,
  cacheSaver,
  cacheStep,
  cacheSummary,
  callRecord,
  cellRecord,
  type LatencyEvent,
  type LatencyMetric,
  latencyEvent,
  latencyMetric,
  type ModelCache,
  modelCache,
  type RunRecord,
  type RunSummary,
  runRecord,
  runSummary,
  type UsageRow,
  usageRow,
} from "./record-rows.ts";
import { checkSchema } from "./schema-version.ts";
import * as sql from "./statements.ts";

/**
 * Which runs are meant: those of a question, one root run with its child runs, or one child run alone. Where both are
 * given both must hold.
 */
export interface Scope {
  readonly queryId?: string;
  readonly runId?: string;
}

/** Runs, and of their work what ended at `since` or later. */
interface SlownessScope extends Scope {
  readonly since?: Date;
}

/** A span of time; `to` is not in it. */
export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** The database's rows, read. Each method throws a TelemetryError where that fails; lists come in pages. */
export class Records {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Root runs, the newest first; with `children` all runs. */
  async runs(
    filter: Pick<Scope, "queryId"> & {
      readonly rootRunId?: string;
      readonly since?: Date;
      readonly children?: boolean;
    },
    page: PageRequest = {},
  ): Promise<Page<RunRecord>> {
    const limit = limitOf(page);
    const [startedAt = null, runId = null] = keyAfter(page, 2) ?? [];
    const { queryId = null, rootRunId = null, since = null, children = false } = filter;
    const values = [queryId, rootRunId, since, children, startedAt, runId, limit + 1];
    const rows = await this.#rows(sql.runs, values, runRecord);
    return pageOf(rows, limit, (row) => [row.startedAt.toISOString(), row.runId]);
  }

  /** Null where there are no such runs. */
  async runSummary(scope: Scope): Promise<RunSummary | null> {
    return (await this.#rows(sql.runSummary, valuesOf(scope), runSummary))[0] ?? null;
  }

  /** What took time, in the order in which it happened. */
  latencyEvents(scope: Scope, type: string | null = null, page: PageRequest = {}): Promise<Page<LatencyEvent>> {
    return this.#inOrder(sql.latencyEvents, [...valuesOf(scope), type], page, latencyEvent);
  }

  /** Turns, sub-calls and questions to child runs, in their order. */
  calls(scope: Scope, page: PageRequest = {}): Promise<Page<CallRecord>> {
    return this.#inOrder(sql.calls, valuesOf(scope), page, callRecord);
  }

  /** Cells in their order. */
  cells(scope: Scope, page: PageRequest = {}): Promise<Page<CellRecord>> {
    return this.#inOrder(sql.cells, valuesOf(scope), page, cellRecord);
  }

  /** Latency of turns, calls and cells. */
  latencyMetrics(scope: Scope): Promise<readonly LatencyMetric[]> {
    return this.#rows(sql.latencyMetrics, valuesOf(scope), latencyMetric);
  }

  /** The slowest calls first; of all runs where the scope is empty. */
  slowestCalls(scope: SlownessScope, page: PageRequest = {}): Promise<Page<CallRecord>> {
    return this.#bySlowness(sql.slowestCalls, scope, page, callRecord);
  }

  /** The slowest cells first; of all runs where the scope is empty. */
  slowestCells(scope: SlownessScope, page: PageRequest = {}): Promise<Page<CellRecord>> {
    return this.#bySlowness(sql.slowestCells, scope, page, cellRecord);
  }

  /** What the provider's cache has saved. */
  async cacheSummary(scope: Scope): Promise<CacheSummary> {
    const [row] = await this.#rows(sql.cacheSummary, valuesOf(scope), cacheSummary);
    return row ?? cacheSummary.parse(undefined);
  }

  /** How the savings grew, request by request. */
  cacheSteps(scope: Scope, page: PageRequest = {}): Promise<Page<CacheStep>> {
    return this.#inOrder(sql.cacheSteps, valuesOf(scope), page, cacheStep);
  }

  /** The root runs in which the cache has saved most, of the last `days`. */
  async topCacheSavings(days: number, page: PageRequest = {}): Promise<Page<CacheSaver>> {
    const limit = limitOf(page);
    const [saved = null, runId = null] = keyAfter(page, 2) ?? [];
    const rows = await this.#manyRows(sql.topCacheSavings, [days, saved, runId, limit + 1], cacheSaver);
    return pageOf(rows, limit, (row) => [row.cacheSavingsUsd, row.runId]);
  }

  /** How well the cache works for each model, over the last `days`. */
  cacheByModel(days: number): Promise<readonly ModelCache[]> {
    return this.#manyRows(sql.cacheByModel, [days], modelCache);
  }

  /** Calls over time by model and kind, the oldest first; from the whole minute, hour or day (UTC) that `from` is in. */
  async usage(by: "minute" | "hour" | "day", { from, to }: Span, page: PageRequest = {}): Promise<Page<UsageRow>> {
    const limit = limitOf(page);
    const [bucket = null, model = null, kind = null] = keyAfter(page, 3) ?? [];
    const rows = await this.#manyRows(sql.usage[by], [beginOf(by, from), to, bucket, model, kind, limit + 1], usageRow);
    return pageOf(rows, limit, (row) => [row.bucket.toISOString(), row.model, row.kind]);
  }

  async close(): Promise<void> {
    await this.#connection.client.end().catch(() => {});
  }

  /** @param statement takes its own values, then root run and number to go on from, then the limit */
  async #inOrder<T extends { readonly rootRunId: string; readonly seq: number }>(
    statement: string,
    values: readonly unknown[],
    page: PageRequest,
    shape: z.ZodType<T>,
  ): Promise<Page<T>> {
    const limit = limitOf(page);
    const key: Key = keyAfter(page, 2) ?? ["", -1];
    const rows = await this.#rows(statement, [...values, ...key, limit + 1], shape);
    return pageOf(rows, limit, (row) => [row.rootRunId, row.seq]);
  }

  async #bySlowness<T extends { readonly durationMs: number; readonly runId: string; readonly seq: number }>(
    statement: string,
    scope: SlownessScope,
    page: PageRequest,
    shape: z.ZodType<T>,
  ): Promise<Page<T>> {
    const limit = limitOf(page);
    const [ms = null, runId = null, seq = null] = keyAfter(page, 3) ?? [];
    const values = [...valuesOf(scope), ms, runId, seq, limit + 1, scope.since ?? null];
    const rows = await this.#rows(statement, values, shape);
    return pageOf(rows, limit, (row) => [row.durationMs, row.runId, row.seq]);
  }

  /** What reads the rows of many runs may sort them in memory. */
  async #manyRows<T>(statement: string, values: readonly unknown[], shape: z.ZodType<T>): Promise<T[]> {
    const { client, target } = this.#connection;
    try {
      await client.query("BEGIN READ ONLY; SET LOCAL work_mem = '128MB'");
      return await this.#rows(statement, values, shape);
    } catch (error) {
      throw problemOf(error, target);
    } finally {
      await client.query("COMMIT").catch(() => {});
    }
  }

  async #rows<T>(statement: string, values: readonly unknown[], shape: z.ZodType<T>): Promise<T[]> {
    const { client, target } = this.#connection;
    try {
      const { rows } = await client.query(statement, [...values]);
      return z.array(shape).parse(rows);
    } catch (error) {
      throw problemOf(error, target);
    }
  }
}

/** Opens a database for reading. @throws TelemetryError */
export async function openRecords(dsn: string): Promise<Records> {
  const connection = await connect(dsn);
  try {
    await checkSchema(connection);
    return new Records(connection);
  } catch (error) {
    await connection.client.end().catch(() => {});
    throw problemOf(error, connection.target);
  }
}

function valuesOf({ queryId, runId }: Scope): readonly unknown[] {
  return [queryId ?? null, runId ?? null];
}

const bucketMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

function beginOf(by: keyof typeof bucketMs, moment: Date): Date {
  return new Date(Math.floor(moment.getTime() / bucketMs[by]) * bucketMs[by]);
}
