import { type AskRequest, ask } from "../../ask.ts";
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
 * @returns null where the user gave up choosing a model
 * @throws ModelFailure where the endpoint can't be used
 */
export async function startRun(doors: Doors, request: AskRequest): Promise<StartedRun | null> {
  const models = await chosenModels(doors.keys);
  if (!models) return null;
  const { limits, fanOut, directBelowTokens, keepRuns } = readSettings();
  const fanOuts = new FanOutQuestions();
  const asked = { fanOut, directBelowTokens, ...request, limits: { ...limits, ...request.limits } };
  const run = ask(asked, { ...models, approve: fanOuts.approve });
  doors.store.record(run, keepRuns);
  const watched = new WatchedRun(run, request.question, fanOuts);
  logRun(doors.log, watched, placeOf(models.root.id));
  const trace = new Trace(doors.extensionUri, watched);
  const show = () => trace.show();
  notifyOfFanOuts(watched, show);
  doors.runs.add(watched, show);
  return { watched, trace };
}
