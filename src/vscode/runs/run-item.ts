import * as vscode from "vscode";
import { formatCount, formatMs, formatNumberOf, formatTokens, formatUsd } from "../../rlm/format.ts";
import type { RunFacts, RunState } from "../../runs/run-summary.ts";
import type { WatchedRun } from "../asking/watched-run.ts";
import { commands } from "../ids.ts";

/** A run as the list shows it. */
export interface ListedRun extends Pick<RunFacts, "runId" | "question" | "startedAt" | "state"> {
  /** Null for a run that has no log yet. */
  readonly facts: RunFacts | null;
  /** A run of this window that goes on. */
  readonly live: WatchedRun | null;
}

/** A run as an item of the native list. */
export function runItem(run: ListedRun): vscode.TreeItem {
  const item = new vscode.TreeItem(run.question, vscode.TreeItemCollapsibleState.None);
  const description = run.live ? liveDescription(run.live) : run.facts ? descriptionOf(run.facts) : "";
  item.id = run.runId;
  item.iconPath = iconOf(run.state);
  item.description = description;
  item.contextValue = run.live ? "run.live" : run.state === "running" ? "run.elsewhere" : "run.over";
  item.command = { command: commands.openRun, title: vscode.l10n.t("Open Trace"), arguments: [run.runId] };
  item.accessibilityInformation = { label: `${run.question}, ${stateWords(run.state)}, ${description}` };
  return item;
}

/** What is seen when the pointer rests on a run: models, context, limits, what was used. */
export function runTooltip({ question, startedAt, state, facts }: ListedRun): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  const line = (text: string) => tooltip.appendText(text).appendMarkdown("\n\n");
  line(question);
  line(`${stateWords(state)} · ${new Date(startedAt).toLocaleString(vscode.env.language)}`);
  if (!facts) return tooltip;
  const { models, limits, totals, contextName, stopReason } = facts;
  const models2 = models.sub === models.root ? models.root : vscode.l10n.t("{0} with {1}", models.root, models.sub);
  line(vscode.l10n.t("Models: {0}", models2));
  if (contextName !== null) line(vscode.l10n.t("Asked about: {0}", contextName));
  if (stopReason !== null && state === "partial") line(vscode.l10n.t("Stopped at its limit: {0}", stopReason));
  if (totals) {
    const counts = `${formatNumberOf(totals.turns, "turn")} · ${formatNumberOf(totals.calls, "call")}`;
    line(vscode.l10n.t("Used: {0}", `${counts} · ${formatTokens(totals.usage)} · ${costWords(totals.costUsd)}`));
  }
  const caps = `${formatNumberOf(limits.turns, "turn")} · ${formatNumberOf(limits.calls, "call")} · ${formatCount(limits.tokens)} tok`;
  const more = `${formatUsd(limits.usd)} · ${formatMs(limits.seconds * 1_000)}`;
  line(vscode.l10n.t("Limits: {0}", `${caps} · ${more}`));
  return tooltip;
}

/** `turn 3 · $0.012` */
export function liveDescription({ tree }: WatchedRun): string {
  const turn = tree.turns.at(-1)?.turn;
  const { costUsd } = tree.totals;
  return [
    turn === undefined ? vscode.l10n.t("collecting") : vscode.l10n.t("turn {0}", turn),
    ...(costUsd === 0 ? [] : [costWords(costUsd)]),
  ].join(" · ");
}

export function stateWords(state: RunState): string {
  switch (state) {
    case "running":
      return vscode.l10n.t("running");
    case "answered":
      return vscode.l10n.t("answered");
    case "partial":
      return vscode.l10n.t("partial answer");
    case "failed":
      return vscode.l10n.t("failed");
    case "cancelled":
      return vscode.l10n.t("cancelled");
    case "interrupted":
      return vscode.l10n.t("interrupted");
  }
}

function descriptionOf({ costUsd, startedAt, endedAt }: RunFacts): string {
  return `${costWords(costUsd)} · ${formatMs(endedAt - startedAt)}`;
}

function costWords(usd: number | null): string {
  return usd === null ? vscode.l10n.t("cost unknown") : formatUsd(usd);
}

function iconOf(state: RunState): vscode.ThemeIcon {
  const [icon, color] = icons[state];
  return new vscode.ThemeIcon(icon, color === null ? undefined : new vscode.ThemeColor(color));
}

const icons: Readonly<Record<RunState, readonly [icon: string, color: string | null]>> = {
  running: ["sync~spin", null],
  answered: ["pass", "testing.iconPassed"],
  partial: ["warning", "list.warningForeground"],
  failed: ["error", "list.errorForeground"],
  cancelled: ["circle-slash", "disabledForeground"],
  interrupted: ["debug-disconnect", "list.warningForeground"],
};
