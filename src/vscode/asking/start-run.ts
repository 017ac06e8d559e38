import { type AskParts, type AskRequest, ask, type Run } from "../../ask.ts";
import type { Doors } from "../doors.ts";
import { chosenModels, placeOf } from "../models/models.ts";
import { readSettings } from "../settings.ts";
import { Trace } from "../trace/trace-panel.ts";
import { notifyOfFanOuts } from "./fan-out-notices.ts";
import { FanOutQuestions } from "./fan-out-questions.ts";
import { logRun } from "./log-run.ts";
import { WatchedRun } from "./watched-run.ts";

/** A run that has begun, and the trace that can be shown of it. */
export interface StartedRun {
  readonly watched: WatchedRun;
  readonly trace: Trace;
}

/**
 * Starts a run under the user's settings; what the request says goes before these.
 * @param picked who answers; by default whom the settings name
 * @returns null where the user gave up choosing a model
 * @throws ModelFailure where the endpoint can't be used
 */
export async function startRun(
  doors: Doors,
  request: AskRequest,
  picked: AskParts | null = null,
): Promise<StartedRun | null> {
  const models = picked ?? (await chosenModels(doors.keys));
  if (!models) return null;
  const { limits, fanOut, directBelowTokens } = readSettings();
  const fanOuts = new FanOutQuestions();
  const asked = { fanOut, directBelowTokens, ...request, limits: { ...limits, ...request.limits } };
  const run = ask(asked, { ...models, approve: fanOuts.approve });
  const started = watchRun(doors, run, request.question, fanOuts);
  logRun(doors.log, started.watched, placeOf(models.root.id));
  doors.telemetry.record(run, models);
  return started;
}

/** Makes a run one of this window: it is logged, listed, can be stopped and has a trace. @param fanOuts what it may ask */
export function watchRun(doors: Doors, run: Run, question: string, fanOuts: FanOutQuestions): StartedRun {
  doors.store.record(run, readSettings().keepRuns);
  const watched = new WatchedRun(run, question, fanOuts);
  const trace = new Trace(doors.extensionUri, watched);
  const show = () => trace.show();
  notifyOfFanOuts(watched, show);
  doors.runs.add(watched, show);
  return { watched, trace };
}
