import type { EventOf, RunEvent } from "../../rlm/events.ts";
import { formatCount, formatMs, formatNumberOf, formatUsd } from "../../rlm/format.ts";
import type { Usage } from "../../rlm/model.ts";
import type { OutputLog } from "../output-log.ts";
import type { WatchedRun } from "./watched-run.ts";

/**
 * Writes to the log what a run asks of whom, what that took, and what failed: no question, prompt, reply or path.
 * @param place where its models are, such as `api.openai.com`
 */
export function logRun(log: OutputLog, watched: WatchedRun, place: string): void {
  log.info(`Run ${watched.run.id.slice(0, 8)}: asks ${place}`);
  const models = new Map<string, string>();
  watched.onEvent((event) => {
    if (event.type === "call.started") models.set(`${event.runId} ${event.callId}`, event.model);
    logEvent(log, event, models);
  });
}

function logEvent(log: OutputLog, event: RunEvent, models: ReadonlyMap<string, string>): void {
  const run = `Run ${event.runId.slice(0, 8)}`;
  switch (event.type) {
    case "run.started":
      log.info(`${run}: ${event.depth > 0 ? "child run, " : ""}${event.models.root} with ${event.models.sub}`);
      return;
    case "context.ready":
      log.info(`${run}: ${formatCount(event.manifest.files)} files collected in ${formatMs(event.ms)}`);
      return;
    case "reply.finished":
      log.debug(`${run}: turn ${event.turn}, ${event.model}: ${spent(event)}`);
      return;
    case "call.finished":
      logCall(log, `${run}: call ${event.callId}, ${models.get(`${event.runId} ${event.callId}`) ?? ""}`, event);
      return;
    case "call.retrying":
      log.warn(`${run}: ${event.code}: ${withoutWords(event.message)} Again in ${formatMs(event.waitMs)}.`);
      return;
    case "warning":
      log.warn(`${run}: ${event.code}`);
      return;
    case "run.finished":
      logEnd(log, run, event);
  }
}

function logCall(log: OutputLog, what: string, event: EventOf<"call.finished">): void {
  if (event.error) log.warn(`${what}: ${event.error.code}`);
  else log.debug(`${what}: ${event.remembered ? "known" : spent(event)}`);
}

function logEnd(log: OutputLog, run: string, { stopReason, error, totals, ms }: EventOf<"run.finished">): void {
  log.info(
    `${run}: ${stopReason}, ${formatNumberOf(totals.turns, "turn")}, ${formatNumberOf(totals.calls, "call")}, ${spent({ ...totals, ms })}`,
  );
  if (error) log.error(`${run}: ${error.code}: ${withoutWords(error.message)}`);
}

function spent({ usage, costUsd, ms }: { usage: Usage; costUsd: number | null; ms: number }): string {
  const cached = usage.cachedInput > 0 ? ` (${formatCount(usage.cachedInput)} cached)` : "";
  const cost = costUsd === null ? "cost unknown" : formatUsd(costUsd);
  return `${formatCount(usage.input)}${cached} in, ${formatCount(usage.output)} out, ${cost}, ${formatMs(ms)}`;
}

/** A failure's line without what the endpoint has said itself, which may repeat what it was sent. */
export function withoutWords(message: string): string {
  return message.replace(/(\(\d{3}\)|while it replied): .*$/s, "$1.");
}
