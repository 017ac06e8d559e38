import { formatMs, formatNumberOf, formatTokens, formatUsd } from "../../rlm/format.ts";
import type { FanOutQuestion } from "../../rlm/run-nodes.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { describeActivity, describeCalls } from "../../rlm/run-words.ts";
import { Icon } from "../ui/icon.tsx";
import { useHost } from "./actions.ts";
import { outcomeLook } from "./outcome.ts";

interface HeaderProps {
  readonly tree: RunTree;
  /** What the run waits for the user to say. */
  readonly asking: FanOutQuestion | null;
  readonly now: number;
  readonly showAnswer: (() => void) | null;
}

/** The question, how it goes, and what it has used. */
export function Header({ tree, asking, now, showAnswer }: HeaderProps) {
  const { post, isEditor } = useHost();
  const running = tree.state !== "done";
  const { icon, tone } = lookOf(tree, asking);
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
        {isEditor && !running && (
          <button
            type="button"
            class="icon-button"
            title="Save this run as a file (e)"
            onClick={() => post({ type: "export" })}
          >
            <Icon name="export" />
            Export
          </button>
        )}
        {isEditor && running && (
          <button type="button" class="icon-button" onClick={() => post({ type: "stop" })}>
            <Icon name="debug-stop" />
            Stop
          </button>
        )}
      </div>
      <div class="header-line">
        <p class={`activity icon-line ${tone}`} role="status" aria-live="polite">
          <Icon name={icon} />
          {asking && <span>Waiting for you: run {describeCalls(asking)}?</span>}
          {!asking && tree.waiting && <Wait tree={tree} since={tree.waiting.at} now={now} />}
          {!asking && !tree.waiting && <Activity tree={tree} now={now} />}
        </p>
        <p class="models">{modelsOf(tree)}</p>
        <p class="figures">{figuresOf(tree, now).join(" · ")}</p>
      </div>
      {running && !asking && <div class="progress" aria-hidden="true" />}
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

function lookOf(tree: RunTree, asking: FanOutQuestion | null): { icon: string; tone: string } {
  if (tree.interrupted) return { icon: "debug-disconnect", tone: "warning" };
  if (tree.stopReason !== null) return outcomeLook(tree.stopReason);
  if (asking) return { icon: "debug-pause", tone: "" };
  return { icon: tree.waiting ? "watch" : "loading codicon-modifier-spin", tone: "" };
}

function figuresOf(tree: RunTree, now: number): string[] {
  const { turns, calls, usage } = tree.totals;
  const { children } = tree;
  const startedAt = tree.started?.at ?? now;
  const used = usage.input + usage.output > 0;
  return [
    formatNumberOf(turns, "turn"),
    // A child run is counted as a call too.
    formatNumberOf(Math.max(0, calls - children), "sub-call"),
    ...(children > 0 ? [formatNumberOf(children, "child run")] : []),
    ...(used ? [formatTokens(usage), costOf(tree)] : []),
    formatMs((tree.root?.endedAt ?? now) - startedAt),
  ];
}

/** `$0.042 of $1.00` while it goes on; then what it has cost. */
function costOf({ totals, started, finished }: RunTree): string {
  if (totals.costUsd === null) return "cost unknown";
  const limit = finished || !started || started.models.offline ? "" : ` of ${formatUsd(started.limits.usd)}`;
  return `${formatUsd(totals.costUsd)}${limit}`;
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
