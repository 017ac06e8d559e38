import { answerSoFar } from "../../rlm/answer-so-far.ts";
import type { Citation } from "../../rlm/events.ts";
import { cellLanguages, splitFences } from "../../rlm/fences.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { describeEnd } from "../../rlm/run-words.ts";
import { ProgressLines } from "./progress-lines.ts";
import { toldCost } from "./told-answer.ts";

const stepMark = "> *";
const rule = "\n\n---\n\n";
const endMark = `${rule}*RLM: `;
const againMark = `${rule}*RLM, once more:*\n\n`;

/**
 * A run as a text that only grows, as a language model's reply does: what it does as quoted lines, the answer while it is
 * written, and at the end its citations and what it took. `answerIn` finds the answer in it again.
 */
export class AnswerText {
  readonly #lines = new ProgressLines();
  #hasSteps = false;
  /** What is told of the answer. */
  #answer = "";

  /**
   * What has come since the last time.
   * @param tree of a run that goes on; never of two runs
   * @param now milliseconds since 1970
   */
  next(tree: RunTree, now: number): string {
    const steps = this.#answer === "" ? this.#steps(tree, now) : "";
    const draft = draftIn(tree);
    return steps + (draft.startsWith(this.#answer) ? this.#more(draft) : "");
  }

  /** What is left when the run has its answer. */
  end(tree: RunTree, now: number): string {
    const { root, finished } = tree;
    const answer = (finished?.answer ?? "").trim();
    const steps = this.#answer === "" ? this.#steps(tree, now) : "";
    // What was written can't be taken back.
    const rest = answer.startsWith(this.#answer) ? this.#more(answer) : `${againMark}${answer}`;
    const whole = finished?.stopReason === "answered" || finished?.stopReason === "direct";
    const how = whole || !root ? toldCost(tree) : `${describeEnd(root)} · ${toldCost(tree)}`;
    return `${steps}${rest}${endMark}${how}*${citationsText(tree.citations)}`;
  }

  #steps(tree: RunTree, now: number): string {
    const lines = this.#lines.next(tree, now);
    this.#hasSteps ||= lines.length > 0;
    return lines.map(stepLine).join("");
  }

  #more(answer: string): string {
    const more = answer.slice(this.#answer.length);
    const gap = more !== "" && this.#answer === "" && this.#hasSteps ? "\n" : "";
    this.#answer = answer;
    return gap + more;
  }
}

/** What a run does, as a quoted line. */
export function stepLine(text: string): string {
  // Two spaces end a line of Markdown.
  return `${stepMark}${plain(text)}*  \n`;
}

/** The answer in a text of ours; any other text is its own answer. */
export function answerIn(text: string): string {
  const end = text.lastIndexOf(endMark);
  if (end < 0) return text.trim();
  const lines = text.slice(0, end).split("\n");
  const first = lines.findIndex((line) => !line.startsWith(stepMark));
  const answer = lines.slice(Math.max(0, first)).join("\n");
  const again = answer.lastIndexOf(againMark);
  return (again < 0 ? answer : answer.slice(again + againMark.length)).trim();
}

/** What is written of an answer that is not likely to be refused: no cell comes before it, nor is it the run's first word. */
function draftIn(tree: RunTree): string {
  const turn = tree.turns.at(-1);
  if (!turn || (turn.turn === 1 && turn.of > 1)) return "";
  const hasCell = splitFences(turn.reply).some((block) => block.kind === "fence" && cellLanguages.has(block.language));
  if (hasCell) return "";
  // A line of marks may yet begin or end the fence of the answer, and white space at its end does not belong to it.
  return answerSoFar(tree)
    .replace(/(?:^|\n)[ \t]*(?:`+[^`\n]*|~+[^\n]*)$/, "")
    .trim();
}

/** As text in Markdown's emphasis. */
function plain(line: string): string {
  return line.replace(/[\\`*_{}[\]<>#|~]/g, "\\$&").replace(/\s+/g, " ");
}

/** As VS Code's own agent wants places written: their paths are then links to the workspace. */
function citationsText(citations: readonly Citation[]): string {
  if (citations.length === 0) return "";
  const told = citations.map(({ path, from, to, status }) => {
    const lines = from === to ? `${from}` : `${from}-${to}`;
    if (status === "missing") return `- ${plain(path)}, ${lines} (not found)`;
    const place = `#L${from}${from === to ? "" : `-L${to}`}`;
    return `- [${plain(path)}](${addressOf(path)}${place}), ${lines}${status === "exists" ? " (unverified)" : ""}`;
  });
  return `\n\n${told.join("\n")}`;
}

function addressOf(path: string): string {
  return encodeURI(path).replace(/[()#?]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
}
