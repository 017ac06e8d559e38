import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { FanOutQuestion } from "../../rlm/run-nodes.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { useClock } from "../ui/use-clock.ts";
import { useHost } from "./actions.ts";
import { copiedOf } from "./copied.ts";
import { CoverageMap } from "./coverage-map.tsx";
import { Details } from "./details.tsx";
import { FanOutBar } from "./fan-out-bar.tsx";
import { findRows, isFiltering } from "./find-rows.ts";
import { Header } from "./header.tsx";
import { Messages } from "./messages.tsx";
import { Overview, ZoomLine } from "./overview.tsx";
import { cellOf, rowsOf, unfoldedTo } from "./rows.ts";
import type { TraceStore } from "./store.ts";
import { roomFor, type TimeSpan } from "./time-scale.ts";
import { Toolbar } from "./toolbar.tsx";
import { TreeGrid } from "./tree-grid.tsx";
import { useViewState } from "./use-view-state.ts";
import type { ViewState } from "./view-state.ts";

interface AppProps {
  readonly store: TraceStore;
  /** What was kept of the view before, not checked yet. */
  readonly kept: unknown;
  readonly keep: (state: unknown) => void;
}

/** The trace panel. */
export function App({ store, kept, keep }: AppProps) {
  const { tree, notice } = store;
  const { post, isEditor } = useHost();
  const { view, change, keepScroll } = useViewState(tree.runId, kept, keep);
  const [revealed, setRevealed] = useState<{ readonly id: string } | null>(null);
  const page = useRef<HTMLElement>(null);
  const details = useRef<HTMLElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const now = useClock(tree.lastAt, tree.started !== null && tree.state !== "done");
  const found = useFound(tree, view.filter);
  const rows = useRows(tree, view, found?.kept ?? null, now);

  const focusTree = () => page.current?.querySelector<HTMLElement>("[role=treegrid]")?.focus();
  useEffect(() => (tree.started ? whenFocused(focusTree) : undefined), [tree.started !== null]);

  if (!tree.started || !tree.root) return <p class="empty">{notice === "" ? "Starting" : notice}</p>;

  const show = (id: string) => {
    change({
      selected: id,
      toggled: [...unfoldedTo(tree, id, new Set(view.toggled))],
      filter: withRow(view, found, id),
    });
    setRevealed({ id });
    focusTree();
  };
  const toggle = (id: string) => {
    const key = found ? "toggledInFilter" : "toggled";
    const toggled = flipped(view[key], id);
    const after = rowsOf(tree, { toggled: new Set(toggled), sort: view.sort, kept: found?.kept ?? null }, now);
    // What is folded away cannot stay selected.
    const isGone = !after.some((each) => each.node.id === view.selected);
    change({ [key]: toggled, ...(isGone ? { selected: id } : {}) });
  };
  const { asking } = tree;
  const showCell = ({ runId, turn, cell }: FanOutQuestion) => {
    const id = cellOf(tree, runId, turn, cell)?.id;
    if (id !== undefined) show(id);
  };
  const row = rows.find(({ node }) => node.id === view.selected) ?? rows[0];
  const showAnswer = tree.answer !== null && row?.node.kind !== "run" ? () => change({ selected: "run" }) : null;
  const goOn = (by: 1 | -1) => {
    const matches = rows.filter(({ node }) => found?.matches.includes(node.id));
    const at = matches.findIndex(({ node }) => node.id === row?.node.id);
    const next = matches.at(at < 0 ? (by > 0 ? 0 : -1) : (at + by) % matches.length);
    if (!next) return;
    change({ selected: next.node.id });
    setRevealed({ id: next.node.id });
  };
  const whole = wholeOf(tree, tree.root.startedAt, now);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "/") input.current?.focus();
    else if (event.key === "e" && isEditor) post({ type: "export" });
    else if (event.key === "c" && row) post({ type: "copy", text: copiedOf(row.node) });
    else return;
    event.preventDefault();
  };
  return (
    <main class="trace" ref={page} onKeyDown={onKeyDown}>
      <Header tree={tree} asking={asking} now={now} showAnswer={showAnswer} />
      {asking && isEditor && (
        <FanOutBar key={asking.seq} tree={tree} question={asking} showCell={() => showCell(asking)} leave={focusTree} />
      )}
      <Messages tree={tree} />
      <Overview tree={tree} now={now} whole={whole} zoom={view.zoom} setZoom={(zoom) => change({ zoom })} />
      <Toolbar
        input={input}
        filter={view.filter}
        setFilter={(filter) => change({ filter, toggledInFilter: [] })}
        matches={found?.matches.length ?? null}
        goOn={goOn}
        leave={focusTree}
        hidden={view.hidden}
        setHidden={(hidden) => change({ hidden })}
      >
        {view.zoom && <ZoomLine zoom={view.zoom} reset={() => change({ zoom: null })} />}
      </Toolbar>
      <div class="split">
        <TreeGrid
          tree={tree}
          rows={rows}
          selected={row?.node.id ?? "run"}
          revealed={revealed}
          now={now}
          hidden={view.hidden}
          sort={view.sort}
          setSort={(sort) => change({ sort })}
          span={view.zoom ?? whole}
          follows={tree.state !== "done" && view.sort === null && !found}
          scroll={view.scroll.tree}
          keepScroll={(top) => keepScroll({ tree: top })}
          select={(selected) => change({ selected })}
          toggle={toggle}
          enter={() => details.current?.focus()}
        />
        {row ? (
          <Details
            row={row}
            tree={tree}
            stale={store.stale}
            element={details}
            show={show}
            leave={focusTree}
            scroll={view.scroll.details}
            keepScroll={(top) => keepScroll({ details: top })}
          />
        ) : (
          <p class="empty">Nothing matches.</p>
        )}
      </div>
      {tree.areas && (
        <CoverageMap
          areas={tree.areas}
          open={view.coverageOpen}
          setOpen={(coverageOpen) => change({ coverageOpen })}
          folder={view.folder}
          setFolder={(folder) => change({ folder })}
        />
      )}
    </main>
  );
}

/** What the filter lets through; null where nothing is looked for. */
function useFound(tree: RunTree, filter: ViewState["filter"]) {
  const { root } = tree;
  return useMemo(
    () => (root && isFiltering(filter) ? findRows(root, filter) : null),
    [tree, filter, isFiltering(filter) && tree.version],
  );
}

function useRows(tree: RunTree, view: ViewState, kept: ReadonlySet<string> | null, now: number) {
  const toggled = kept ? view.toggledInFilter : view.toggled;
  // Lines change their places only where they are sorted.
  const changes = view.sort ? tree.version : tree.size;
  return useMemo(
    () => rowsOf(tree, { toggled: new Set(toggled), sort: view.sort, kept }, now),
    [tree, changes, tree.started, toggled, view.sort, kept],
  );
}

/** The filter, or none where it would hide the line that is to be shown. */
function withRow({ filter }: ViewState, found: { readonly kept: ReadonlySet<string> } | null, id: string) {
  return !found || found.kept.has(id) ? filter : { text: "", failedOnly: false };
}

function flipped(ids: readonly string[], id: string): string[] {
  return ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id];
}

/** All of a run, with room for more while it goes on. @param startedAt milliseconds since 1970, as `now` */
function wholeOf({ root, state, lastAt }: RunTree, startedAt: number, now: number): TimeSpan {
  const end = root?.endedAt ?? lastAt;
  return { from: 0, to: state === "done" ? Math.max(1, end - startedAt) : roomFor(Math.max(now, lastAt) - startedAt) };
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === "text";
}

/** Calls `take` whenever the page has the keyboard and nothing in it has. @returns what ends it */
function whenFocused(take: () => void): () => void {
  const check = () => {
    if (document.hasFocus() && document.activeElement === document.body) take();
  };
  check();
  window.addEventListener("focus", check);
  return () => window.removeEventListener("focus", check);
}
