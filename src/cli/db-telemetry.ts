import os from "node:os";
import path from "node:path";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { tellLine } from "./failure.ts";
import { UsageError } from "./usage-error.ts";

/** The part of the environment that turns telemetry on and says where to. */
export interface TelemetryEnvironment {
  /** `1`: on, as by `--telemetry`. */
  readonly RLM_TELEMETRY?: string | undefined;
  readonly RLM_TELEMETRY_DSN?: string | undefined;
  /** `1`: questions, answers, prompts, replies and code are logged too. */
  readonly RLM_TELEMETRY_CONTENT?: string | undefined;
  /** Where rows wait while the database is away. */
  readonly RLM_TELEMETRY_SPOOL?: string | undefined;
  readonly XDG_STATE_HOME?: string | undefined;
}

/**
 * Telemetry as the flag and the environment say; null where it is off.
 * @throws UsageError where it is on and there is no DSN; TelemetryError where the DSN is none
 */
export async function telemetryFrom(env: TelemetryEnvironment, flag: boolean): Promise<Telemetry | null> {
  if (!flag && env.RLM_TELEMETRY !== "1") return null;
  const { openTelemetry } = await import("../telemetry/telemetry.ts");
  return openTelemetry({
    dsn: dsnFrom(env, "Telemetry"),
    spoolFolder: spoolFolder(env),
    content: env.RLM_TELEMETRY_CONTENT === "1",
  });
}

/** @throws UsageError */
export function dsnFrom(env: TelemetryEnvironment, who: string): string {
  const dsn = env.RLM_TELEMETRY_DSN?.trim();
  if (dsn) return dsn;
  throw new UsageError(
    `${who} needs a database: set RLM_TELEMETRY_DSN to postgres://user:password@host:5432/database.`,
  );
}

/** Ends telemetry, and says what was not stored. */
export async function endTelemetry(telemetry: Telemetry): Promise<void> {
  await telemetry.close();
  const { lastError, spooledBytes, dropped } = telemetry.state;
  if (dropped > 0) tellLine(`Telemetry has lost ${dropped} of its rows. ${lastError?.message ?? ""}`);
  else if (spooledBytes > 0) tellLine(`Telemetry waits on disk for its database. ${lastError?.message ?? ""}`);
}

function spoolFolder(env: TelemetryEnvironment): string {
  if (env.RLM_TELEMETRY_SPOOL) return path.resolve(env.RLM_TELEMETRY_SPOOL);
  const state = env.XDG_STATE_HOME || path.join(os.homedir(), ".local", "state");
  return path.join(state, "rlm", "telemetry");
}
