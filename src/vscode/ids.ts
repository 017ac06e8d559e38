/** Every name that the manifest and the code share. A test compares them. */
export const commands = {
  askWorkspace: "rlm.askWorkspace",
  askSelected: "rlm.askSelected",
  setApiKey: "rlm.setApiKey",
  chooseModel: "rlm.chooseModel",
  showTrace: "rlm.showTrace",
  stop: "rlm.stop",
} as const;

export const traceView = "rlm.trace";

/** Set while a run goes on; the enablement of `RLM: Stop` and `RLM: Show Trace` follows it. */
export const runningContext = "rlm.running";
