import { Icon } from "../ui/icon.tsx";
import { usePost } from "./actions.ts";
import type { Setup } from "./protocol.ts";

/** Something to know before asking, with what changes it. */
export function Notice({ notice: { text, button } }: { notice: NonNullable<Setup["notice"]> }) {
  const post = usePost();
  return (
    <p class="notice icon-line">
      <Icon name="info" />
      <span>
        {text}{" "}
        {button && (
          <button type="button" class="link" onClick={() => post({ type: "command", command: button.command })}>
            {button.label}
          </button>
        )}
      </span>
    </p>
  );
}
