import { formatCount, formatNumberOf } from "./format.ts";
import type { CallNode, CellNode, NodeState, RunNode } from "./run-nodes.ts";

/** One thing that a run has done or does, in plain words. */
export interface Step {
  /** The same in each fold of the same events. */
  readonly id: string;
  readonly state: NodeState;
  /** `searched /retry|backoff/`, `reading src/a.ts 1–80`, `asking 12 sub-models` */
  readonly text: string;
  /** What came of it: `41 hits in 9 files`; empty where nothing is known. */
  readonly detail: string;
  /** Of several calls, how many are answered; null where the step is no such thing. */
  readonly progress: { readonly done: number; readonly of: number } | null;
}

/** So many looks of one cell are named. */
const namedLooks = 5;

/** What a run has done, from the code of its cells and the calls that they made; the oldest first. */
export function stepsOf({ turns }: Pick<RunNode, "turns">): Step[] {
  return turns.flatMap(({ cells }) => cells.flatMap(stepsOfCell));
}

function stepsOfCell(cell: CellNode): Step[] {
  const asks = (["llm", "rlm"] as const).flatMap((kind) => {
    const calls = cell.calls.filter(({ asks }) => asks === kind);
    return calls.length === 0 ? [] : [askingStep(cell, kind, calls)];
  });
  const looks = lookSteps(cell, asks.length === 0);
  return [...looks, ...asks].map((step, i) => ({ ...step, id: `${cell.id}-${i + 1}` }));
}

type StepWithoutId = Omit<Step, "id">;

function askingStep({ state }: CellNode, kind: CallNode["asks"], calls: readonly CallNode[]): StepWithoutId {
  const done = calls.filter((call) => call.state !== "running").length;
  const failed = calls.filter((call) => call.state === "failed").length;
  const running = done < calls.length && state === "running";
  const whom = formatNumberOf(calls.length, kind === "rlm" ? "child run" : "sub-model");
  return {
    state: running ? "running" : stateAfter(state, failed === calls.length),
    text: `${running ? "asking" : "asked"} ${whom}`,
    detail: failed > 0 ? `${formatCount(failed)} failed` : "",
    progress: calls.length > 1 ? { done, of: calls.length } : null,
  };
}

function stateAfter(cell: NodeState, allFailed: boolean): NodeState {
  if (allFailed) return "failed";
  return cell === "stopped" ? "stopped" : "done";
}

/** @param alone the cell has made no calls, so that something must be said of it */
function lookSteps(cell: CellNode, alone: boolean): StepWithoutId[] {
  const all = looksIn(cell.code);
  const telling = all.filter((look) => !isFollowing(look));
  const looks = telling.length === 0 && alone ? all.slice(0, 1) : telling;
  const details = hitDetails(cell, looks);
  // What a cell asks about it has looked at before.
  const running = cell.state === "running" && alone;
  const state = cell.state === "running" && !alone ? "done" : cell.state;
  const base = { state, progress: null };
  const named = looks.slice(0, namedLooks).map((look, i): StepWithoutId => {
    const [now, then] = lookWords[look.name];
    const text = `${running ? now : then}${look.what === "" ? "" : ` ${look.what}`}`;
    return { ...base, text, detail: details[i] ?? "" };
  });
  const more = looks.length - named.length;
  if (more > 0) named.push({ ...base, text: `and ${formatNumberOf(more, "more look")}`, detail: "" });
  if (named.length === 0 && alone) named.push({ ...base, text: running ? "running code" : "ran code", detail: "" });
  // Which of them has failed is not known: the cell has, and its last step says so.
  const failed = cell.error ? named.at(-1) : undefined;
  return named.map((step) => {
    if (step === failed) return { ...step, detail: `${cell.error?.name ?? "Error"}, to be mended` };
    return cell.error ? { ...step, state: "done" } : step;
  });
}

type LookName = "search" | "count" | "find" | "read" | "show" | "list" | "tree" | "outline" | "chunks";

/** A call of one of the functions that look at the context. */
interface Look {
  readonly name: LookName;
  /** Its first arguments as far as they are written out: `/retry/`, `src/a.ts 1–80`. */
  readonly what: string;
}

const lookWords: Readonly<Record<LookName, readonly [now: string, then: string]>> = {
  search: ["searching", "searched"],
  count: ["counting", "counted"],
  find: ["looking for", "looked for"],
  read: ["reading", "read"],
  show: ["reading", "read"],
  list: ["listing", "listed"],
  tree: ["listing", "listed"],
  outline: ["outlining", "outlined"],
  chunks: ["splitting", "split"],
};

/** What it is where the code does not say. */
const unnamed: Readonly<Record<LookName, string>> = {
  search: "the files",
  count: "matches",
  find: "passages",
  read: "files",
  show: "what was found",
  list: "files",
  tree: "folders",
  outline: "files",
  chunks: "all into pieces",
};

// Comments and strings come first, so that a name in one of them is no call.
const token = new RegExp(
  String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\`(?:\\[\s\S]|[^\`\\])*\`` +
    String.raw`|(?<![.\w$])(${Object.keys(lookWords).join("|")})\(\s*`,
  "g",
);
const firstArgument =
  /"((?:\\.|[^"\\\n])*)"|'((?:\\.|[^'\\\n])*)'|`((?:\\[\s\S]|[^`\\$])*)`|(\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*)/y;
const twoNumbers = /\s*,\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)/y;
const longestWhat = 80;

function looksIn(code: string): Look[] {
  const looks: Look[] = [];
  token.lastIndex = 0;
  for (let match = token.exec(code); match; match = token.exec(code)) {
    const name = match[1];
    if (!isLookName(name)) continue;
    firstArgument.lastIndex = token.lastIndex;
    const argument = firstArgument.exec(code);
    if (argument) token.lastIndex = firstArgument.lastIndex;
    const look = { name, what: whatOf(name, argument, code, token.lastIndex) };
    const known = looks.some((other) => other.name === look.name && other.what === look.what);
    if (!known) looks.push(look);
  }
  return looks;
}

/** `show(hits)`: it follows what it shows. */
function isFollowing({ name, what }: Look): boolean {
  return (name === "show" || name === "read") && what === unnamed[name];
}

function isLookName(name: string | undefined): name is LookName {
  return name !== undefined && Object.hasOwn(lookWords, name);
}

function whatOf(name: LookName, argument: RegExpExecArray | null, code: string, end: number): string {
  const [, double, single, template, regex] = argument ?? [];
  const text = regex ?? double ?? single ?? template ?? "";
  const line = text.length > longestWhat ? `${text.slice(0, longestWhat - 1)}…` : text;
  if (line.trim() === "") return unnamed[name];
  if (name === "read" || name === "show") return line.replace(/:(\d+)-(\d+)$/, " $1–$2") + linesAt(code, end);
  if (regex === undefined && (name === "search" || name === "count" || name === "find")) return `“${line}”`;
  return line;
}

function linesAt(code: string, end: number): string {
  twoNumbers.lastIndex = end;
  const [, from, to] = twoNumbers.exec(code) ?? [];
  if (from === undefined) return "";
  return to === undefined ? ` from ${from}` : ` ${from}–${to}`;
}

const hitEnding = /^\[(?:[\d,]+ of )?([\d,]+) hits? in ([\d,]+ files?)|^\[?no hits\]?/gm;

/** What each search has found, as far as the output tells: an ending for each search, in the same order. */
function hitDetails({ output, value }: CellNode, looks: readonly Look[]): string[] {
  const searches = looks.filter(({ name }) => name === "search").length;
  if (searches === 0) return [];
  const text = [...output, value ?? ""].join("\n");
  const endings = [...text.matchAll(hitEnding)].map(([, hits, files]) =>
    hits === undefined ? "no hits" : `${hits} ${hits === "1" ? "hit" : "hits"}, ${files}`,
  );
  if (endings.length !== searches) return [];
  let next = 0;
  return looks.map(({ name }) => (name === "search" ? (endings[next++] ?? "") : ""));
}
