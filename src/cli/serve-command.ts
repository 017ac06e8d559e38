import type { Run } from "../ask.ts";
import type { AboutRun } from "../server/chat-completions.ts";
import { endpointModels } from "../server/served-models.ts";
import { ServerError } from "../server/server-error.ts";
import { type RunningServer, startServer } from "../server/start-server.ts";
import { pricesOf } from "../telemetry/prices-of.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { endpointFrom } from "./choose-models.ts";
import { endTelemetry, telemetryFrom } from "./db-telemetry.ts";
import { exitCodes } from "./exit-codes.ts";
import { tellLine } from "./failure.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { printableLine } from "./printable.ts";
import { showProgress } from "./progress.ts";
import { readServeOptions, type ServeOptions } from "./serve-options.ts";
import { UsageError } from "./usage-error.ts";

/** `rlm serve`: answers over HTTP until Ctrl-C. Each run's iterations are told as plain lines. @returns the exit code */
export async function serveCommand(args: readonly string[]): Promise<number> {
  const options = readServeOptions(args, process.env);
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const interrupt = listenForInterrupt(stop, () => {});
  try {
    const telemetry = await telemetryFrom(process.env, options.telemetry);
    const following = new Set<Promise<void>>();
    const server = await serve(options, (run, about) => {
      tellRun(run, about);
      if (!telemetry) return;
      const done = follow(telemetry, run, about).then(() => void following.delete(done));
      following.add(done);
    });
    await stopped;
    process.stderr.write("rlm: The server ends.\n");
    await server.close();
    await Promise.all(following);
    if (telemetry) await endTelemetry(telemetry);
    return exitCodes.answered;
  } finally {
    interrupt.release();
  }
}

async function serve(
  { baseUrl, prices, telemetry: _, ...options }: ServeOptions,
  onRun: (run: Run, about: AboutRun) => void,
): Promise<RunningServer> {
  const endpoint = endpointFrom(baseUrl, process.env);
  const models = endpointModels({ endpoint, ...(prices ? { prices } : {}) });
  const onProblem = (error: unknown) =>
    tellLine(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const server = await startServer({ ...options, models, onRun, onProblem }).catch((error: unknown) => {
    const isUse = error instanceof ServerError && (error.code === "token-needed" || error.code === "bad-token");
    throw isUse ? new UsageError(`${error.message} (RLM_SERVER_TOKEN or --token)`) : error;
  });
  process.stdout.write(`${server.url}\n`);
  const who = endpoint
    ? `rlm-NAME asks the model NAME at ${new URL(endpoint.baseUrl).host}, rlm-offline the embedded one.`
    : "Offline: every rlm-… model is answered by search, without a language model. Set OPENAI_API_KEY to ask one.";
  process.stderr.write(`${printableLine(who)}\nCtrl-C ends the server.\n`);
  return server;
}

function follow(telemetry: Telemetry, run: Run, { queryId, parts }: AboutRun): Promise<void> {
  return telemetry.follow(run, { queryId: queryId ?? undefined, priceOf: pricesOf(parts) });
}

/** Tells a run's story, each line with the run's name before it, as several go on at once. */
function tellRun(run: Run, { model, user }: AboutRun): void {
  const name = run.id.slice(0, 8);
  const write = (text: string) => process.stderr.write(`[${name}] ${text}`);
  write(`${printableLine(user === null ? model : `${model} for ${user}`)}\n`);
  void showProgress(run.events(), { isTTY: false, write });
  void run.result.then(({ stopReason, error }) => {
    const how = error ? `${stopReason}: ${error.message}` : stopReason;
    write(`${printableLine(how)}\n`);
  });
}
