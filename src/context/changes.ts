import type { ContextChanges } from "../rlm/earlier.ts";
import type { Corpus } from "./corpus.ts";
import { pathsOf, sha256Of } from "./corpus.ts";

/** What the files of a context were, without their text: 32 bytes and a path a file. */
export interface Digests {
  readonly paths: string;
  readonly files: number;
  readonly sha256: Uint8Array;
}

export function digestsOf({ table: { paths, files, sha256 } }: Corpus): Digests {
  return { paths, files, sha256 };
}

/** How the files of a context differ from what they were. */
export function changesSince(corpus: Corpus, before: Digests): ContextChanges {
  const earlier = new Map(pathsOf({ table: before }).map((path, file) => [path, sha256Of({ table: before }, file)]));
  const [changed, added]: [string[], string[]] = [[], []];
  for (const [file, path] of pathsOf(corpus).entries()) {
    const digest = earlier.get(path);
    earlier.delete(path);
    if (digest === undefined) added.push(path);
    else if (digest !== sha256Of(corpus, file)) changed.push(path);
  }
  return { changed, added, removed: [...earlier.keys()] };
}
