import { splitFences } from "./fences.ts";
import type { RunTree } from "./run-tree.ts";

/** Of a longer answer only the beginning is shown while it is written. */
const mostChars = 60_000;

/**
 * What has come of the answer while the model still writes it: the text of the answer fence in the newest reply, or all
 * of the reply where the context went to the model in one call. Empty where no answer is being written.
 */
export function answerSoFar({ turns, started, finished }: RunTree): string {
  const turn = turns.at(-1);
  if (finished || !turn || turn.cells.length > 0) return "";
  const reply = turn.reply.slice(0, mostChars);
  const last = splitFences(reply).at(-1);
  if (last?.kind === "fence" && last.language === "answer") return last.content;
  // Only a direct call has one turn of many.
  const direct = turn.of === 1 && (started?.limits.turns ?? 1) > 1 && !turn.last;
  return direct && !reply.includes("```answer") ? reply : "";
}
