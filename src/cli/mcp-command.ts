import { createHash } from "node:crypto";
import os from "node:os";
import path from "node:path";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { AskParts, Run } from "../ask.ts";
import { CancelSource } from "../rlm/cancel.ts";
import { type McpRoots, mcpRoots } from "../server/mcp-roots.ts";
import { mcpServer } from "../server/mcp-server.ts";
import { pricesOf } from "../telemetry/prices-of.ts";
import { limitFlags, modelFlags, readLimits, readModelOptions } from "./ask-options.ts";
import { chooseModels } from "./choose-models.ts";
import { endTelemetry, telemetryFrom } from "./db-telemetry.ts";
import { exitCodes } from "./exit-codes.ts";
import { parseFlags } from "./flags.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { showProgress } from "./progress.ts";
import { UsageError } from "./usage-error.ts";

declare const rlmVersion: string | undefined;

const mcpFlags = {
  ...modelFlags,
  ...limitFlags,
  root: { type: "string", multiple: true },
  telemetry: { type: "boolean" },
} as const;

/**
 * `rlm mcp`: answers another agent over stdin and stdout until stdin ends. Runs are told on stderr.
 * @returns the exit code
 */
export async function mcpCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, mcpFlags);
  if (positionals.length)
    throw new UsageError(`rlm mcp takes no argument "${positionals[0]}"; name folders by --root.`);
  const roots = mcpRoots(values.root ?? [], process.cwd());
  const models = readModelOptions(values);
  const cancel = new CancelSource();
  const telemetry = await telemetryFrom(process.env, values.telemetry === true);
  const following: Promise<void>[] = [];
  const server = mcpServer({
    roots,
    parts: lazily(() => chooseModels(models, process.env, cancel)),
    ...readLimits(values),
    runsFolder: runsFolder(roots),
    version: typeof rlmVersion === "string" ? rlmVersion : "development",
    onRun: (run, parts) => {
      follow(run, cancel);
      if (telemetry) following.push(telemetry.follow(run, { priceOf: pricesOf(parts) }));
    },
  });
  const ended = endOfInput();
  const interrupt = listenForInterrupt(
    () => process.stdin.destroy(),
    () => {},
  );
  await server.connect(new StdioServerTransport());
  process.stderr.write(`rlm: MCP server for ${roots.join(", ")}\n`);
  await ended;
  cancel.abort();
  await server.close();
  await Promise.all(following);
  if (telemetry) await endTelemetry(telemetry);
  interrupt.release();
  return exitCodes.answered;
}

function follow(run: Run, cancel: CancelSource): void {
  cancel.addEventListener("abort", () => run.cancel());
  void showProgress(run.events(), { isTTY: false, write: (text) => process.stderr.write(text) });
}

/** Where stdin is closed the client has gone. */
function endOfInput(): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ["end", "close"]) process.stdin.once(event, () => resolve());
  });
}

/** The same once it has come out well; tried again after a failure. */
function lazily(choose: () => Promise<AskParts>): () => Promise<AskParts> {
  let chosen: Promise<AskParts> | null = null;
  return () => {
    chosen ??= choose().catch((error: unknown) => {
      chosen = null;
      throw error;
    });
    return chosen;
  };
}

/** A folder for each set of roots: an agent reads no runs about other folders. */
function runsFolder(roots: McpRoots): string {
  const state = process.env.XDG_STATE_HOME || path.join(os.homedir(), ".local", "state");
  const name = createHash("sha256").update(roots.toSorted().join("\0")).digest("hex").slice(0, 16);
  return path.join(state, "rlm", "mcp-runs", name);
}
