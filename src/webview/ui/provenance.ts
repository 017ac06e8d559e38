import { behind, describeWitness } from "../../rlm/behind.ts";
import type { Citation } from "../../rlm/events.ts";
import { type Place, placeKey } from "../../rlm/places.ts";
import type { RunNode } from "../../rlm/run-nodes.ts";

/** Lines of a file that an answer cites, and who saw them. */
export interface Source {
  readonly place: Place;
  /** As the run has checked it; null where it has not. */
  readonly status: Citation["status"] | null;
  /** The file is not as it was when it was read. */
  readonly isStale: boolean;
  readonly witnesses: readonly SourceWitness[];
}

/** A turn or a call that was shown some of the lines. */
interface SourceWitness {
  /** That of its node. */
  readonly id: string;
  /** `Turn 2`, `Turn 3, sub-call 4` */
  readonly name: string;
  /** `lines 41–52` */
  readonly lines: string;
}

/** What is behind some cited places. @param stale paths of files that have changed */
export function sourcesOf(
  places: readonly Place[],
  root: RunNode | null,
  citations: readonly Citation[],
  stale: ReadonlySet<string>,
): Source[] {
  const status = new Map(citations.map((citation) => [placeKey(citation), citation.status]));
  return places.map((place) => ({
    place,
    status: status.get(placeKey(place)) ?? null,
    isStale: stale.has(place.path),
    witnesses: behind(root, place).map((witness) => ({
      id: witness.node.id,
      name: describeWitness(witness),
      lines: describeLines(witness.lines),
    })),
  }));
}

/** The places that a rendered sentence or citation names, each once. */
export function placesIn(element: Element): Place[] {
  const buttons = [...element.querySelectorAll<HTMLElement>("button.citation")];
  const places = buttons.map(({ dataset: { path = "", from, to } }) => ({ path, from: Number(from), to: Number(to) }));
  return [...new Map(places.map((place) => [placeKey(place), place])).values()];
}

function describeLines(intervals: readonly (readonly [number, number])[]): string {
  const parts = intervals.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
  const isOne = parts.length === 1 && intervals[0]?.[0] === intervals[0]?.[1];
  return `${isOne ? "line" : "lines"} ${parts.slice(0, 5).join(", ")}${parts.length > 5 ? ", …" : ""}`;
}
