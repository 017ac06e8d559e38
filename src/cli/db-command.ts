import { readFile } from "node:fs/promises";
import { migrate, planMigration } from "../telemetry/migrate.ts";
import type { Page, PageRequest } from "../telemetry/page.ts";
import { openRecords, type Records, type Scope } from "../telemetry/records.ts";
import { TelemetryError } from "../telemetry/telemetry-error.ts";
import { testConnection } from "../telemetry/test-connection.ts";
import {
  cacheFields,
  callColumns,
  cellColumns,
  eventColumns,
  metricColumns,
  modelColumns,
  runColumns,
  saverColumns,
  stepColumns,
  summaryFields,
} from "./db-columns.ts";
import { fieldsOf, type TableColumn, tableOf } from "./db-table.ts";
import { dsnFrom } from "./db-telemetry.ts";
import { exitCodes } from "./exit-codes.ts";
import { tellingFailure, tellLine } from "./failure.ts";
import { parseFlags } from "./flags.ts";
import { printable, printableJson } from "./printable.ts";
import { systemReason } from "./system-reason.ts";
import { UsageError } from "./usage-error.ts";

const flags = {
  "dsn-file": { type: "string" },
  "dry-run": { type: "boolean" },
  "compress-after": { type: "string" },
  "drop-after": { type: "string" },
  query: { type: "string" },
  kind: { type: "string" },
  slowest: { type: "boolean" },
  days: { type: "string" },
  limit: { type: "string" },
  after: { type: "string" },
  json: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parseFlags<typeof flags>>["values"];

const commands = {
  migrate: { run: migrateTables, takes: ["dry-run", "compress-after", "drop-after"] },
  status: { run: tellStatus, takes: [] },
  records: { run: listRecords, takes: ["query", "kind", "slowest", "limit", "after"] },
  stats: { run: tellStats, takes: ["query", "days", "limit"] },
} as const;

/** `rlm db migrate|status|records|stats`. @returns the exit code */
export async function dbCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, flags);
  const [name = "", ...rest] = positionals;
  return tellingFailure(values.json === true, async () => {
    const command = Object.hasOwn(commands, name) ? commands[name as keyof typeof commands] : null;
    if (!command) throw new UsageError("rlm db takes one of migrate, status, records and stats.");
    refuseOthers(name, command.takes, values);
    return command.run(await dsnOf(values), values, rest);
  });
}

/** A flag that would do nothing is refused. */
function refuseOthers(name: string, takes: readonly string[], values: Values): void {
  const known = ["dsn-file", "json", ...takes];
  const other = Object.keys(values).find((flag) => !known.includes(flag));
  if (other !== undefined) throw new UsageError(`rlm db ${name} takes no --${other}.`);
}

/** Never an argument of its own: the list of processes shows those. */
async function dsnOf(values: Values): Promise<string> {
  const file = values["dsn-file"];
  if (file === undefined) return dsnFrom(process.env, "rlm db");
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new UsageError(`The file of the DSN can't be read: ${systemReason(error)}.`);
  });
  return text.trim();
}

async function migrateTables(dsn: string, values: Values, rest: readonly string[]): Promise<number> {
  takesNone("migrate", rest);
  const compressAfter = values["compress-after"];
  const dropAfter = values["drop-after"];
  const keeping = { ...(compressAfter ? { compressAfter } : {}), ...(dropAfter ? { dropAfter } : {}) };
  const plan = values["dry-run"] === true;
  const done = plan ? await planMigration(dsn, keeping) : await migrate(dsn, keeping);
  const { from, to, steps, capabilities } = done;
  if (values.json) {
    print(printableJson({ applied: !plan, from, to, steps: steps.map(({ name }) => name), ...capabilities }));
    return exitCodes.answered;
  }
  for (const { message } of capabilities.notices) tellLine(message);
  if (plan) print(steps.map(({ name, sql }) => `-- ${name}\n\n${sql}`).join("\n"));
  else if (steps.length === 0) print(`Nothing to do: the tables are of version ${to}.`);
  else print(`${steps.map(({ name }) => `Ran ${name}`).join("\n")}\nThe tables are of version ${to}.`);
  return exitCodes.answered;
}

async function tellStatus(dsn: string, values: Values, rest: readonly string[]): Promise<number> {
  takesNone("status", rest);
  const test = await testConnection(dsn);
  if (!test.ok) throw new TelemetryError(test.code, test.message);
  if (values.json) {
    print(printableJson(test));
    return exitCodes.answered;
  }
  const { shown, encrypted, capabilities, schema, notices } = test;
  const { server, timescale } = capabilities;
  print(
    [
      `Database     ${shown}, ${encrypted ? "over TLS" : "not encrypted"}`,
      `PostgreSQL   ${server}`,
      `TimescaleDB  ${timescale ?? "none"}`,
      `Tables       ${schema === null ? "none" : `version ${schema}`}`,
      ...notices.map(({ message }) => `Note         ${message}`),
    ].join("\n"),
  );
  return exitCodes.answered;
}

const kinds = ["runs", "events", "calls", "cells", "cache"] as const;

async function listRecords(dsn: string, values: Values, rest: readonly string[]): Promise<number> {
  const scope = scopeOf("records", values, rest);
  const isAny = scope.queryId === undefined && scope.runId === undefined;
  const kind = kinds.find((known) => known === (values.kind ?? (isAny || values.query ? "runs" : "calls")));
  if (!kind) throw new UsageError(`--kind takes one of ${kinds.join(", ")}.`);
  if (values.slowest && kind !== "calls" && kind !== "cells")
    throw new UsageError("--slowest takes --kind calls or cells.");
  if (isAny && kind !== "runs" && !values.slowest) throw new UsageError(`--kind ${kind} needs a RUN or --query ID.`);
  const page = pageOf(values);
  return withRecords(dsn, async (records) => {
    switch (kind) {
      case "runs":
        return printPage(await records.runs(runsIn(scope), page), runColumns, values);
      case "events":
        return printPage(await records.latencyEvents(scope, null, page), eventColumns, values);
      case "cache":
        return printPage(await records.cacheSteps(scope, page), stepColumns, values);
      case "calls":
        return printPage(
          values.slowest ? await records.slowestCalls(scope, page) : await records.calls(scope, page),
          callColumns,
          values,
        );
      case "cells":
        return printPage(
          values.slowest ? await records.slowestCells(scope, page) : await records.cells(scope, page),
          cellColumns,
          values,
        );
    }
  });
}

/** A run is listed with its child runs. */
function runsIn({ queryId, runId }: Scope) {
  return {
    ...(queryId === undefined ? {} : { queryId }),
    ...(runId === undefined ? {} : { rootRunId: runId, children: true }),
  };
}

async function tellStats(dsn: string, values: Values, rest: readonly string[]): Promise<number> {
  const scope = scopeOf("stats", values, rest);
  if (scope.queryId !== undefined || scope.runId !== undefined) {
    if (values.days !== undefined) throw new UsageError("--days is for all runs: leave out the run and --query.");
    return withRecords(dsn, (records) => tellScope(records, scope, values));
  }
  const days = wholeNumber("--days", values.days) ?? 7;
  return withRecords(dsn, async (records) => {
    const byModel = await records.cacheByModel(days);
    const top = await records.topCacheSavings(days, pageOf({ ...values, limit: values.limit ?? "10" }));
    if (values.json) print(printableJson({ days, byModel, topCacheSavings: top.rows }));
    else if (byModel.length === 0) print(`No calls in the last ${days} days.`);
    else if (top.rows.length === 0) print(`${tableOf(byModel, modelColumns)}\n\nThe cache has saved nothing.`);
    else
      print(
        [tableOf(byModel, modelColumns), "", "Most saved by the cache", tableOf(top.rows, saverColumns)].join("\n"),
      );
    return exitCodes.answered;
  });
}

async function tellScope(records: Records, scope: Scope, values: Values): Promise<number> {
  const summary = await records.runSummary(scope);
  if (!summary) throw new TelemetryError("database", `There is no such run: ${scope.runId ?? scope.queryId}.`);
  const latency = await records.latencyMetrics(scope);
  const cache = await records.cacheSummary(scope);
  if (values.json) print(printableJson({ summary, latency, cache }));
  else {
    const parts = [fieldsOf(summary, summaryFields), tableOf(latency, metricColumns), fieldsOf(cache, cacheFields)];
    print(parts.join("\n\n"));
  }
  return exitCodes.answered;
}

async function withRecords(dsn: string, work: (records: Records) => Promise<number>): Promise<number> {
  const records = await openRecords(dsn);
  try {
    return await work(records);
  } finally {
    await records.close();
  }
}

function printPage<T>(page: Page<T>, columns: readonly TableColumn<T>[], values: Values): number {
  if (values.json) print(printableJson(page));
  else if (page.rows.length === 0) print("Nothing is recorded there.");
  else print(tableOf(page.rows, columns));
  if (!values.json && page.next !== null) tellLine(`There is more: --after ${page.next}`);
  return exitCodes.answered;
}

function scopeOf(name: string, values: Values, rest: readonly string[]): Scope {
  const [runId, ...more] = rest;
  takesNone(name, more);
  return {
    ...(values.query === undefined ? {} : { queryId: values.query }),
    ...(runId === undefined ? {} : { runId }),
  };
}

function pageOf(values: Pick<Values, "limit" | "after">): PageRequest {
  const limit = wholeNumber("--limit", values.limit);
  return { ...(limit === undefined ? {} : { limit }), ...(values.after === undefined ? {} : { after: values.after }) };
}

function wholeNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new UsageError(`${flag} takes a whole number of at least 1, not "${text}".`);
}

function takesNone(name: string, rest: readonly string[]): void {
  if (rest.length > 0) throw new UsageError(`rlm db ${name} takes no argument "${rest[0]}".`);
}

function print(text: string): void {
  process.stdout.write(`${printable(text).trimEnd()}\n`);
}
