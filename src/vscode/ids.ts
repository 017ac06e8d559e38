/** Every name that the manifest and the code share. A test compares them. */
export const commands = {
  askWorkspace: "rlm.askWorkspace",
  askSelected: "rlm.askSelected",
  setApiKey: "rlm.setApiKey",
  chooseModel: "rlm.chooseModel",
  stop: "rlm.stop",
} as const;

export const traceView = "rlm.trace";

/** Set while a run goes on; menus and the enablement of `RLM: Stop` follow it. */
export const runningContext = "rlm.running";
