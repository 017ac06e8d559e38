import * as vscode from "vscode";
import type { Telemetry } from "../../telemetry/telemetry.ts";
import { commands } from "../ids.ts";

/** How long the database may be away before the user is told (milliseconds). */
const patienceMs = 5 * 60_000;

/** Tells the user, once in a window, that the database has been away for long, or that rows are lost. */
export class AbsenceNotice {
  #timer: NodeJS.Timeout | null = null;
  #told = false;

  take({ state, lastError }: Telemetry["state"]): void {
    const message = lastError?.message ?? "";
    if (state === "full") {
      void this.#tell(vscode.l10n.t("RLM: Telemetry can't be kept any more, and some of it is lost. {0}", message));
    } else if (state === "away") {
      const words = vscode.l10n.t("RLM: The telemetry database is away; what runs tell waits on disk. {0}", message);
      this.#timer ??= setTimeout(() => void this.#tell(words), patienceMs);
    } else {
      this.dispose();
    }
  }

  /** Forgets an absence that is over. */
  dispose(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #tell(words: string): Promise<void> {
    if (this.#told) return;
    this.#told = true;
    const test = vscode.l10n.t("Test Telemetry Connection");
    if ((await vscode.window.showWarningMessage(words, test)) === test) {
      await vscode.commands.executeCommand(commands.testTelemetry);
    }
  }
}
