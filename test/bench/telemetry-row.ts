import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { startPostgres } from "../telemetry/temp-postgres.ts";
import type { MeasuredTelemetry } from "./telemetry.ts";

const execute = promisify(execFile);

/** A million events into plain PostgreSQL, once. */
export async function benchTelemetry(): Promise<string> {
  const server = await startPostgres();
  try {
    const { stdout } = await execute(process.execPath, [path.join(import.meta.dirname, "telemetry.ts"), server.dsn]);
    return describe(JSON.parse(stdout) as MeasuredTelemetry);
  } finally {
    await server.stop();
  }
}

function describe({ rows, seconds, earlyMb, peakMb, right, queries }: MeasuredTelemetry): string {
  process.stderr.write(`${JSON.stringify(queries)}\n`);
  const [slowest = "", ms = 0] = Object.entries(queries).reduce((a, b) => (a[1] > b[1] ? a : b));
  const over = Object.entries(queries).filter(([, each]) => each > 100);
  return [
    `${"telemetry".padEnd(10)} ${seconds.toFixed(1)} s, ${Math.round(rows / seconds)} rows a second`,
    `${earlyMb.toFixed(0)} MB early, ${peakMb.toFixed(0)} MB at most later`,
    `slowest query ${slowest} ${ms.toFixed(0)} ms, ${over.length} of ${Object.keys(queries).length} over 100 ms`,
    ...(right ? [] : ["ROWS LOST OR TWICE"]),
  ].join(" | ");
}
