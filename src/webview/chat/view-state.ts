import * as z from "zod";

const viewState = z.object({
  /** What was typed and not asked yet. */
  typed: z.string(),
});

/** What the page remembers while it is hidden. */
export type ViewState = z.infer<typeof viewState>;

export function readViewState(kept: unknown): ViewState {
  return viewState.safeParse(kept).data ?? { typed: "" };
}
