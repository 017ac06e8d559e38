import type { RunList } from "../../runs/run-index.ts";
import type { Records } from "../../telemetry/records.ts";
import type { SlowCall, Usage, UsageRange, UsageRow } from "../../webview/usage/protocol.ts";
import type { Doors } from "../doors.ts";
import { readSettings } from "../settings.ts";
import type { LogUsage } from "./log-usage.ts";
import { type CountedCall, usageRowsOf } from "./usage-fold.ts";
import { spanOf } from "./usage-span.ts";

/** What is shown of a range, but for the number of its request. */
type ReadUsage = Omit<Usage, "asked">;

const slowestShown = 20;
/** Rows that are read of the database at most. */
const mostRows = 20_000;
const rowsAtATime = 1_000;

/** Usage as the run logs of the workspace tell it. @throws RunLogError where their folder can't be read */
export async function usageOfLogs({ store }: Doors, logs: LogUsage, range: UsageRange): Promise<ReadUsage> {
  const span = spanOf(range, Date.now());
  const list = await store.list();
  const { calls, leftOut } = await logs.read(list, span.from, readSettings().prices);
  const slowest = calls.filter(({ remembered }) => !remembered).sort((a, b) => b.ms - a.ms);
  const questions = questionsOf(list);
  return {
    type: "usage",
    source: "logs",
    ...span,
    rows: usageRowsOf(calls, span.stepMs),
    slowest: slowest.slice(0, slowestShown).map((call) => slowCall(call, questions)),
    leftOut,
  };
}

/** Usage as the database has it. @throws TelemetryError */
export async function usageOfDatabase({ store }: Doors, dsn: string, range: UsageRange): Promise<ReadUsage> {
  const { openRecords } = await import("../../telemetry/records.ts");
  const span = spanOf(range, Date.now());
  const records = await openRecords(dsn);
  try {
    const rows = await usageRowsFrom(records, span);
    const { rows: calls } = await records.slowestCalls({ since: new Date(span.from) }, { limit: slowestShown });
    const questions = questionsOf(await store.list().catch(() => ({ runs: [] })));
    const slowest = calls.map((call) =>
      slowCall(
        { ...call, at: call.time.getTime(), ms: call.durationMs, ok: call.success, estimated: call.tokensEstimated },
        questions,
      ),
    );
    return { type: "usage", source: "database", ...span, rows, slowest, leftOut: 0 };
  } finally {
    await records.close();
  }
}

async function usageRowsFrom(records: Records, { from, stepMs, buckets }: ReturnType<typeof spanOf>) {
  const span = { from: new Date(from), to: new Date(from + buckets * stepMs) };
  const by = stepMs < 86_400_000 ? "hour" : "day";
  const rows: UsageRow[] = [];
  for (let after: string | null = ""; after !== null && rows.length < mostRows; ) {
    const page = await records.usage(by, span, { limit: rowsAtATime, ...(after === "" ? {} : { after }) });
    for (const { bucket, avgMs: _, ...row } of page.rows) rows.push({ ...row, at: bucket.getTime() });
    after = page.next;
  }
  return rows;
}

function slowCall(call: CountedCall, questions: ReadonlyMap<string, string>): SlowCall {
  const { rootRunId, at, model, kind, ms, inputTokens, outputTokens, estimated, costUsd, ok } = call;
  const question = questions.get(rootRunId) ?? null;
  return {
    runId: rootRunId,
    question,
    at,
    model,
    kind,
    ms,
    tokens: inputTokens + outputTokens,
    estimated,
    costUsd,
    ok,
  };
}

/** The questions of the runs whose traces can be opened. */
function questionsOf({ runs }: Pick<RunList, "runs">): ReadonlyMap<string, string> {
  return new Map(runs.map(({ runId, question }) => [runId, question]));
}
