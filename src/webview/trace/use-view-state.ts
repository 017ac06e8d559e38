import { useEffect, useRef, useState } from "preact/hooks";
import { newViewState, readViewState, type ViewState } from "./view-state.ts";

/** The state of the view of a run, and how it is changed. */
export interface ViewHandle {
  readonly view: ViewState;
  readonly change: (part: Partial<ViewState>) => void;
  /** Notes where something was scrolled to, without drawing anything. */
  readonly keepScroll: (part: Partial<ViewState["scroll"]>) => void;
}

/**
 * Begins where the user has left the run's view, and keeps what changes.
 * @param runId null before the run is known: nothing is kept then
 * @param kept what was kept before, not checked yet
 */
export function useViewState(runId: string | null, kept: unknown, keep: (state: ViewState) => void): ViewHandle {
  const [view, setView] = useState(() => readViewState(kept, runId ?? "") ?? newViewState(runId ?? ""));
  const scroll = useRef(view.scroll);
  const newest = useRef(view);
  newest.current = view;
  const save = () => {
    if (runId !== null) keep({ ...newest.current, scroll: scroll.current });
  };
  useEffect(save, [view]);
  return {
    view,
    change: (part) => setView((before) => ({ ...before, ...part })),
    keepScroll: (part) => {
      scroll.current = { ...scroll.current, ...part };
      save();
    },
  };
}
