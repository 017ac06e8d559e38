import * as vscode from "vscode";
import * as z from "zod";
import type { RunEvent } from "../../rlm/events.ts";
import { failureOf } from "../../rlm/failure.ts";
import type { Doors } from "../doors.ts";
import { fileWithin } from "../files/file-within.ts";
import { fillTrace, fillWithNotice, newTracePanel, revealTrace, rootsIn, type TracedRun } from "./trace-panel.ts";

/** How often the log of a run is read that goes on in another window (milliseconds). */
const readEvery = 2_000;

/**
 * Shows the trace of a run that does not go on in this window: the panel that is open already, else one from its log.
 * @throws RunLogError
 */
export async function openTrace(doors: Doors, runId: string): Promise<void> {
  if (revealTrace(runId)) return;
  const traced = await loggedTrace(doors, runId);
  // Asked for twice while the log was read.
  if (revealTrace(runId)) return;
  fillTrace(newTracePanel(questionIn(traced.events)), doors.extensionUri, traced);
}

const keptState = z.object({ runId: z.string() });

/**
 * Fills a panel that VS Code opens again after its window was loaded anew, from the log of its run.
 * @param state what the page has kept
 */
export async function restoreTrace(doors: Doors, panel: vscode.WebviewPanel, state: unknown): Promise<void> {
  const kept = keptState.safeParse(state);
  if (!kept.success) {
    fillWithNotice(panel, doors.extensionUri, vscode.l10n.t("This trace was closed before its run had begun."));
    return;
  }
  const { runId } = kept.data;
  try {
    fillTrace(panel, doors.extensionUri, await loggedTrace(doors, runId));
  } catch (error) {
    fillWithNotice(panel, doors.extensionUri, failureOf(error).message);
  }
}

/** A run as its log tells it. Where it goes on in another window what follows is read from there; it can't be stopped here. */
async function loggedTrace({ store }: Doors, runId: string): Promise<TracedRun> {
  const goesOn = async () => (await store.summary(runId)).state === "running";
  const read = async () => (await store.readRun(runId)).events;
  const events: RunEvent[] = [];
  // Asked before the log is read: a run that ends meanwhile has its end in it.
  let over = !(await goesOn());
  for (const event of await read()) events.push(event);
  const roots = rootsIn(events);
  const nothing = new vscode.Disposable(() => {});
  return {
    runId,
    events,
    get over() {
      return over;
    },
    onEvent: (listener) => {
      if (over) return nothing;
      const timer = setInterval(async () => {
        over = !(await goesOn().catch(() => false));
        const known = events.at(-1)?.seq ?? -1;
        for (const event of await read().catch((): RunEvent[] => [])) if (event.seq > known) events.push(event);
        listener();
        if (over) clearInterval(timer);
      }, readEvery);
      return new vscode.Disposable(() => clearInterval(timer));
    },
    addView: () => nothing,
    viewsChanged: () => {},
    fileOf: (path) => fileWithin(roots, path),
    stop: () => {},
    decide: () => {},
  };
}

function questionIn(events: readonly RunEvent[]): string {
  const started = events.find((event) => event.type === "run.started");
  return started?.type === "run.started" ? started.question : "";
}
