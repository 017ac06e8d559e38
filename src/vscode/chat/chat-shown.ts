import * as vscode from "vscode";
import { answerSoFar } from "../../rlm/answer-so-far.ts";
import { oneLine } from "../../rlm/cut.ts";
import { formatUsd } from "../../rlm/format.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { describeActivity, describeForecast } from "../../rlm/run-words.ts";
import { stepsOf } from "../../rlm/steps.ts";
import type { ShownExchange, ShownProgress } from "../../webview/chat/protocol.ts";
import { describeFanOut, fanOutChoices } from "../../webview/trace/protocol.ts";
import { mendOf, shortLine } from "../asking/show-failure.ts";
import type { WatchedRun } from "../asking/watched-run.ts";
import { describeAbout } from "./attachments.ts";
import { collectedOf, figuresOf, modelsOf } from "./chat-words.ts";
import type { Exchange } from "./conversations.ts";

/** Of a longer answer the view gets the beginning; an editor shows it all. */
const mostAnswerChars = 200_000;
/** Only the newest steps of a very long run are shown. */
const mostSteps = 200;
const sampleChars = 2_000;

/** What the window knows of an exchange besides what is kept. */
export interface ExchangeNow {
  /** Its run goes on in this window. */
  readonly goesOn: boolean;
  /** It goes on in another one. */
  readonly elsewhere: boolean;
  readonly watched: WatchedRun | null;
  /** Paths of citations whose files have changed since. */
  readonly stale: readonly string[];
  /** What a button says that asks again under a higher limit; null where that does not help. */
  readonly raise: string | null;
}

/** An exchange as the view shows it. */
export function shownExchange(
  exchange: Exchange,
  { goesOn, elsewhere, watched, stale, raise }: ExchangeNow,
): ShownExchange {
  const { id, question, about, result, runId } = exchange;
  const collected = result?.collected ?? (watched && collectedOf(watched.tree)) ?? null;
  const interrupted = exchange.state === "running" && !goesOn;
  return {
    id,
    question,
    about: describeAbout(about, collected),
    state: interrupted ? "interrupted" : exchange.state,
    answer: result?.answer?.slice(0, mostAnswerChars) ?? null,
    answerChars: result?.answer?.length ?? 0,
    citations: result?.citations.map(({ path, from, to, status }) => ({ path, from, to, status })) ?? [],
    stale: [...stale],
    steps: result?.steps.slice(-mostSteps) ?? [],
    end: interrupted ? interruptedEnd(elsewhere) : endOf(exchange),
    help: interrupted ? interruptedHelp(elsewhere) : helpOf(exchange, raise),
    figures: result?.figures ?? [],
    hasTrace: runId !== null,
  };
}

function interruptedEnd(elsewhere: boolean): ShownExchange["end"] {
  if (elsewhere) return { text: vscode.l10n.t("It is being answered in another window."), tone: "plain" };
  const text = vscode.l10n.t("Interrupted: its window was closed or loaded anew before the answer.");
  return { text, tone: "warning" };
}

function interruptedHelp(elsewhere: boolean): ShownExchange["help"] {
  return elsewhere ? null : { label: vscode.l10n.t("Ask Again"), how: "same" };
}

function endOf({ result }: Exchange): ShownExchange["end"] {
  if (!result) return null;
  switch (result.stopReason) {
    case "answered":
    case "direct":
      return null;
    case "cancelled":
      return { text: result.end, tone: "plain" };
    case "failed":
      return { text: result.error ? shortLine(result.error) : result.end, tone: "error" };
    default:
      return { text: result.end, tone: "warning" };
  }
}

function helpOf({ result }: Exchange, raise: string | null): ShownExchange["help"] {
  if (!result || result.stopReason === "answered" || result.stopReason === "direct") return null;
  if (raise !== null) return { label: raise, how: "raised" };
  const mend = result.error ? mendOf(result.error) : undefined;
  if (mend) return { label: mend.label, how: "mend" };
  return { label: vscode.l10n.t("Ask Again"), how: "same" };
}

/** What a run does now. @param sent what the view has of the answer that is being written */
export function shownProgress(exchange: string, { tree }: WatchedRun, sent: string, now: number): ShownProgress {
  const draft = answerSoFar(tree);
  const from = draft.startsWith(sent) ? sent.length : 0;
  return {
    exchange,
    models: modelsOf(tree),
    activity: describeActivity(tree, now),
    spoken: describeActivity(tree, tree.waiting?.at ?? now),
    startedAt: tree.started?.at ?? now,
    now,
    figures: figuresOf(tree),
    steps: tree.root ? stepsOf(tree.root).slice(-mostSteps) : [],
    asking: askingOf(tree),
    draft: { from, text: draft.slice(from) },
  };
}

function askingOf({ asking, totals }: RunTree): ShownProgress["asking"] {
  if (!asking) return null;
  const spent = totals.costUsd === null ? "" : vscode.l10n.t("{0} is spent so far.", formatUsd(totals.costUsd));
  return {
    asked: asking.seq,
    title: `${describeFanOut(asking)}: ${describeForecast(asking)}`,
    note: `${spent} ${vscode.l10n.t("Your time limit stands still until you choose.")}`.trim(),
    sample: asking.sample.slice(0, sampleChars),
    choices: fanOutChoices(asking),
  };
}

/** The first words of a conversation, to find it by. */
export function titleOf(exchanges: readonly Exchange[]): string {
  return oneLine(exchanges[0]?.question ?? "", 80);
}
