import type { StopReason } from "../../rlm/events.ts";
import { formatMs, formatNumberOf, formatUsd } from "../../rlm/format.ts";
import type { RunNode } from "../../rlm/run-nodes.ts";

/** The icon, and the class of the line, that go with how a run ended. */
export function outcomeLook(reason: StopReason): { readonly icon: string; readonly tone: string } {
  switch (reason) {
    case "answered":
    case "direct":
      return { icon: "pass", tone: "" };
    case "failed":
      return { icon: "error", tone: "error" };
    case "cancelled":
      return { icon: "circle-slash", tone: "" };
    default:
      return { icon: "warning", tone: "warning" };
  }
}

/** True where a limit has ended a run, or the user, and it has an answer even so. */
export function isPartial({ finished }: RunNode): boolean {
  if (!finished || finished.answer === null) return false;
  return finished.stopReason !== "answered" && finished.stopReason !== "direct";
}

/** How a child run ended, in one line; null while it goes on. */
export function describeChildEnd({ finished, started }: RunNode): string | null {
  if (!finished) return null;
  const { turns, calls, tokens, usd, seconds, errors } = started.limits;
  const end = finished.answer === null ? "no answer" : "partial answer";
  switch (finished.stopReason) {
    case "answered":
      return "Answered";
    case "direct":
      return "Answered in one call, as all of it fits into one prompt";
    case "turns":
      return `Stopped at its limit of ${formatNumberOf(turns, "turn")}: ${end}`;
    case "calls":
      return `Stopped at its share of ${formatNumberOf(calls, "sub-call")}: ${end}`;
    case "tokens":
      return `Stopped at its share of ${formatNumberOf(tokens, "token")}: ${end}`;
    case "cost":
      return `Stopped at its share of ${formatUsd(usd)}: ${end}`;
    case "time":
      return `Stopped at its share of ${formatMs(seconds * 1_000)}: ${end}`;
    case "errors":
      return `Stopped after ${formatNumberOf(errors, "failed turn")} in a row: ${end}`;
    case "cancelled":
      return finished.answer === null ? "Cancelled" : "Cancelled: partial answer";
    case "failed":
      return `Failed: ${finished.error?.message ?? "it ended without a reason"}`;
  }
}
