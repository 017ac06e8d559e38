import * as vscode from "vscode";
import { ActiveRuns } from "./active-runs.ts";
import { ApiKeys } from "./api-keys.ts";
import type { Doors } from "./ask-commands.ts";
import { commands, traceView } from "./ids.ts";

/** Registers the commands and what opens traces again, no more: what they need is loaded when one is used. */
export function activate(context: vscode.ExtensionContext): void {
  const runs = new ActiveRuns();
  const doors: Doors = { keys: new ApiKeys(context.secrets), runs, extensionUri: context.extensionUri };
  context.subscriptions.push(
    runs,
    register(commands.askWorkspace, async () => (await import("./ask-commands.ts")).askWorkspace(doors)),
    register(commands.askSelected, async (...args) =>
      (await import("./ask-commands.ts")).askSelected(doors, ...readSelection(args)),
    ),
    register(commands.setApiKey, async () => (await import("./choose-model.ts")).setApiKey(doors.keys)),
    register(commands.chooseModel, async () => (await import("./choose-model.ts")).chooseModel(doors.keys)),
    register(commands.showTrace, () => runs.showTrace()),
    register(commands.stop, () => runs.stop()),
    vscode.window.registerWebviewPanelSerializer(traceView, {
      deserializeWebviewPanel: async (panel) =>
        (await import("./trace-panel.ts")).restoreTracePanel(context.extensionUri, panel),
    }),
  );
}

/** A command whose failure is shown as one line. */
function register(id: string, run: (...args: unknown[]) => Promise<unknown>): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (...args: unknown[]) => {
    try {
      await run(...args);
    } catch (error) {
      await (await import("./ask-commands.ts")).showFailure(error);
    }
  });
}

/** The explorer hands over the item that was clicked and all that are selected. */
function readSelection([clicked, selected]: readonly unknown[]): [vscode.Uri | undefined, vscode.Uri[]] {
  const uris = Array.isArray(selected) ? selected.filter((item) => item instanceof vscode.Uri) : [];
  return [clicked instanceof vscode.Uri ? clicked : undefined, uris];
}
