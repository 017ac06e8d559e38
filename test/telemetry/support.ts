import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { RunEvent } from "../../src/rlm/events.ts";
import type { Price } from "../../src/rlm/model.ts";
import type { Connection } from "../../src/telemetry/connect.ts";
import type { PriceOf } from "../../src/telemetry/savings.ts";
import type { SinkState } from "../../src/telemetry/sink.ts";
import { openTelemetry, type RunFacts, type Telemetry, type TelemetryOptions } from "../../src/telemetry/telemetry.ts";
import { tempFolder } from "../support/temp-folder.ts";

type Client = Connection["client"];

export const somePrice: Price = { input: 1.25, cachedInput: 0.125, output: 10 };

interface OpenedOptions extends Partial<TelemetryOptions> {
  readonly priceOf?: PriceOf;
}

/** Telemetry in a hurry, closed when the test has finished. */
export function opened(dsn: string, options: OpenedOptions = {}): Telemetry & { readonly folder: string } {
  const { spoolFolder = path.join(tempFolder(), "spool"), tuning, priceOf = () => somePrice, ...rest } = options;
  const telemetry = openTelemetry({
    dsn,
    spoolFolder,
    content: false,
    ...rest,
    tuning: { batchMs: 5, retryMs: 20, maxRetryMs: 50, ...tuning },
  });
  onTestFinished(() => telemetry.close(0));
  return Object.assign(Object.create(telemetry) as Telemetry, {
    folder: spoolFolder,
    take: (event: RunEvent, facts?: RunFacts) => telemetry.take(event, { priceOf, ...facts }),
  });
}

/** Logs events and waits until they are stored. */
export async function log(dsn: string, events: readonly RunEvent[], options: OpenedOptions = {}) {
  const telemetry = opened(dsn, options);
  for (const event of events) telemetry.take(event);
  await telemetry.close(30_000);
}

/** Resolves when the state is as wanted. */
export function when(telemetry: Telemetry, wanted: (state: SinkState) => boolean): Promise<SinkState> {
  return new Promise((resolve) => {
    const look = () => {
      const { state } = telemetry;
      if (!wanted(state)) return;
      clearInterval(timer);
      resolve(state);
    };
    const timer = setInterval(look, 5);
    look();
  });
}

/** Rows of each table. */
export async function countRows(client: Client): Promise<Readonly<Record<string, number>>> {
  const tables = ["runs", "calls", "cells", "events"];
  const counts = tables.map((table) => `(SELECT count(*)::integer FROM rlm.${table}) AS ${table}`);
  const { rows } = await client.query(`SELECT ${counts.join(", ")}`);
  return rows[0];
}

/** Rows that events make. */
export function expectedRows(events: readonly RunEvent[]): Readonly<Record<string, number>> {
  const count = (...types: RunEvent["type"][]) => events.filter((event) => types.includes(event.type)).length;
  const silent = count("reply.delta", "blob.added", "context.progress", "ledger.changed");
  return {
    runs: count("run.started"),
    calls: count("reply.finished", "reply.failed", "call.finished"),
    cells: count("cell.finished"),
    events: events.length - silent,
  };
}

/** The same events, as another run and at another time. */
export function asRun(events: readonly RunEvent[], runId: string, startedAt: number): RunEvent[] {
  const shift = startedAt - (events[0]?.at ?? 0);
  const renamed = (id: string) => id.replace(/^r1/, runId);
  return events.map((event) => ({
    ...event,
    at: event.at + shift,
    runId: renamed(event.runId),
    ...(event.parent ? { parent: { ...event.parent, runId: renamed(event.parent.runId) } } : {}),
  }));
}

/** All that lies in a folder, as one text. */
export function textIn(folder: string): string {
  return readdirSync(folder)
    .map((name) => readFileSync(path.join(folder, name), "latin1"))
    .join("\n");
}
