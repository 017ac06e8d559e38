import * as vscode from "vscode";
import { howToSetKey } from "../../models/endpoint.ts";
import { type Failure, failureOf } from "../../rlm/failure.ts";
import { commands } from "../ids.ts";

/** A command that may mend a failure, as a button. */
export interface Mend {
  readonly label: string;
  readonly command: string;
}

/** Shows a failure as one line with the command that may mend it; nothing where the user has cancelled. */
export async function showFailure(error: unknown): Promise<void> {
  const failure = isFailure(error) ? error : failureOf(error);
  if (failure.code === "cancelled") return;
  const mend = mendOf(failure);
  const picked = await vscode.window.showErrorMessage(`RLM: ${shortLine(failure)}`, ...(mend ? [mend.label] : []));
  if (mend && picked === mend.label) await vscode.commands.executeCommand(mend.command);
}

/** What may mend a failure; undefined where nothing is known to. */
export function mendOf({ code }: Failure): Mend | undefined {
  const kind = Object.hasOwn(mends, code) ? mends[code] : undefined;
  return kind && mendFor(kind);
}

/** The failure's line without what its button says. */
export function shortLine({ message }: Failure): string {
  return message.replace(`: ${howToSetKey}`, "");
}

type MendKind = "key" | "model" | "test";

const mends: Readonly<Record<string, MendKind>> = {
  auth: "key",
  "unknown-model": "model",
  consent: "model",
  quota: "model",
  blocked: "model",
  "bad-request": "model",
  network: "test",
  timeout: "test",
  server: "test",
  "broken-stream": "test",
  "empty-reply": "test",
};

function mendFor(kind: MendKind): Mend {
  switch (kind) {
    case "key":
      return { label: vscode.l10n.t("Set API Key…"), command: commands.setApiKey };
    case "model":
      return { label: vscode.l10n.t("Choose Model…"), command: commands.chooseModel };
    case "test":
      return { label: vscode.l10n.t("Test Connection"), command: commands.testConnection };
  }
}

function isFailure(error: unknown): error is Failure {
  return (
    typeof error === "object" && error !== null && !(error instanceof Error) && "code" in error && "message" in error
  );
}
