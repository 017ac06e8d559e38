import type { CoverageCounts } from "./coverage.ts";
import { formatNumberOf } from "./format.ts";

/** Questions whose answer is wrong if a part was not looked at. */
const wantsAll = /\b(?:all|every|each|none|count|list|how many|number of|how often)\b/i;

/** What an answer about all of something has to say about parts that were never looked at; null where it need not. */
export function gapsIn(question: string, { files, searched }: CoverageCounts, failedCalls: number): string | null {
  const unseen = files - searched;
  if (!wantsAll.test(question) || (unseen <= 0 && failedCalls === 0)) return null;
  const gaps = [
    ...(unseen > 0
      ? [`of ${formatNumberOf(files, "file")} ${unseen} ${unseen === 1 ? "was" : "were"} never searched or read`]
      : []),
    ...(failedCalls > 0 ? [`${formatNumberOf(failedCalls, "sub-call")} failed`] : []),
  ];
  return `This may be incomplete: ${gaps.join(", and ")}.`;
}
