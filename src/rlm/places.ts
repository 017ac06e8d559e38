/** Lines of a file that an answer names; both count from 1. */
export interface Place {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

const maxChars = 1_000;

// A path may hold brackets of its own, such as `app/[id]/page.tsx`.
const bracketed = /\[((?:[^[\]\n]|\[[^[\]\n]*\])+)\](?!\()/y;
const place = /^(?:(.*[A-Za-z].*):)?(\d+)(?:\s*[-–]\s*(\d+))?$/;

/**
 * Reads a citation such as `[path:3]`, `[path:3-9]` or `[path:3, 7-9; other:1]`.
 * @param at where its bracket opens
 * @returns its places and the position behind it; null where there is no citation
 */
export function readCitation(
  text: string,
  at: number,
): { readonly places: readonly Place[]; readonly end: number } | null {
  bracketed.lastIndex = at;
  const inside = bracketed.exec(text)?.[1];
  const places = inside === undefined || inside.length > maxChars ? null : readPlaces(inside);
  return places && { places, end: bracketed.lastIndex };
}

function readPlaces(inside: string): Place[] | null {
  const places: Place[] = [];
  for (const part of inside.split(/\s*[,;]\s*/)) {
    const match = place.exec(part.trim());
    const path = match?.[1]?.trim().replace(/^`|`$/g, "") ?? places.at(-1)?.path;
    if (!match || path === undefined) return null;
    places.push({ path, from: Number(match[2]), to: Number(match[3] ?? match[2]) });
  }
  return places;
}

/** The same text for the same place. */
export function placeKey({ path, from, to }: Place): string {
  return `${path}:${from}-${to}`;
}
