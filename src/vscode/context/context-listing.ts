import type * as vscode from "vscode";
import { collect } from "../../context/collect.ts";
import { fileUnder, viewOf } from "../../context/view.ts";
import type { CancelSignal } from "../../rlm/cancel.ts";
import { uriOfFile } from "../files/file-uri.ts";
import { wholeWorkspaceSource } from "./context-sources.ts";
import type { Listing } from "./context-tree.ts";

/** What was collected for the Context view, and where it is. */
export interface FoundContext {
  readonly listing: Listing;
  /** The address of a file or folder; null where it has none. */
  readonly uriOf: (shown: string) => vscode.Uri | null;
}

/**
 * Collects what is in the workspace and lets go of the texts.
 * @returns null where no folder is open
 * @throws ContextError, CancelledError
 */
export async function collectListing(
  signal: CancelSignal,
  onProgress: (files: number) => void,
): Promise<FoundContext | null> {
  const source = await wholeWorkspaceSource();
  if (!source) return null;
  const corpus = await collect(source, { signal, onProgress });
  const { paths, sizes } = viewOf(corpus);
  const { roots, leftOut } = corpus;
  return {
    listing: { paths, chars: Float64Array.from(sizes), leftOut },
    uriOf: (shown) => {
      const file = fileUnder(roots, shown);
      return file === null ? null : uriOfFile(file);
    },
  };
}
