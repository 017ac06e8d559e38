import { formatMs, formatNumberOf, formatTokens, formatUsd } from "../../rlm/format.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { describeActivity } from "../../rlm/run-words.ts";
import { Icon } from "../ui/icon.tsx";
import { usePost } from "./actions.ts";

/** The question, how it goes, and what it has used. */
export function Header({ tree, now, showAnswer }: { tree: RunTree; now: number; showAnswer: (() => void) | null }) {
  const post = usePost();
  const running = tree.state !== "done";
  const question = tree.started?.question ?? "";
  return (
    <header class="header">
      <div class="header-line">
        <h1 title={question}>{question}</h1>
        {showAnswer && (
          <button type="button" class="link" onClick={showAnswer}>
            Show answer
          </button>
        )}
        {running && (
          <button type="button" class="icon-button" onClick={() => post({ type: "stop" })}>
            <Icon name="debug-stop" />
            Stop
          </button>
        )}
      </div>
      <div class="header-line">
        <p class={`activity icon-line ${outcomeOf(tree).tone}`} role="status" aria-live="polite">
          <Icon name={outcomeOf(tree).icon} />
          {tree.waiting ? <Wait tree={tree} since={tree.waiting.at} now={now} /> : <Activity tree={tree} now={now} />}
        </p>
        <p class="models">{modelsOf(tree)}</p>
        <p class="figures">{figuresOf(tree, now).join(" · ")}</p>
      </div>
      {running && <div class="progress" aria-hidden="true" />}
    </header>
  );
}

function Activity({ tree, now }: { tree: RunTree; now: number }) {
  return (
    <span>
      {describeActivity(tree, now)}
      {byWhat(tree)}
    </span>
  );
}

/** A wait counts down for the eye; it is said aloud once, as it was when it began. */
function Wait({ tree, since, now }: { tree: RunTree; since: number; now: number }) {
  return (
    <>
      <span class="visually-hidden">{describeActivity(tree, since)}</span>
      <span aria-hidden="true">{describeActivity(tree, now)}</span>
    </>
  );
}

function outcomeOf(tree: RunTree): { icon: string; tone: string } {
  switch (tree.stopReason) {
    case null:
      return { icon: tree.waiting ? "watch" : "loading codicon-modifier-spin", tone: "" };
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

function figuresOf(tree: RunTree, now: number): string[] {
  const { turns, calls, usage, costUsd } = tree.totals;
  const startedAt = tree.started?.at ?? now;
  const used = usage.input + usage.output > 0;
  return [
    formatNumberOf(turns, "turn"),
    formatNumberOf(calls, "sub-call"),
    ...(used ? [formatTokens(usage), costUsd === null ? "cost unknown" : formatUsd(costUsd)] : []),
    formatMs((tree.finished?.at ?? now) - startedAt),
  ];
}

/** An answer that no language model gave says so at once. */
function byWhat({ started, stopReason }: RunTree): string {
  return started?.models.offline && stopReason === "answered" ? " offline, by search" : "";
}

function modelsOf({ started }: RunTree): string {
  if (!started) return "";
  const { root, sub } = started.models;
  return sub === root ? root : `${root} + ${sub}`;
}
