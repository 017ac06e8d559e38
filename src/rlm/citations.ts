import type { ContextView } from "./context.ts";
import type { LineRange } from "./coverage.ts";
import type { Citation } from "./events.ts";
import { splitFences } from "./fences.ts";
import { type Place, placeKey, readCitation } from "./places.ts";

/** The places that an answer cites outside its fenced code, each once, in order. */
export function findCitations(answer: string): Place[] {
  const found = new Map<string, Place>();
  for (const block of splitFences(answer)) {
    if (block.kind !== "line") continue;
    for (let at = block.text.indexOf("["); at >= 0; at = block.text.indexOf("[", at + 1)) {
      for (const cited of readCitation(block.text, at)?.places ?? []) found.set(placeKey(cited), cited);
    }
  }
  return [...found.values()];
}

/** What a cited line has to have, and how many lines are looked at, for the answer to count as quoting it. */
const leastQuoted = 12;
const mostQuoted = 400;

/**
 * Checks each citation of an answer against the files, and against what the models of the run were shown.
 * @param wasShown true where one of them was shown all these lines
 */
export function checkCitations(
  answer: string,
  context: Pick<ContextView, "lines" | "text" | "sha256">,
  wasShown: (range: LineRange) => boolean,
): Citation[] {
  return findCitations(answer).map((place) => {
    const lines = context.lines(place.path);
    const there = lines !== null && place.from >= lines.from && place.from <= place.to && place.to <= lines.to;
    if (!there) return { ...place, status: "missing" };
    const sha256 = context.sha256(place.path) ?? undefined;
    if (!wasShown(place)) return { ...place, status: "exists", sha256 };
    return { ...place, status: quotes(answer, place, context) ? "quoted" : "seen", sha256 };
  });
}

function quotes(answer: string, { path, from, to }: Place, context: Pick<ContextView, "text">): boolean {
  const lines = context.text(path, from, Math.min(to, from + mostQuoted - 1)).map((line) => line.trim());
  return lines.some((line) => line.length >= leastQuoted && answer.includes(line));
}
