import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { RunNode } from "../../rlm/run-nodes.ts";

/** Where an answer comes from, for whoever shows one. */
export interface Sources {
  /** The run that was asked for; null before it is known. */
  readonly root: RunNode | null;
  /** Paths of cited files that have changed since they were read. */
  readonly stale: ReadonlySet<string>;
  /** Selects a line of the tree by its id. */
  readonly show: (id: string) => void;
}

const SourcesContext = createContext<Sources>({ root: null, stale: new Set(), show: () => {} });

export const SourcesProvider = SourcesContext.Provider;

export function useSources(): Sources {
  return useContext(SourcesContext);
}
