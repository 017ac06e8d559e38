import type { LineRange } from "../rlm/coverage.ts";
import type { Citation, EventOf, RunEvent } from "../rlm/events.ts";
import { formatCount, formatMs, formatNumberOf, formatShort, formatTokens, formatUsd } from "../rlm/format.ts";
import { estimateTokens } from "../rlm/limits.ts";
import type { Spent } from "../rlm/model.ts";
import type { CallNode, CellNode, RunNode, TurnNode } from "../rlm/run-nodes.ts";
import { foldEvents, type RunTree } from "../rlm/run-tree.ts";
import { describeEnd, describeFailureCode } from "../rlm/run-words.ts";
import { codeSpan, embedded, fenced, plain, quoted } from "./markdown-text.ts";
import { redactEvents } from "./redact-paths.ts";

/** Where in the tree of runs something stands. */
interface Place {
  /** Of its heading, from 1. */
  readonly level: number;
  /** Names the child run around it, such as `c1 / c2 / `; empty in the run itself. */
  readonly within: string;
}

/**
 * A run as Markdown: question, answer, citations and figures, then every turn with its cells, sub-calls and child runs,
 * all texts whole.
 * @param events all of a run; empty text where its beginning is missing
 * @param homes home folders, which become `~`
 */
export function exportMarkdown(events: readonly RunEvent[], homes: readonly string[]): string {
  const tree = foldEvents(redactEvents(events, homes));
  if (!tree.root) return "";
  const blocks = [
    `# RLM run of ${new Date(tree.root.startedAt).toISOString().slice(0, 16).replace("T", " ")} UTC`,
    "## Question",
    quoted(tree.root.started.question),
    "## Answer",
    answerOf(tree.root),
    ...citationsOf(tree.citations),
    "## Facts",
    listOf([...factsOf(tree.root), ...usedBy(tree)]),
    ...warningsOf(tree),
    ...turnsOf(tree.root, { level: 2, within: "" }),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function answerOf({ finished }: RunNode): string {
  if (!finished) return "No answer: the run has no end.";
  return finished.answer === null ? "No answer." : embedded(finished.answer);
}

function citationsOf(citations: readonly Citation[]): string[] {
  if (citations.length === 0) return [];
  return ["## Citations", listOf(citations.map((one) => `${rangeOf(one)}: ${statusWords[one.status]}`))];
}

const statusWords: Readonly<Record<Citation["status"], string>> = {
  missing: "**not in the files**",
  exists: "**in the files, but no model was shown these lines**",
  seen: "a model was shown these lines",
  quoted: "a model was shown these lines, and the answer quotes them",
};

function factsOf(run: RunNode): string[] {
  const { root, sub } = run.started.models;
  return [
    `Ended: ${plain(describeEnd(run) || "not yet, or interrupted")}`,
    `Models: ${codeSpan(root)}${sub === root ? "" : ` and ${codeSpan(sub)}`}`,
    ...(run.context ? [`Context: ${contextOf(run.context)}`] : []),
    ...coverageOf(run),
    `Limits: ${limitsOf(run.started)}`,
    ...(run.finished ? [`Time: ${formatMs(run.finished.ms)}`] : []),
    `Run: ${codeSpan(run.started.runId)}`,
  ];
}

function contextOf({ manifest }: EventOf<"context.ready">): string {
  const { kind, name, files, lines, chars, leftOut } = manifest;
  const size = kind === "files" ? `${formatNumberOf(files, "file")}, ` : "";
  const out = Object.entries(leftOut).map(([reason, count]) => `${formatCount(count)} ${reason}`);
  const tokens = `≈${formatShort(estimateTokens(chars))} tok`;
  return `${codeSpan(name)}, ${size}${formatNumberOf(lines, "line")}, ${tokens}${out.length > 0 ? `; left out: ${out.join(", ")}` : ""}`;
}

function coverageOf({ finished }: RunNode): string[] {
  if (!finished?.coverage) return [];
  const { files, searched, read, shown, shownLines } = finished.coverage;
  const looked = `${formatCount(searched)} searched, ${formatCount(read)} read, ${formatCount(shown)} shown to a model`;
  return [`Looked at: of ${formatNumberOf(files, "file")} ${looked} (${formatNumberOf(shownLines, "line")})`];
}

function limitsOf({ limits }: EventOf<"run.started">): string {
  const { turns, depth, calls, tokens, usd, seconds } = limits;
  const counts = `${formatNumberOf(turns, "turn")}, depth ${depth}, ${formatNumberOf(calls, "sub-call")}`;
  return `${counts}, ${formatNumberOf(tokens, "token")}, ${formatUsd(usd)}, ${formatMs(seconds * 1_000)}`;
}

function usedBy(tree: RunTree): string[] {
  const { turns, calls, usage, costUsd } = tree.totals;
  const { input, cachedInput, output, reasoning, estimated } = usage;
  const children = tree.children > 0 ? `, ${formatNumberOf(tree.children, "child run")}` : "";
  const about = estimated ? "≈" : "";
  return [
    `Used: ${formatNumberOf(turns, "turn")}, ${formatNumberOf(Math.max(0, calls - tree.children), "sub-call")}${children}`,
    `Tokens: ${about}${formatCount(input)} in (${formatCount(cachedInput)} cached), ${about}${formatCount(output)} out (${formatCount(reasoning)} reasoning)`,
    `Cost: ${formatUsd(costUsd)}`,
  ];
}

function warningsOf({ warnings }: RunTree): string[] {
  return warnings.length === 0 ? [] : ["## Warnings", listOf(warnings.map(({ message }) => plain(message)))];
}

function turnsOf({ turns }: RunNode, place: Place): string[] {
  return turns.flatMap((turn) => turnBlocks(turn, place));
}

function turnBlocks(turn: TurnNode, place: Place): string[] {
  const name = `Turn ${turn.turn}${turn.last ? ": the last call for an answer" : ""}`;
  const cut = turn.finishReason === null || turn.finishReason === "stop" ? [] : [`finish reason ${turn.finishReason}`];
  const retries = turn.retries.map(({ code }) => `tried again: ${describeFailureCode(code)}`);
  const figures = [...(turn.model === "" ? [] : [codeSpan(turn.model)]), ...spentBy(turn), ...cut, ...retries];
  return [
    heading(place, name),
    figures.join(" · "),
    ...(turn.reply === "" ? ["No reply."] : [fenced(turn.reply, "markdown")]),
    ...turn.cells.flatMap((cell) => cellBlocks(cell, below(place))),
  ].filter((block) => block !== "");
}

function cellBlocks(cell: CellNode, place: Place): string[] {
  const lost = cell.memory === "kept" ? [] : [`variables ${cell.memory}`];
  const output = cell.output.join("");
  return [
    heading(place, `Turn ${cell.turn}, cell ${cell.cell}`),
    [...timeOf(cell), ...(cell.cpuMs === null ? [] : [`${formatMs(cell.cpuMs)} CPU`]), ...lost].join(" · "),
    fenced(cell.code, "js"),
    ...labelled("Output", output === "" ? null : output),
    ...labelled("Value", cell.value),
    ...errorOf(cell),
    ...cell.calls.flatMap((call) => callBlocks(call, below(place))),
  ];
}

function errorOf({ error }: CellNode): string[] {
  if (!error) return [];
  const { name, message, line, column, excerpt } = error;
  const where = line === undefined ? "" : ` (line ${line}${column === undefined ? "" : `, column ${column}`})`;
  return labelled("Error", [`${name}: ${message}${where}`, ...(excerpt === undefined ? [] : [excerpt])].join("\n"));
}

function callBlocks(call: CallNode, place: Place): string[] {
  const what = call.asks === "rlm" ? "Child run" : "Sub-call";
  const known = call.remembered ? ["the reply was known from an earlier call"] : [];
  return [
    heading(place, `${what} ${call.callId}`),
    [codeSpan(call.model), ...(call.remembered ? known : spentBy(call))].join(" · "),
    ...labelled(call.asks === "rlm" ? "Question" : "Prompt", call.prompt),
    ...(call.seen.length > 0 ? [`Saw ${call.seen.map(rangeOf).join(", ")}`] : []),
    ...labelled("Reply", call.reply),
    ...labelled("Error", call.error && `${call.error.code}: ${call.error.message}`),
    ...(call.child ? childBlocks(call.child, call, place) : []),
  ];
}

function childBlocks(run: RunNode, { callId }: CallNode, place: Place): string[] {
  const inside: Place = { level: place.level + 1, within: `${place.within}${callId} / ` };
  const citations = run.finished?.citations ?? [];
  const cited = citations.map((one) => `Cites ${rangeOf(one)}: ${statusWords[one.status]}`);
  return [listOf([...factsOf(run), ...cited]), ...turnsOf(run, inside)];
}

function spentBy(node: (TurnNode | CallNode) & { readonly spent: Spent | null }): string[] {
  const { spent } = node;
  return [...(spent ? [formatTokens(spent.usage), formatUsd(spent.costUsd)] : []), ...timeOf(node)];
}

function timeOf({ state, startedAt, endedAt }: TurnNode | CellNode | CallNode): string[] {
  if (endedAt === null) return ["not ended"];
  return [...(state === "stopped" ? ["stopped"] : []), formatMs(endedAt - startedAt)];
}

function labelled(label: string, text: string | null): string[] {
  return text === null ? [] : [`${label}:`, fenced(text)];
}

function rangeOf({ path, from, to }: LineRange): string {
  return codeSpan(`${path}:${from === to ? from : `${from}-${to}`}`);
}

function heading({ level, within }: Place, text: string): string {
  return `${"#".repeat(Math.min(level, 6))} ${plain(`${within}${text}`)}`;
}

function below({ level, within }: Place): Place {
  return { level: level + 1, within };
}

function listOf(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}
