// biome-ignore-all lint/a11y/useSemanticElements: no element of HTML is a tree with columns
// biome-ignore-all lint/a11y/useFocusableInteractive: the tree has the focus, and names its row by aria-activedescendant

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { RunTree } from "../../rlm/run-tree.ts";
import { Icon } from "../ui/icon.tsx";
import { useFollow } from "../ui/use-follow.ts";
import { useWidth } from "../ui/use-width.ts";
import { barOf } from "./bars.ts";
import { type ColumnId, columns, nextSort, type Sort } from "./columns.ts";
import { type Row, rowText } from "./rows.ts";
import type { TimeSpan } from "./time-scale.ts";
import { TreeRow } from "./tree-row.tsx";
import { Axis } from "./waterfall.tsx";

/** As native trees have it, and as `trace.css` says. */
const rowHeight = 22;
/** Rows drawn above and below what is visible. */
const margin = 8;

/** What the keyboard or the mouse asks of the tree. */
interface TreeHandlers {
  readonly select: (id: string) => void;
  readonly toggle: (id: string) => void;
  /** Go on to the details of the selected row. */
  readonly enter: () => void;
}

interface TreeGridProps extends TreeHandlers {
  readonly tree: RunTree;
  readonly rows: readonly Row[];
  readonly selected: string;
  /** A row to bring into sight; once for each object. */
  readonly revealed: { readonly id: string } | null;
  readonly now: number;
  readonly hidden: readonly ColumnId[];
  readonly sort: Sort | null;
  readonly setSort: (sort: Sort | null) => void;
  /** The stretch of time that the bars are drawn on. */
  readonly span: TimeSpan;
  /** New rows come at the end, which is kept in sight while the user is there. */
  readonly follows: boolean;
  /** Where it was scrolled to before, in pixels; `keepScroll` is told when that changes. */
  readonly scroll: number | null;
  readonly keepScroll: (top: number) => void;
}

/** The part of the tree that is in sight, in pixels. */
interface View {
  readonly top: number;
  readonly height: number;
}

/** The run as a tree with columns. Only the rows in sight are in the page. */
export function TreeGrid(props: TreeGridProps) {
  const { tree, rows, selected, revealed, now, hidden, span, select, toggle, enter } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<View>({ top: 0, height: 0 });
  const shown = columns.filter(({ id }) => !hidden.includes(id)).map(({ id }) => id);
  useFollow(scroller, props.follows, tree, props.scroll);
  useLayoutEffect(
    () =>
      observe(scroller.current, (seen) => {
        setView(seen);
        props.keepScroll(seen.top);
      }),
    [],
  );
  useLayoutEffect(() => {
    const row = rows.findIndex(({ node }) => node.id === revealed?.id);
    if (scroller.current && row >= 0) setView(bringIntoView(scroller.current, row));
  }, [revealed]);

  const first = Math.max(0, Math.floor(view.top / rowHeight) - margin);
  const drawn = rows.slice(first, Math.ceil((view.top + view.height) / rowHeight) + margin);
  const at = rows.findIndex((row) => row.node.id === selected);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLButtonElement) return;
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
    const move = moveFor(event.key, rows, at, page);
    if (!move) return;
    event.preventDefault();
    if (move.kind === "enter") return enter();
    const row = rows[move.to];
    if (!row) return;
    if (move.kind === "toggle") return toggle(row.node.id);
    select(row.node.id);
    if (scroller.current) setView(bringIntoView(scroller.current, move.to));
  };

  return (
    <div
      class="tree"
      role="treegrid"
      aria-label="Run"
      aria-rowcount={rows.length + 1}
      aria-activedescendant={drawn.some((row) => row.node.id === selected) ? elementId(selected) : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      style={{ "--numbers": widthsOf(shown) }}
    >
      <Head shown={shown} sort={props.sort} setSort={props.setSort} span={span} />
      <div class="tree-scroller" role="rowgroup" ref={scroller} tabIndex={-1}>
        <div class="tree-space" role="presentation" style={{ height: `${rows.length * rowHeight}px` }}>
          {drawn.map((row, index) => (
            <TreeRow
              key={row.node.id}
              id={elementId(row.node.id)}
              row={row}
              index={first + index}
              top={(first + index) * rowHeight}
              text={rowText(tree, row, now)}
              columns={shown}
              bar={barOf(row.node, tree.root?.startedAt ?? 0, now)}
              span={span}
              selected={row.node.id === selected}
              select={select}
              toggle={toggle}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

interface HeadProps extends Pick<TreeGridProps, "sort" | "setSort" | "span"> {
  readonly shown: readonly ColumnId[];
}

/** The titles of the columns, by which the lines can be sorted, and the times above the bars. */
function Head({ shown, sort, setSort, span }: HeadProps) {
  const axis = useRef<HTMLSpanElement>(null);
  const width = useWidth(axis);
  return (
    <div class="tree-head tree-columns" role="row" aria-rowindex={1}>
      <span role="columnheader">Name</span>
      {columns
        .filter(({ id }) => shown.includes(id))
        .map(({ id, title }) => (
          <span role="columnheader" key={id} aria-sort={orderOf(sort, id)}>
            <button type="button" class="sort" onClick={() => setSort(nextSort(sort, id))}>
              {sort?.by === id && <Icon name={sort.descending ? "arrow-down" : "arrow-up"} />}
              {title}
            </button>
          </span>
        ))}
      <span role="columnheader" class="when" ref={axis}>
        <span class="visually-hidden">When</span>
        <Axis span={span} width={width} />
      </span>
    </div>
  );
}

function orderOf(sort: Sort | null, id: ColumnId): "descending" | "ascending" | undefined {
  if (sort?.by !== id) return undefined;
  return sort.descending ? "descending" : "ascending";
}

/** The widths of the columns of numbers for the style sheet. */
function widthsOf(shown: readonly ColumnId[]): string {
  const numbers = columns.filter(({ id }) => shown.includes(id));
  return numbers.map(({ width }) => `${width}px`).join(" ");
}

type Move =
  | { readonly kind: "select"; readonly to: number }
  | { readonly kind: "toggle"; readonly to: number }
  | { readonly kind: "enter" };

/** What a key does on the row `at`, as in VS Code's own trees. @returns null for keys that are not the tree's */
function moveFor(key: string, rows: readonly Row[], at: number, page: number): Move | null {
  const row = rows[at];
  const select = (to: number): Move => ({ kind: "select", to: Math.min(Math.max(to, 0), rows.length - 1) });
  switch (key) {
    case "ArrowDown":
      return select(at + 1);
    case "ArrowUp":
      return select(at - 1);
    case "PageDown":
      return select(at + page);
    case "PageUp":
      return select(at - page);
    case "Home":
      return select(0);
    case "End":
      return select(rows.length - 1);
    case "ArrowRight":
      if (row?.open === false) return { kind: "toggle", to: at };
      return select(row?.open ? at + 1 : at);
    case "ArrowLeft":
      if (row?.open) return { kind: "toggle", to: at };
      return select(parentOf(rows, at));
    case " ":
      return row?.open === null ? null : { kind: "toggle", to: at };
    case "Enter":
      return { kind: "enter" };
    default:
      return null;
  }
}

function parentOf(rows: readonly Row[], at: number): number {
  const level = rows[at]?.level ?? 1;
  const parent = rows.slice(0, Math.max(at, 0)).findLastIndex((row) => row.level < level);
  return parent < 0 ? at : parent;
}

/** Scrolls as little as shows the row. @returns what is in sight now: the scroll event comes a frame too late for it */
function bringIntoView(scroller: HTMLElement, row: number): View {
  const top = row * rowHeight;
  const lowest = top + rowHeight - scroller.clientHeight;
  if (scroller.scrollTop > top) scroller.scrollTop = top;
  else if (scroller.scrollTop < lowest) scroller.scrollTop = lowest;
  return viewOf(scroller);
}

function viewOf(scroller: HTMLElement): View {
  return { top: scroller.scrollTop, height: scroller.clientHeight };
}

/** Reports what part of a scrolling element is in sight, now and whenever it changes. @returns what ends it */
function observe(element: HTMLElement | null, report: (view: View) => void): (() => void) | undefined {
  if (!element) return;
  const tell = () => report(viewOf(element));
  const resized = new ResizeObserver(tell);
  resized.observe(element);
  element.addEventListener("scroll", tell, { passive: true });
  return () => {
    resized.disconnect();
    element.removeEventListener("scroll", tell);
  };
}

/** A row's id in the page, where it may hold no space. */
function elementId(id: string): string {
  return `row-${id.replace(/\s/g, "_")}`;
}
