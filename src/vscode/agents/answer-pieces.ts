import type { Citation } from "../../rlm/events.ts";
import { splitFences } from "../../rlm/fences.ts";
import { placeKey, readCitation } from "../../rlm/places.ts";

/** A part of an answer: Markdown as the model wrote it, or a place of the files that it cites there. */
export type AnswerPiece =
  | { readonly kind: "markdown"; readonly text: string }
  | { readonly kind: "citation"; readonly citation: Citation };

/**
 * Cuts an answer where it cites places, outside of its fenced code. What cites no place that was checked stays Markdown.
 * @param citations as they were checked
 */
export function answerPieces(answer: string, citations: readonly Citation[]): AnswerPiece[] {
  const checked = new Map(citations.map((citation) => [placeKey(citation), citation]));
  const pieces: AnswerPiece[] = [];
  let done = 0;
  for (const { start, end, places } of citedIn(answer)) {
    const cited = places.flatMap((key) => checked.get(key) ?? []);
    if (cited.length < places.length) continue;
    addMarkdown(pieces, answer.slice(done, start));
    cited.forEach((citation, i) => {
      if (i > 0) addMarkdown(pieces, ", ");
      pieces.push({ kind: "citation", citation });
    });
    done = end;
  }
  addMarkdown(pieces, answer.slice(done));
  return pieces;
}

function addMarkdown(pieces: AnswerPiece[], text: string): void {
  if (text !== "") pieces.push({ kind: "markdown", text });
}

interface Cited {
  readonly start: number;
  readonly end: number;
  readonly places: readonly string[];
}

function citedIn(answer: string): Cited[] {
  return splitFences(answer).flatMap((block) => {
    if (block.kind !== "line") return [];
    const { text, offset } = block;
    const cited: Cited[] = [];
    for (let at = text.indexOf("["); at >= 0; at = text.indexOf("[", at + 1)) {
      const read = readCitation(text, at);
      if (!read) continue;
      cited.push({ start: offset + at, end: offset + read.end, places: read.places.map(placeKey) });
      at = read.end - 1;
    }
    return cited;
  });
}
