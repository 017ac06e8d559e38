import { useState } from "preact/hooks";
import { Icon } from "../ui/icon.tsx";
import { usePost } from "./actions.ts";
import type { ShownProgress } from "./protocol.ts";

interface AskingProps {
  readonly exchange: string;
  readonly asking: NonNullable<ShownProgress["asking"]>;
}

/** Asks whether a cell may make its many calls. */
export function Asking({ exchange, asking }: AskingProps) {
  const post = usePost();
  const [open, setOpen] = useState(false);
  const [decided, setDecided] = useState(false);
  const { asked, title, note, sample, choices } = asking;
  return (
    <section class="asking" aria-label={title}>
      <p class="icon-line">
        <Icon name="question" />
        <span>{title}</span>
      </p>
      <p class="note">{note}</p>
      <button type="button" class="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? "chevron-down" : "chevron-right"} />
        Sample prompt
      </button>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must take the focus
        <pre class="sample long-text" tabIndex={0}>
          {sample}
        </pre>
      )}
      <div class="asking-actions">
        {choices.map(({ choice, label }, index) => (
          <button
            type="button"
            class={index === 0 ? "button" : "button secondary"}
            disabled={decided}
            onClick={() => {
              setDecided(true);
              post({ type: "decide", exchange, asked, choice });
            }}
          >
            {label}
          </button>
        ))}
      </div>
    </section>
  );
}
