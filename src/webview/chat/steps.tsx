import { useState } from "preact/hooks";
import { formatNumberOf } from "../../rlm/format.ts";
import type { Step } from "../../rlm/steps.ts";
import { Icon } from "../ui/icon.tsx";

/** Of a run that goes on the newest steps are shown. */
const newest = 6;

/** What a run has done so far. */
export function Steps({ steps, all = false }: { steps: readonly Step[]; all?: boolean }) {
  const shown = all ? steps : steps.slice(-newest);
  const before = steps.length - shown.length;
  if (steps.length === 0) return null;
  return (
    <ul class="steps" aria-label="Steps">
      {before > 0 && <li class="step note">{formatNumberOf(before, "step")} before</li>}
      {shown.map((step) => (
        <StepLine key={step.id} step={step} />
      ))}
    </ul>
  );
}

/** The steps of a run that is over, folded away until they are wanted. */
export function FoldedSteps({ steps }: { steps: readonly Step[] }) {
  const [open, setOpen] = useState(false);
  return (
    <div class="folded-steps">
      <button type="button" class="fold note" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? "chevron-down" : "chevron-right"} />
        {formatNumberOf(steps.length, "step")}
      </button>
      {open && <Steps steps={steps} all />}
    </div>
  );
}

function StepLine({ step: { state, text, detail, progress } }: { step: Step }) {
  return (
    <li class={`step ${state}`}>
      <span class="step-text" title={text}>
        {text}
      </span>
      {progress && state === "running" && <Gauge done={progress.done} of={progress.of} />}
      {(detail !== "" || state === "stopped") && <span class="step-detail">{detail === "" ? "stopped" : detail}</span>}
    </li>
  );
}

/** How many of several are done. */
function Gauge({ done, of }: { done: number; of: number }) {
  return (
    <span class="gauge">
      <progress value={done} max={of} aria-label={`${done} of ${of} done`} />
      {done}/{of}
    </span>
  );
}
