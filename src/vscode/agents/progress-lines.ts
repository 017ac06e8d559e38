import { formatNumberOf } from "../../rlm/format.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { describeActivity } from "../../rlm/run-words.ts";
import { stepsOf } from "../../rlm/steps.ts";

/** What a run does as lines that are only ever added to, as VS Code's chat shows progress. */
export class ProgressLines {
  readonly #told = new Set<string>();

  /**
   * The lines that were not told yet.
   * @param tree of a run that goes on or is over; never of two runs
   * @param now milliseconds since 1970
   */
  next(tree: RunTree, now: number): string[] {
    const { root, context, finished, waiting } = tree;
    const lines: string[] = [];
    if (context) this.#add(lines, "context", `Looking at ${formatNumberOf(context.manifest.files, "file")}`);
    else if (!finished) this.#add(lines, "collecting", "Collecting files");
    for (const { id, text, detail } of root ? stepsOf(root) : []) {
      this.#add(lines, `step ${id}`, `${capital(text)}${detail === "" ? "" : `: ${detail}`}`);
    }
    if (waiting) this.#add(lines, `wait ${waiting.at}`, describeActivity(tree, now));
    if (root?.turns.at(-1)?.last && !finished) this.#add(lines, "last", describeActivity(tree, now));
    return lines;
  }

  #add(lines: string[], key: string, line: string): void {
    if (this.#told.has(key)) return;
    this.#told.add(key);
    lines.push(line);
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
