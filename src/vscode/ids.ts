/** Every name that the manifest and the code share. A test compares them. */
export const commands = {
  askWorkspace: "rlm.askWorkspace",
  askSelected: "rlm.askSelected",
  setApiKey: "rlm.setApiKey",
  chooseModel: "rlm.chooseModel",
  showTrace: "rlm.showTrace",
  stop: "rlm.stop",
  newChat: "rlm.chat.new",
  chatHistory: "rlm.chat.history",
  chatSettings: "rlm.chat.settings",
  askInChat: "rlm.askInChat",
  attachToChat: "rlm.attachToChat",
  testConnection: "rlm.testConnection",
  showLog: "rlm.showLog",
  configureTelemetry: "rlm.telemetry.configure",
  testTelemetry: "rlm.telemetry.test",
  applyTelemetrySchema: "rlm.telemetry.applySchema",
  openUsage: "rlm.usage.open",
  openRun: "rlm.runs.open",
  stopRun: "rlm.runs.stop",
  exportRun: "rlm.runs.export",
  deleteRun: "rlm.runs.delete",
  deleteAllRuns: "rlm.runs.deleteAll",
  refreshRuns: "rlm.runs.refresh",
  refreshContext: "rlm.context.refresh",
  resetContext: "rlm.context.reset",
  startServer: "rlm.server.start",
  stopServer: "rlm.server.stop",
} as const;

export const traceView = "rlm.trace";
export const usageView = "rlm.usage";

/** The views in the side bar. */
export const views = { chat: "rlm.chat", context: "rlm.context", runs: "rlm.runs" } as const;

/** Set while a run goes on; the enablement of `RLM: Stop` and `RLM: Show Trace` follows it. */
export const runningContext = "rlm.running";

/** The tool that agents of VS Code ask with. */
export const askTool = "rlm_ask_codebase";

/** `@rlm` in VS Code's own chat. */
export const participantId = "rlm.chat-participant";

/** Who provides our models in VS Code's model picker. */
export const modelVendor = "rlm";

/** Our MCP server, as VS Code lists it. */
export const mcpServersId = "rlm.mcp";

/** Set while the server of this window listens. */
export const servingContext = "rlm.serving";
