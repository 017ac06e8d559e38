// What the chat says of runs, in words. No `vscode` here: the texts about runs are those of src/rlm.
import { behind, describeWitness } from "../../rlm/behind.ts";
import type { LineRange } from "../../rlm/coverage.ts";
import type { StopReason, Totals } from "../../rlm/events.ts";
import type { Failure } from "../../rlm/failure.ts";
import { formatMs, formatNumberOf, formatTokens, formatUsd, formatUsdLimit } from "../../rlm/format.ts";
import type { Limits } from "../../rlm/limits.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { describeEnd } from "../../rlm/run-words.ts";
import { stepsOf } from "../../rlm/steps.ts";
import type { AskedLimits, ExchangeResult } from "./conversations.ts";

/** `gpt-5 + gpt-5-mini`; empty before it is known. */
export function modelsOf({ started }: RunTree): string {
  if (!started) return "";
  const { root, sub } = started.models;
  return sub === root ? root : `${root} + ${sub}`;
}

/** `5 turns`, `7 calls`, `31k tok (62 % cached)`, `$0.018`; once it is over, `12.1 s`. */
export function figuresOf(tree: RunTree): string[] {
  const { totals, started, finished } = tree;
  const free = started?.models.offline ?? false;
  const of = finished || totals.costUsd === null || !started ? "" : ` of ${formatUsdLimit(started.limits.usd)}`;
  return [
    formatNumberOf(totals.turns, "turn"),
    ...(totals.calls > 0 ? [formatNumberOf(totals.calls, "call")] : []),
    ...(free ? [] : tokensOf(totals)),
    ...(free || tokensOf(totals).length === 0 ? [] : [`${costOf(totals)}${of}`]),
    ...(finished && started ? [formatMs(finished.at - started.at)] : []),
  ];
}

function tokensOf({ usage }: Totals): string[] {
  if (usage.input + usage.output === 0) return [];
  const cached = usage.input > 0 ? Math.round((100 * usage.cachedInput) / usage.input) : 0;
  return [`${formatTokens(usage)}${cached > 0 ? ` (${cached} % cached)` : ""}`];
}

function costOf({ costUsd }: Totals): string {
  return costUsd === null ? "cost unknown" : formatUsd(costUsd);
}

/** What is kept of a run that is over; null while it goes on. */
export function resultOf(tree: RunTree): ExchangeResult | null {
  const { root, finished, context } = tree;
  if (!root || !finished) return null;
  return {
    answer: finished.answer,
    citations: finished.citations.map(({ sha256, ...place }) => (sha256 === undefined ? place : { ...place, sha256 })),
    stopReason: finished.stopReason,
    error: finished.error ?? null,
    end: describeEnd(root),
    figures: figuresOf(tree),
    steps: stepsOf(root),
    collected: collectedOf(tree),
    roots: [...(context?.roots ?? [])],
  };
}

/** What a run is asked about; null before it is collected. */
export function collectedOf({ context }: RunTree): ExchangeResult["collected"] {
  return context && { files: context.manifest.files, chars: context.manifest.chars };
}

/** A run that could not begin. */
export function failedResult({ code, message }: Failure): ExchangeResult {
  return { ...nothing, stopReason: "failed", error: { code, message }, end: `Failed: ${message}` };
}

/** A run that the user has stopped before it could begin. */
export function stoppedResult(): ExchangeResult {
  return { ...nothing, stopReason: "cancelled", error: null, end: "Cancelled" };
}

const nothing = { answer: null, citations: [], figures: [], steps: [], collected: null, roots: [] };

/** The limits under which a question that met one is asked again, and what a button for that says; null where none would help. */
export function raisedLimits(
  reason: StopReason,
  { turns, calls, tokens, usd, seconds }: Limits,
): { readonly limits: AskedLimits; readonly label: string } | null {
  switch (reason) {
    case "turns":
      return { limits: { turns: 2 * turns }, label: `Ask again with ${formatNumberOf(2 * turns, "turn")}` };
    case "calls": {
      const more = Math.max(10, 2 * calls);
      return { limits: { calls: more }, label: `Ask again with ${formatNumberOf(more, "sub-call")}` };
    }
    case "tokens":
      return { limits: { tokens: 2 * tokens }, label: `Ask again with ${formatNumberOf(2 * tokens, "token")}` };
    case "cost": {
      const more = Math.max(0.25, 2 * usd);
      return { limits: { usd: more }, label: `Ask again with up to ${formatUsdLimit(more)}` };
    }
    case "time":
      return { limits: { seconds: 2 * seconds }, label: `Ask again with ${formatMs(2_000 * seconds)}` };
    default:
      return null;
  }
}

const mostWitnesses = 6;

/** Who of a run's models was shown some of these lines: `Turn 2`, `Turn 3, sub-call 4`, `and 9 more`. */
export function witnessesOf({ root }: RunTree, range: LineRange): string[] {
  const all = [...new Set(behind(root, range).map(describeWitness))];
  const named = all.slice(0, mostWitnesses);
  return all.length > named.length ? [...named, `and ${all.length - named.length} more`] : named;
}
