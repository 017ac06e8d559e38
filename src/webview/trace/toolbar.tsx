import type { ComponentChildren, RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import { formatCount } from "../../rlm/format.ts";
import { Icon } from "../ui/icon.tsx";
import { type ColumnId, columns } from "./columns.ts";
import { isFiltering, type RowFilter } from "./find-rows.ts";
import { Legend } from "./waterfall.tsx";

interface ToolbarProps {
  readonly input: RefObject<HTMLInputElement | null>;
  readonly filter: RowFilter;
  readonly setFilter: (filter: RowFilter) => void;
  /** How many lines match; null where nothing is looked for. */
  readonly matches: number | null;
  /** Selects the next match, or the one before. */
  readonly goOn: (by: 1 | -1) => void;
  /** Back to the tree. */
  readonly leave: () => void;
  readonly hidden: readonly ColumnId[];
  readonly setHidden: (hidden: ColumnId[]) => void;
  /** What is said of the stretch of time that is looked at. */
  readonly children: ComponentChildren;
}

/** What the tree shows, and what its bars mean. */
export function Toolbar(props: ToolbarProps) {
  const { input, filter, setFilter, matches, goOn, leave, hidden, setHidden, children } = props;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") goOn(event.shiftKey ? -1 : 1);
    else if (event.key === "ArrowDown") leave();
    else if (event.key === "Escape") {
      if (isFiltering(filter)) setFilter({ text: "", failedOnly: false });
      leave();
    } else return;
    event.preventDefault();
  };
  return (
    <div class="toolbar">
      <div class="filter">
        <Icon name="search" />
        <input
          ref={input}
          type="text"
          placeholder="Filter (/)"
          aria-label="Filter by name, prompt, code, output or reply"
          spellcheck={false}
          value={filter.text}
          onInput={(event) => setFilter({ ...filter, text: event.currentTarget.value })}
          onKeyDown={onKeyDown}
        />
      </div>
      <button
        type="button"
        class="toggle"
        aria-pressed={filter.failedOnly}
        title="Only what has failed"
        aria-label="Only what has failed"
        onClick={() => setFilter({ ...filter, failedOnly: !filter.failedOnly })}
      >
        <Icon name="error" />
        Failed
      </button>
      <p class="note matches" aria-live="polite">
        {matches !== null && (matches === 1 ? "1 match" : `${formatCount(matches)} matches`)}
      </p>
      {children}
      <Legend />
      <ColumnMenu hidden={hidden} setHidden={setHidden} />
    </div>
  );
}

function ColumnMenu({ hidden, setHidden }: Pick<ToolbarProps, "hidden" | "setHidden">) {
  const [open, setOpen] = useState(false);
  const element = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const toggle = (id: ColumnId) =>
    setHidden(hidden.includes(id) ? hidden.filter((each) => each !== id) : [...hidden, id]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what is inside has the focus, and its events rise here
    <div
      class="menu"
      ref={element}
      onKeyDown={(event) => {
        if (event.key === "Escape" && open) close();
      }}
      onFocusOut={(event) => {
        if (!(event.relatedTarget instanceof Node && element.current?.contains(event.relatedTarget))) setOpen(false);
      }}
    >
      <button
        type="button"
        class="icon-button"
        ref={button}
        title="Columns"
        aria-label="Columns"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="settings" />
      </button>
      {open && (
        <fieldset class="popup menu-popup">
          <legend class="visually-hidden">Columns</legend>
          {columns.map(({ id, title }) => (
            <label>
              <input type="checkbox" checked={!hidden.includes(id)} onChange={() => toggle(id)} />
              {title}
            </label>
          ))}
        </fieldset>
      )}
    </div>
  );
}
