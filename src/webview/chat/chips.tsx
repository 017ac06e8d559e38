import { Icon } from "../ui/icon.tsx";
import { usePost } from "./actions.ts";
import type { Chip, Setup } from "./protocol.ts";

/** What the next question is about. */
export function Chips({ setup: { chips, canAddWorkspace, size, folder } }: { setup: Setup }) {
  const post = usePost();
  const shown = folder ? chips : chips.filter(({ icon }) => icon !== "root-folder");
  return (
    <div class="chips">
      <ul aria-label="Asked about">
        {shown.map((chip) => (
          <li key={chip.id}>
            <AttachedChip chip={chip} removable={shown.length > 1 || chip.icon !== "root-folder"} />
          </li>
        ))}
      </ul>
      {canAddWorkspace && (
        <button
          type="button"
          class="chip-button"
          title="Ask about the whole workspace, pointing at what is attached"
          onClick={() => post({ type: "addWorkspace" })}
        >
          + workspace
        </button>
      )}
      <button
        type="button"
        class="chip-button"
        title="Attach files, folders or the selection (or type @, or drop them here with Shift held)"
        onClick={() => post({ type: "command", command: "attach" })}
      >
        + attach
      </button>
      {size !== null && (
        <button
          type="button"
          class="chip-button size"
          title="What will be looked at: show it in the Context view"
          onClick={() => post({ type: "command", command: "openContext" })}
        >
          {size}
        </button>
      )}
    </div>
  );
}

function AttachedChip({ chip: { id, label, title, icon }, removable }: { chip: Chip; removable: boolean }) {
  const post = usePost();
  return (
    <span class="chip" title={title}>
      <Icon name={icon === "selection" ? "selection" : icon} />
      <span class="chip-label">{label}</span>
      {removable && (
        <button
          type="button"
          aria-label={`Remove ${label}`}
          title="Remove"
          onClick={() => post({ type: "detach", chip: id })}
        >
          <Icon name="close" />
        </button>
      )}
    </span>
  );
}
