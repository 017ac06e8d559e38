import * as vscode from "vscode";
import type { LocalServer } from "./agents/local-server.ts";
import { registerAgents } from "./agents/register-agents.ts";
import { Serving } from "./agents/serving.ts";
import { ActiveRuns } from "./asking/active-runs.ts";
import type { ChatDoor } from "./chat/chat-door.ts";
import { ContextChoice } from "./context/context-choice.ts";
import { ContextView } from "./context/context-view.ts";
import type { Doors } from "./doors.ts";
import { commands, traceView, usageView, views } from "./ids.ts";
import { ApiKeys } from "./models/api-keys.ts";
import { OutputLog } from "./output-log.ts";
import { RunStore } from "./runs/run-store.ts";
import { RunsView } from "./runs/runs-view.ts";
import { StatusBar } from "./status-bar.ts";
import { WindowTelemetry } from "./telemetry/window-telemetry.ts";
import { workspaceStorage } from "./workspace-storage.ts";

let open: Doors | null = null;

/** Registers the commands and what opens traces again, no more: what they need is loaded when one is used. */
export function activate(context: vscode.ExtensionContext): void {
  const runs = new ActiveRuns();
  const log = new OutputLog();
  const storageUri = workspaceStorage(context);
  const store = new RunStore(vscode.Uri.joinPath(storageUri, "runs").fsPath, runs, log);
  const choice = new ContextChoice(context.workspaceState);
  const doors: Doors = {
    keys: new ApiKeys(context.secrets),
    runs,
    store,
    telemetry: new WindowTelemetry(context.secrets, context.globalStorageUri, log),
    choice,
    log,
    extensionUri: context.extensionUri,
    storageUri,
    state: context.workspaceState,
  };
  open = doors;
  const serving = new Serving();
  const runsView = new RunsView(doors);
  const contextView = new ContextView(doors);
  context.subscriptions.push(
    ...[new StatusBar(runs, serving), serving, runsView, contextView, runs, store, choice, log],
    ...runCommands(doors, runsView),
    ...chatCommands(doors),
    ...telemetryCommands(doors),
    ...registerAgents(doors),
    ...serverCommands(doors, context.secrets, serving),
    register(commands.refreshContext, () => contextView.refresh()),
    register(commands.resetContext, () => choice.takeOut([])),
    register(commands.testConnection, async () => (await import("./models/test-connection.ts")).testConnection(doors)),
    register(commands.showLog, () => log.show()),
    register(commands.askWorkspace, async () => (await import("./asking/ask-commands.ts")).askWorkspace(doors)),
    register(commands.askSelected, async (...args) =>
      (await import("./asking/ask-commands.ts")).askSelected(doors, ...readSelection(args)),
    ),
    register(commands.setApiKey, async () => (await import("./models/choose-model.ts")).setApiKey(doors.keys)),
    register(commands.chooseModel, async () => (await import("./models/choose-model.ts")).chooseModel(doors.keys)),
    register(commands.showTrace, () => runs.showTrace()),
    register(commands.stop, () => runs.stop()),
    vscode.window.registerWebviewPanelSerializer(traceView, {
      deserializeWebviewPanel: async (panel, state: unknown) =>
        (await import("./trace/traces.ts")).restoreTrace(doors, panel, state),
    }),
  );
}

/** Stops the runs when the window goes away, and stores what telemetry has of them. */
export async function deactivate(): Promise<void> {
  await open?.runs.stopAll();
  await open?.telemetry.close();
}

/** What can be done with a run: the one of the list's row, else the selected one, else one that is picked. */
function runCommands(doors: Doors, view: RunsView): vscode.Disposable[] {
  const load = () => import("./runs/run-commands.ts");
  const one = (id: string, act: (runId: string) => Promise<unknown>) =>
    register(id, async (row) => {
      const runId = runIdOf(row) ?? view.selected ?? (await (await load()).pickRun(doors));
      if (runId !== undefined) await act(runId);
    });
  return [
    one(commands.openRun, async (runId) => (await load()).openRun(doors, runId)),
    one(commands.exportRun, async (runId) => (await load()).exportRun(doors, runId)),
    one(commands.deleteRun, async (runId) => (await load()).deleteRun(doors, runId)),
    one(commands.stopRun, async (runId) => doors.runs.find(runId)?.watched.run.cancel()),
    register(commands.deleteAllRuns, async () => (await load()).deleteAllRuns(doors)),
    register(commands.refreshRuns, () => view.refreshSoon()),
  ];
}

/** The chat, which is loaded when its view is shown first or a command of it is used. */
function chatCommands(doors: Doors): vscode.Disposable[] {
  let door: Promise<ChatDoor> | null = null;
  const load = () => {
    door ??= import("./chat/chat-door.ts").then(({ ChatDoor }) => new ChatDoor(doors));
    return door;
  };
  return [
    vscode.window.registerWebviewViewProvider(views.chat, {
      resolveWebviewView: async (view) => (await load()).resolve(view),
    }),
    register(commands.newChat, async () => (await load()).startNew()),
    register(commands.chatHistory, async () => (await load()).pickEarlier()),
    register(commands.chatSettings, () => vscode.commands.executeCommand("workbench.action.openSettings", "rlm.")),
    register(commands.askInChat, async () => (await load()).attachSelection()),
    register(commands.attachToChat, async (...args) => {
      const [clicked, selected] = readSelection(args);
      await (await load()).attach(selected.length > 0 ? selected : clicked ? [clicked] : []);
    }),
  ];
}

/** The database that runs are logged to, and the view of what they cost. */
function telemetryCommands(doors: Doors): vscode.Disposable[] {
  const load = () => import("./telemetry/telemetry-commands.ts");
  const loadPanel = () => import("./telemetry/usage-panel.ts");
  return [
    register(commands.configureTelemetry, async () => (await load()).configureTelemetry(doors)),
    register(commands.testTelemetry, async () => (await load()).testTelemetry(doors)),
    register(commands.applyTelemetrySchema, async () => (await load()).applyTelemetrySchema(doors)),
    register(commands.openUsage, async () => (await loadPanel()).openUsage(doors)),
    vscode.window.registerWebviewPanelSerializer(usageView, {
      deserializeWebviewPanel: async (panel) => (await loadPanel()).fillUsage(doors, panel),
    }),
  ];
}

/** The server, which is loaded when it is started, and ends with the window. */
function serverCommands(doors: Doors, secrets: vscode.SecretStorage, serving: Serving): vscode.Disposable[] {
  let server: LocalServer | null = null;
  return [
    register(commands.startServer, async () => {
      const { LocalServer } = await import("./agents/local-server.ts");
      server ??= new LocalServer(doors, secrets, serving);
      await server.start();
    }),
    register(commands.stopServer, () => server?.stop()),
    new vscode.Disposable(() => void server?.stop()),
  ];
}

/** A row of the list, or the id itself. */
function runIdOf(row: unknown): string | undefined {
  if (typeof row === "string") return row;
  if (typeof row !== "object" || row === null || !("runId" in row)) return undefined;
  return typeof row.runId === "string" ? row.runId : undefined;
}

/** A command whose failure is shown as one line. */
function register(id: string, run: (...args: unknown[]) => unknown): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (...args: unknown[]) => {
    try {
      await run(...args);
    } catch (error) {
      await (await import("./asking/show-failure.ts")).showFailure(error);
    }
  });
}

/** The explorer hands over the item that was clicked and all that are selected. */
function readSelection([clicked, selected]: readonly unknown[]): [vscode.Uri | undefined, vscode.Uri[]] {
  const uris = Array.isArray(selected) ? selected.filter((item) => item instanceof vscode.Uri) : [];
  return [clicked instanceof vscode.Uri ? clicked : undefined, uris];
}
