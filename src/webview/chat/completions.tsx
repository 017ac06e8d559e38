import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../ui/icon.tsx";
import type { ToChatView } from "./protocol.ts";

interface CompletionsProps {
  readonly id: string;
  readonly items: Extract<ToChatView, { type: "completions" }>["items"];
  /** The one that Enter takes. */
  readonly active: number;
  readonly choose: (index: number) => void;
}

/** Paths that may be meant; the keyboard stays in the question. */
export function Completions({ id, items, active, choose }: CompletionsProps) {
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => list.current?.children[active]?.scrollIntoView({ block: "nearest" }), [active]);
  return (
    <div class="completions" id={id} ref={list} role="listbox" aria-label="Files and folders">
      {items.map(({ path, icon }, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the question's own keys choose it
        <div
          key={path}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === active}
          class={index === active ? "completion active" : "completion"}
          // The question must keep the keyboard.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => choose(index)}
        >
          <Icon name={icon} />
          <span class="completion-name">{path.slice(path.lastIndexOf("/") + 1)}</span>
          <span class="completion-folder">{path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ""}</span>
        </div>
      ))}
    </div>
  );
}
