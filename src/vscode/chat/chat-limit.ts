import * as vscode from "vscode";
import { formatUsdLimit } from "../../rlm/format.ts";
import { readSettings } from "../settings.ts";

const offered = [0.1, 0.25, 0.5, 1, 2, 5, 10];
const mostUsd = 10_000;

interface LimitItem extends vscode.QuickPickItem {
  readonly usd: number | null;
}

/** Lets the user say what each question of a conversation may cost. @returns US dollars; undefined where they gave up */
export async function pickLimit(now: number | null): Promise<number | undefined> {
  const usual = readSettings().limits.usd ?? 1;
  const items = [...new Set([...offered, usual])].sort((a, b) => a - b).map((usd) => itemOf(usd, usual, now ?? usual));
  const picked = await vscode.window.showQuickPick<LimitItem>(
    [...items, { label: vscode.l10n.t("Another amount…"), usd: null }],
    {
      title: vscode.l10n.t("RLM: Limit"),
      placeHolder: vscode.l10n.t("What one question of this conversation may cost, its child runs included"),
      ignoreFocusOut: true,
    },
  );
  if (!picked) return undefined;
  return picked.usd ?? typedLimit();
}

function itemOf(usd: number, usual: number, now: number): LimitItem {
  const notes = [
    ...(usd === now ? [vscode.l10n.t("now")] : []),
    ...(usd === usual ? [vscode.l10n.t("as in the settings")] : []),
  ];
  return { label: vscode.l10n.t("up to {0}", formatUsdLimit(usd)), description: notes.join(", "), usd };
}

async function typedLimit(): Promise<number | undefined> {
  const typed = await vscode.window.showInputBox({
    title: vscode.l10n.t("RLM: Limit"),
    prompt: vscode.l10n.t("US dollars that one question may cost"),
    ignoreFocusOut: true,
    validateInput: (text) => (readUsd(text) === null ? vscode.l10n.t("A number from 0 to 10,000, such as 1.50") : null),
  });
  return typed === undefined ? undefined : (readUsd(typed) ?? undefined);
}

function readUsd(text: string): number | null {
  const usd = Number(text.trim().replace(/^\$/, "").replace(",", "."));
  return text.trim() === "" || !(usd >= 0 && usd <= mostUsd) ? null : usd;
}
