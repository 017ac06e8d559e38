import { useState } from "preact/hooks";
import { formatNumberOf } from "../../rlm/format.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { Icon } from "../ui/icon.tsx";

/** More of them fold to the newest. */
const shownAtOnce = 2;

/** What the user should know about the run, a line each. */
export function Messages({ tree }: { tree: RunTree }) {
  const [unfolded, setUnfolded] = useState(false);
  const messages = messagesOf(tree);
  if (messages.length === 0) return null;
  const folds = messages.length > shownAtOnce;
  const shown = folds && !unfolded ? messages.slice(-1) : messages;
  return (
    <div class="messages">
      <ul>
        {shown.map(({ text, times }) => (
          <li class="icon-line warning">
            <Icon name="warning" />
            <span>
              {text}
              {times > 1 && ` (${times} times)`}
            </span>
          </li>
        ))}
      </ul>
      {folds && (
        <button type="button" class="link" onClick={() => setUnfolded(!unfolded)}>
          {unfolded ? "Show less" : `Show all ${formatNumberOf(messages.length, "warning")}`}
        </button>
      )}
    </div>
  );
}

/** The warnings in order, equal ones once. */
function messagesOf({ warnings, gap }: RunTree): { text: string; times: number }[] {
  const times = new Map<string, number>();
  for (const { message } of warnings) times.set(message, (times.get(message) ?? 0) + 1);
  if (gap) times.set(gapMessage(gap.from, gap.to), 1);
  return [...times].map(([text, count]) => ({ text, times: count }));
}

function gapMessage(from: number, to: number): string {
  return `Some of this run is not shown: ${from === to ? `event ${from} is` : `events ${from} to ${to} are`} missing.`;
}
