import * as z from "zod";
import { columns } from "./columns.ts";
import { noFilter } from "./find-rows.ts";

const columnId = z.enum(columns.map(({ id }) => id));
const count = z.number().nonnegative();

/** How the user has set up the view of one run: kept while the panel is hidden or its window is loaded anew. */
const viewState = z.object({
  runId: z.string(),
  /** The id of a line. */
  selected: z.string(),
  /** Lines that are folded or unfolded other than they begin. */
  toggled: z.array(z.string()),
  /** The same while something is looked for. */
  toggledInFilter: z.array(z.string()),
  sort: z.object({ by: columnId, descending: z.boolean() }).nullable(),
  hidden: z.array(columnId),
  filter: z.object({ text: z.string(), failedOnly: z.boolean() }),
  /** Milliseconds from the run's beginning; null for all of it. */
  zoom: z.object({ from: count, to: count }).nullable(),
  /** Null until the user has folded or unfolded it: that depends on the width. */
  coverageOpen: z.boolean().nullable(),
  /** The folder that the map of the files shows; empty for all. */
  folder: z.string(),
  /** Pixels from the top; null where nobody has scrolled yet. */
  scroll: z.object({ tree: count.nullable(), details: count.nullable() }),
});
export type ViewState = z.infer<typeof viewState>;

export function newViewState(runId: string): ViewState {
  return {
    runId,
    selected: "run",
    toggled: [],
    toggledInFilter: [],
    sort: null,
    hidden: [],
    filter: noFilter,
    zoom: null,
    coverageOpen: null,
    folder: "",
    scroll: { tree: null, details: null },
  };
}

/** What was kept of a run's view; null where it is that of another run, or nothing of ours. */
export function readViewState(kept: unknown, runId: string): ViewState | null {
  const read = viewState.safeParse(kept);
  return read.success && read.data.runId === runId ? read.data : null;
}
