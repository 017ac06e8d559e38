import { formatCount, formatMs, formatNumberOf, formatShort, formatUsd, formatUsdLimit } from "./format.ts";
import type { CallNode, CellNode, FanOutQuestion, Retry, RunNode } from "./run-nodes.ts";
import type { RunTree } from "./run-tree.ts";

/**
 * What a run does right now, in one plain line; once it is over, how it ended.
 * @param now milliseconds since 1970: a wait counts down
 */
export function describeActivity(tree: RunTree, now: number): string {
  if (tree.interrupted) return "Interrupted: it went away with its window before it ended";
  if (tree.state === "done") return tree.root ? describeEnd(tree.root) : "";
  if (tree.asking) return `Waiting for you: run ${describeCalls(tree.asking)}?`;
  if (tree.waiting) return describeWait(tree.waiting, now);
  if (!tree.started) return "Starting";
  if (!tree.context) return `Collecting files${tree.collected ? `: ${formatCount(tree.collected.files)}` : ""}`;
  const turn = tree.turns.at(-1);
  if (!turn) return "Starting the first turn";
  if (turn.state === "running") {
    if (turn.last) return "Asking for the best answer from what is known";
    return `Turn ${turn.turn}: ${turn.reply === "" ? "waiting for the model" : "the model is writing"}`;
  }
  const cell = turn.cells.at(-1);
  if (cell?.state === "running") return describeCell(cell);
  return `Turn ${turn.turn}: ${cell ? `cell ${cell.cell} is done` : "reading the reply"}`;
}

/** `12 sub-calls`, `3 child runs`. */
export function describeCalls({ calls, kind }: Pick<FanOutQuestion, "calls" | "kind">): string {
  return formatNumberOf(calls, kind === "rlm" ? "child run" : "sub-call");
}

/** What calls are expected to take: `≈310k tokens, ≈$0.84`. */
export function describeForecast({ tokens, usd }: Pick<FanOutQuestion, "tokens" | "usd">): string {
  const cost = usd === null ? "cost unknown" : `≈${formatUsd(usd)}`;
  return `≈${formatShort(tokens)} tokens, ${cost}`;
}

/** A failure's code in plain words: `rate-limit` is `rate limit`. */
export function describeFailureCode(code: string): string {
  return failureWords[code] ?? code.replaceAll("-", " ");
}

const failureWords: Readonly<Record<string, string>> = {
  auth: "the key was refused",
  consent: "not allowed by the user",
  network: "network error",
  timeout: "no reply in time",
  server: "server error",
  overflow: "the prompt is too long",
};

function describeCell(cell: CellNode): string {
  const children = cell.calls.filter((call) => call.asks === "rlm");
  if (children.some((call) => call.state === "running")) return describeChildren(children);
  const asked = cell.calls.length;
  if (asked === cell.callsEnded) return `Running cell ${cell.cell}`;
  if (asked === 1) return "Asking 1 sub-model";
  return `Asking ${formatCount(asked)} sub-models: ${formatCount(cell.callsEnded)} done`;
}

function describeChildren(children: readonly CallNode[]): string {
  const [only] = children;
  if (only && children.length === 1) return `A child run is at turn ${Math.max(1, only.child?.turns.length ?? 0)}`;
  const done = children.filter((call) => call.state !== "running").length;
  return `${formatCount(children.length)} child runs: ${formatCount(done)} done`;
}

/** `Rate limited; again in 12 s`. The last second is said until it is over. */
function describeWait({ at, waitMs, code }: Retry, now: number): string {
  const seconds = Math.ceil((at + waitMs - now) / 1_000);
  const words = waitWords[code] ?? describeFailureCode(code);
  const reason = words.charAt(0).toUpperCase() + words.slice(1);
  if (seconds <= 0) return `${reason}; trying again`;
  return `${reason}; again in ${seconds < 60 ? `${seconds} s` : formatMs(seconds * 1_000)}`;
}

const waitWords: Readonly<Record<string, string>> = {
  "rate-limit": "rate limited",
  "broken-stream": "the reply broke off",
};

/** How a run or a child run ended, in one line; empty while it goes on. A child's limits are shares of its parent's. */
export function describeEnd({ finished, started }: RunNode): string {
  if (!finished) return "";
  const { turns, calls, tokens, usd, seconds, errors } = started.limits;
  const end = finished.answer === null ? "no answer" : "partial answer";
  const stopped = (limit: string, share = "share") =>
    `Stopped at ${started.parent ? `its ${share}` : "your limit"} of ${limit}: ${end}`;
  switch (finished.stopReason) {
    case "answered":
      return "Answered";
    case "direct":
      return "Answered in one call, as all of it fits into one prompt";
    case "turns":
      return stopped(formatNumberOf(turns, "turn"), "limit");
    case "calls":
      return stopped(formatNumberOf(calls, "sub-call"));
    case "tokens":
      return stopped(formatNumberOf(tokens, "token"));
    case "cost":
      return stopped(formatUsdLimit(usd));
    case "time":
      return stopped(formatMs(seconds * 1_000));
    case "errors":
      return `Stopped after ${formatNumberOf(errors, "failed turn")} in a row: ${end}`;
    case "cancelled":
      return finished.answer === null ? "Cancelled" : "Cancelled: partial answer";
    case "failed":
      return `Failed: ${finished.error?.message ?? "the run ended without a reason"}`;
  }
}
