import { realpath } from "node:fs/promises";
import path from "node:path";
import { fileUnder } from "../../context/view.ts";
import type { ContextRoot } from "../../rlm/events.ts";
import { isAddress } from "./file-uri.ts";

/**
 * The file of a path that an answer or a message names. A name may be made up, and a link may lead anywhere: so it is
 * looked up on disk whether the file lies in what was asked about.
 * @param roots where that is
 * @returns a path on disk or a URI; null where it lies outside
 */
export async function fileWithin(roots: readonly ContextRoot[], shown: string): Promise<string | null> {
  const file = fileUnder(roots, shown);
  if (file === null || isAddress(file)) return file;
  const real = await realpath(file).catch(() => null);
  // That it is gone is said by whoever opens it.
  if (real === null) return file;
  const folders = await Promise.all(roots.map((root) => realpath(root.file).catch(() => null)));
  return folders.some((folder) => folder !== null && isAtOrBelow(real, folder)) ? file : null;
}

function isAtOrBelow(file: string, folder: string): boolean {
  const below = path.relative(folder, file);
  return below === "" || !(below === ".." || below.startsWith(`..${path.sep}`) || path.isAbsolute(below));
}
