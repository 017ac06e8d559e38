import type { RunNode } from "../../rlm/run-nodes.ts";
import { childrenOf, type RowNode } from "./row-nodes.ts";
import { rowWords } from "./rows.ts";

/** What is looked for in the tree: a text, and failures alone or not. */
export interface RowFilter {
  readonly text: string;
  readonly failedOnly: boolean;
}

export const noFilter: RowFilter = { text: "", failedOnly: false };

/** The lines that a filter lets through. */
export interface FoundRows {
  /** Ids of the lines that match, from top to bottom as they happened. */
  readonly matches: readonly string[];
  /** The same and those above them. */
  readonly kept: ReadonlySet<string>;
}

export function isFiltering({ text, failedOnly }: RowFilter): boolean {
  return text !== "" || failedOnly;
}

/** Looks through the names, prompts, code, output, replies and errors of a run and all below it. */
export function findRows(root: RunNode, { text, failedOnly }: RowFilter): FoundRows {
  const wanted = new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "i");
  const matches: string[] = [];
  const kept = new Set<string>();
  const visit = (node: RowNode): boolean => {
    const own = isMatch(node, wanted, failedOnly);
    if (own) matches.push(node.id);
    const below = childrenOf(node).map(visit).includes(true);
    if (own || below) kept.add(node.id);
    return own || below;
  };
  visit(root);
  return { matches, kept };
}

function isMatch(node: RowNode, wanted: RegExp, failedOnly: boolean): boolean {
  // A group is its calls.
  if (node.kind === "group") return false;
  if (failedOnly && node.state !== "failed") return false;
  return rowWords(node).some((words) => wanted.test(words));
}
