// biome-ignore-all lint/a11y/useSemanticElements: no element of HTML is a tree with columns
// biome-ignore-all lint/a11y/useFocusableInteractive: the tree has the focus, and names its row by aria-activedescendant

import type { NodeState } from "../../rlm/run-nodes.ts";
import { Icon } from "../ui/icon.tsx";
import type { Bar } from "./bars.ts";
import type { ColumnId } from "./columns.ts";
import { kindOf, type RowKind, type RowNode } from "./row-nodes.ts";
import type { Row, RowText } from "./rows.ts";
import type { TimeSpan } from "./time-scale.ts";
import { BarCell } from "./waterfall.tsx";

interface TreeRowProps {
  readonly id: string;
  readonly row: Row;
  /** Its place among all rows, from 0. */
  readonly index: number;
  /** Its distance from the top of all rows, in pixels. */
  readonly top: number;
  readonly text: RowText;
  /** The columns of numbers. */
  readonly columns: readonly ColumnId[];
  readonly bar: Bar;
  /** The stretch of time that the bars are drawn on. */
  readonly span: TimeSpan;
  readonly selected: boolean;
  readonly select: (id: string) => void;
  readonly toggle: (id: string) => void;
}

/** One line of the tree. */
export function TreeRow({ id, row, index, top, text, columns, bar, span, selected, select, toggle }: TreeRowProps) {
  const { node, level, open, position, siblings } = row;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree around it has the keyboard
    <div
      id={id}
      role="row"
      class={`tree-row tree-columns ${text.state}${selected ? " selected" : ""}`}
      style={{ transform: `translateY(${top}px)` }}
      aria-level={level}
      aria-rowindex={index + 2}
      aria-posinset={position}
      aria-setsize={siblings}
      aria-selected={selected}
      aria-expanded={open ?? undefined}
      onClick={() => select(node.id)}
      onDblClick={() => open !== null && toggle(node.id)}
    >
      <span role="gridcell" class="tree-name" title={text.description}>
        <span class="indent" style={{ width: `${(level - 1) * 8}px` }} />
        <Twistie open={open} toggle={() => toggle(node.id)} />
        <Icon name={iconOf(node, text.state)} class={`kind-${kindOf(node)}`} />
        <span class="label">{text.label}</span>
        {stateWords[text.state] && <span class="visually-hidden">{stateWords[text.state]}</span>}
        <span class="description">{text.description}</span>
      </span>
      {columns.map((column) => (
        <span role="gridcell" class="number" key={column}>
          {text[column]}
        </span>
      ))}
      <BarCell bar={bar} span={span} />
    </div>
  );
}

function Twistie({ open, toggle }: { open: boolean | null; toggle: () => void }) {
  if (open === null) return <span class="twistie" />;
  return (
    // For the mouse only: the arrow keys do the same.
    <span
      class="twistie"
      aria-hidden="true"
      onClick={(event) => {
        event.stopPropagation();
        toggle();
      }}
      onDblClick={(event) => event.stopPropagation()}
    >
      <Icon name={open ? "chevron-down" : "chevron-right"} />
    </span>
  );
}

/** For those who do not see the icon. */
const stateWords: Readonly<Record<NodeState, string>> = {
  running: "running",
  failed: "failed",
  stopped: "stopped",
  done: "",
};

const kindIcons: Readonly<Record<RowKind, string>> = {
  run: "type-hierarchy",
  turn: "comment",
  cell: "code",
  call: "call-outgoing",
  child: "type-hierarchy-sub",
};

function iconOf(node: RowNode, state: NodeState): string {
  if (state === "running") return "loading codicon-modifier-spin";
  if (state === "failed") return "error";
  if (state === "stopped") return "circle-slash";
  return node.kind === "call" && node.remembered ? "history" : kindIcons[kindOf(node)];
}
