import type * as vscode from "vscode";
import type { ActiveRuns } from "./asking/active-runs.ts";
import type { ContextChoice } from "./context/context-choice.ts";
import type { ApiKeys } from "./models/api-keys.ts";
import type { OutputLog } from "./output-log.ts";
import type { RunStore } from "./runs/run-store.ts";
import type { WindowTelemetry } from "./telemetry/window-telemetry.ts";

/** What every command and view of the window works with. */
export interface Doors {
  readonly keys: ApiKeys;
  readonly runs: ActiveRuns;
  /** The runs of this workspace that are on disk. */
  readonly store: RunStore;
  /** Logs runs to the user's database, where that is wanted. */
  readonly telemetry: WindowTelemetry;
  /** What the user has taken out of what is asked about. */
  readonly choice: ContextChoice;
  readonly log: OutputLog;
  readonly extensionUri: vscode.Uri;
  /** Where files of this workspace are kept, the same for all its windows. */
  readonly storageUri: vscode.Uri;
  /** Small things of this workspace that last. */
  readonly state: vscode.Memento;
}
