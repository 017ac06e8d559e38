import type { StopReason } from "../../rlm/events.ts";
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
