import { GuestError } from "./guest-error.ts";

/** The error for a path that is not there, with the path that was probably meant. */
export function noFile(path: string, paths: readonly string[], call?: string): GuestError {
  const meant = closest(path, paths);
  const prefix = call === undefined ? "" : `${call}: `;
  const named = path.length > 200 ? `${path.slice(0, 200)}…` : path;
  return new GuestError(
    "Error",
    `${prefix}No file "${named}".${meant === null ? " Use list() or search() to see what there is." : ` Did you mean "${meant}"?`}`,
  );
}

/** The most similar path, or null where none is similar. */
export function closest(path: string, paths: readonly string[]): string | null {
  const wanted = path.toLowerCase();
  if (wanted === "" || wanted.length > 400) return null;
  const name = baseName(wanted);
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of paths) {
    const distance = distanceTo(wanted, name, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** How far a path is from what was wanted; infinite where they are not alike. */
function distanceTo(wanted: string, name: string, path: string): number {
  if (path === wanted) return 0;
  if (path.endsWith(`/${wanted}`) || wanted.endsWith(`/${path}`)) return 0.5;
  const most = Math.max(1, Math.floor(name.length / 3));
  const ownName = baseName(path);
  const byName = editDistance(name, ownName, most);
  if (byName > most) return Number.POSITIVE_INFINITY;
  const folder = wanted.slice(0, wanted.length - name.length);
  const ownFolder = path.slice(0, path.length - ownName.length);
  return 1 + byName * 3 + (folder === ownFolder ? 0 : 1 + Math.abs(folder.length - ownFolder.length) / 100);
}

/** Insertions, deletions, changes and swaps of neighbours between two words; more than `most` may be any larger number. */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(change, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    if (Math.min(...row) > most) return most + 1;
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? most + 1;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
