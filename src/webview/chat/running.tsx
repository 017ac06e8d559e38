import { formatMs } from "../../rlm/format.ts";
import { Icon } from "../ui/icon.tsx";
import { useClock } from "../ui/use-clock.ts";
import type { Progress } from "./store.ts";

/** Who answers, since when, and what goes on now. */
export function Running({ progress }: { progress: Progress | null }) {
  const now = useClock(progress?.now ?? 0, progress !== null);
  const asking = progress?.asking ?? null;
  return (
    <>
      <div class="running-head">
        <h2 class="who">RLM</h2>
        <span class="note models">{progress?.models ?? ""}</span>
        <span class="note elapsed" aria-hidden="true">
          {progress ? formatMs(now - progress.startedAt) : ""}
        </span>
      </div>
      <p class="activity icon-line">
        <Icon name={asking ? "debug-pause" : "loading codicon-modifier-spin"} />
        <span>{progress?.activity ?? "Starting"}</span>
      </p>
    </>
  );
}
