import { oneLine } from "../rlm/cut.ts";
import type { RunEvent } from "../rlm/events.ts";
import { formatCount, formatMs, formatNumberOf, formatShort, formatTokens, formatUsd } from "../rlm/format.ts";
import { estimateTokens } from "../rlm/limits.ts";
import type { Spent } from "../rlm/model.ts";
import type { CallNode, CellNode, TurnNode } from "../rlm/run-nodes.ts";
import { RunTree, sumSpent } from "../rlm/run-tree.ts";
import { describeActivity } from "../rlm/run-words.ts";
import { printableLine } from "./printable.ts";
import { clearLine, styled, takesEscapes } from "./style.ts";

const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const frameMs = 80;
const codeChars = 60;

/** Where a run's story is told, such as `process.stderr`. */
export interface ProgressOutput {
  readonly isTTY: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/**
 * Tells a run's story on a stream: one line for each finished step and, on a terminal, one moving line for what goes on
 * now. Plain lines where the stream takes no escapes.
 */
export async function showProgress(events: AsyncIterable<RunEvent>, out: ProgressOutput): Promise<void> {
  const live = takesEscapes(out);
  const tree = new RunTree();
  const status = live ? startStatus(out, tree) : null;
  let told = 0;
  const tell = (line: string) => {
    // A question that waits for its answer stays to be read.
    if (tree.asking) out.write("\n");
    else status?.clear();
    const plain = printableLine(line);
    out.write(`${live ? styled("dim", plain) : plain}\n`);
  };
  for await (const event of events) {
    tree.add(event);
    if (event.type === "run.started" && event.depth === 0 && event.models.offline) tell(offlineLine);
    else if (event.type === "context.ready" && event.depth === 0) tell(contextLine(event));
    else if (event.type === "warning") tell(`Warning: ${event.message}`);
    else if (event.type === "call.retrying")
      tell(`${asSentence(event.message)} Trying again in ${formatMs(event.waitMs)}.`);
    const over = tree.state === "done" ? tree.turns.length : tree.turns.length - 1;
    for (; told < over; told += 1) for (const line of turnLines(tree.turns[told])) tell(line);
    if (event.type === "run.finished" && event.depth === 0) tell(totalsLine(event, tree.children));
  }
  status?.stop();
}

const offlineLine = "Offline: found by search, without a language model. Set OPENAI_API_KEY to ask one.";

interface Status {
  clear(): void;
  stop(): void;
}

function startStatus(out: ProgressOutput, tree: RunTree): Status {
  let frame = 0;
  const clear = () => out.write(clearLine);
  const timer = setInterval(() => {
    // The line is the question's while the user is asked.
    if (tree.asking) return;
    frame += 1;
    const line = `${spinner[frame % spinner.length]} ${describeActivity(tree, Date.now())}`;
    clear();
    // A line that wraps could not be cleared whole. A terminal of unknown width says 0.
    out.write(oneLine(printableLine(line), Math.max(8, (out.columns || 80) - 1)));
  }, frameMs);
  return {
    clear,
    stop: () => {
      clearInterval(timer);
      clear();
    },
  };
}

function asSentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

function contextLine({ manifest, ms }: Extract<RunEvent, { type: "context.ready" }>): string {
  const leftOut = Object.values(manifest.leftOut).reduce((sum, count) => sum + count, 0);
  const size =
    manifest.kind === "text" ? formatNumberOf(manifest.lines, "line") : formatNumberOf(manifest.files, "file");
  const parts = [
    `${manifest.name}: ${size}`,
    `≈${formatShort(estimateTokens(manifest.chars))} tokens`,
    ...(leftOut ? [`${formatCount(leftOut)} left out`] : []),
    formatMs(ms),
  ];
  return parts.join(" · ");
}

function turnLines(turn: TurnNode | undefined): string[] {
  if (!turn) return [];
  const spent = spentParts(turn.spent);
  const ms = turn.endedAt === null ? [] : [formatMs(turn.endedAt - turn.startedAt)];
  const head = [turn.last ? "Last call" : `Turn ${turn.turn}`, ...spent, ...ms].join(" · ");
  return [head, ...turn.cells.flatMap(cellLines)];
}

/** Child runs of one cell that are shown with their turns; of more only how each went, and of many how all went. */
const childrenInFull = 4;
const childrenByName = 16;

function cellLines(cell: CellNode): string[] {
  const ms = cell.endedAt === null ? "" : ` · ${formatMs(cell.endedAt - cell.startedAt)}`;
  const line = `  ${oneLine(cell.code, codeChars)}${ms}`;
  const error = cell.error ? [`    ${cell.error.name}: ${oneLine(cell.error.message, 100)}`] : [];
  const children = cell.calls.filter((call) => call.asks === "rlm");
  const calls = cell.calls.filter((call) => call.asks === "llm");
  return [
    line,
    ...error,
    ...(calls.length > 0 ? [`    ${callsLine(calls, "sub-call")}`] : []),
    ...childLines(children).map((text) => `    ${text}`),
  ];
}

function childLines(children: readonly CallNode[]): string[] {
  if (children.length > childrenByName) return [callsLine(children, "child run")];
  return children.flatMap((call) => {
    const ms = call.endedAt === null ? [] : [formatMs(call.endedAt - call.startedAt)];
    const how = call.error ? ["failed"] : call.remembered ? ["remembered"] : [];
    const head = `Child run: ${oneLine(call.prompt, codeChars)}`;
    const turns = children.length > childrenInFull ? [] : (call.child?.turns ?? []).flatMap(turnLines);
    return [[head, ...how, ...spentParts(call.spent), ...ms].join(" · "), ...turns.map((text) => `  ${text}`)];
  });
}

function callsLine(calls: readonly CallNode[], what: string): string {
  const failed = calls.filter((call) => call.error).length;
  const remembered = calls.filter((call) => call.remembered).length;
  return [
    formatNumberOf(calls.length, what),
    ...spentParts(sumSpent(calls)),
    ...(remembered ? [`${remembered} remembered`] : []),
    ...(failed ? [`${failed} failed`] : []),
  ].join(" · ");
}

function spentParts(spent: Spent | null): string[] {
  return spent && spent.usage.input > 0 ? [formatTokens(spent.usage), formatUsd(spent.costUsd)] : [];
}

function totalsLine({ totals, ms }: Extract<RunEvent, { type: "run.finished" }>, children: number): string {
  const cached = totals.usage.input ? Math.round((100 * totals.usage.cachedInput) / totals.usage.input) : 0;
  const tokens = `${formatTokens(totals.usage)}${cached ? ` (${cached} % cached)` : ""}`;
  return [
    formatNumberOf(totals.turns, "turn"),
    formatNumberOf(totals.calls - children, "sub-call"),
    ...(children > 0 ? [formatNumberOf(children, "child run")] : []),
    tokens,
    formatUsd(totals.costUsd),
    formatMs(ms),
  ].join(" · ");
}
