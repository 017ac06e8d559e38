import type { Citation } from "../../rlm/events.ts";
import { formatNumberOf, formatTokens, formatUsd } from "../../rlm/format.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { describeEnd } from "../../rlm/run-words.ts";

/** What each status says about a citation to a reader who sees only text. */
const statusWords: Readonly<Record<Citation["status"], string>> = {
  quoted: "read and quoted",
  seen: "read",
  exists: "there, but no model of the run was shown it",
  missing: "not there",
};

/**
 * The answer of a run that is over as one text: the answer itself, how it ended where it is partial, its citations with
 * what checking them gave, and what it took.
 * @throws AgentError where there is no answer
 */
export function toldAnswer(tree: RunTree): string {
  const { finished, root } = tree;
  if (!finished || !root || finished.answer === null) throw noAnswer(tree);
  const whole = finished.stopReason === "answered" || finished.stopReason === "direct";
  const parts = [finished.answer.trim(), whole ? "" : `[${describeEnd(root)}]`, toldCitations(finished.citations)];
  return [...parts, `(${toldCost(tree)})`].filter((part) => part !== "").join("\n\n");
}

/** `5 turns, 7 calls, 31k tok, $0.018` */
export function toldCost({ finished }: RunTree): string {
  if (!finished) return "";
  const { turns, calls, usage, costUsd } = finished.totals;
  const cost = costUsd === null ? "cost unknown" : formatUsd(costUsd);
  return [formatNumberOf(turns, "turn"), formatNumberOf(calls, "call"), formatTokens(usage), cost].join(", ");
}

function toldCitations(citations: readonly Citation[]): string {
  if (citations.length === 0) return "";
  const lines = citations.map(({ path, from, to, status }) => `- ${path}:${from}-${to} (${statusWords[status]})`);
  return ["Citations, checked against the files:", ...lines].join("\n");
}

/** Why a question of an agent has no answer, in one line. */
export class AgentError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "AgentError";
    this.code = code;
  }
}

/** What is told where a run has ended without an answer. */
export function noAnswer({ finished, root }: RunTree): AgentError {
  if (finished?.error) return new AgentError(finished.error.code, finished.error.message);
  return new AgentError(finished?.stopReason ?? "internal", root ? describeEnd(root) : "The run did not begin.");
}
