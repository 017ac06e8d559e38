import * as vscode from "vscode";
import { oneLine } from "../../rlm/cut.ts";
import type { EventOf } from "../../rlm/events.ts";
import { describeForecast } from "../../rlm/run-words.ts";
import { describeFanOut, fanOutChoices } from "../../webview/trace/protocol.ts";
import type { WatchedRun } from "./watched-run.ts";

const showTrace = "Show Trace";

/** Asks in a notification what a run asks, while no view of it is in sight. @param show opens one */
export function notifyOfFanOuts(watched: WatchedRun, show: () => void): void {
  const asked = new Map<number, EventOf<"fanout.asked">>();
  const notify = () => {
    if (watched.inSight) return;
    for (const [seq, event] of asked) {
      asked.delete(seq);
      if (watched.fanOuts.isOpen(seq)) void askInNotification(event, watched, show);
    }
  };
  watched.onEvent((event) => {
    if (event.type !== "fanout.asked") return;
    asked.set(event.seq, event);
    notify();
  });
  watched.onViews(notify);
}

async function askInNotification(event: EventOf<"fanout.asked">, watched: WatchedRun, show: () => void): Promise<void> {
  const choices = fanOutChoices(event);
  const picked = await vscode.window.showInformationMessage(
    `RLM: ${describeFanOut(event)}: ${describeForecast(event)}. The question is “${oneLine(watched.question, 40)}”.`,
    ...choices.map(({ label }) => label),
    showTrace,
  );
  if (picked === showTrace) show();
  const choice = choices.find(({ label }) => label === picked)?.choice;
  if (choice) watched.fanOuts.decide(event.seq, choice);
}
