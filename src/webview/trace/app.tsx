import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { FanOutQuestion } from "../../rlm/run-nodes.ts";
import { useClock } from "../ui/use-clock.ts";
import { Details } from "./details.tsx";
import { FanOutBar } from "./fan-out-bar.tsx";
import { Header } from "./header.tsx";
import { Messages } from "./messages.tsx";
import { cellOf, rowsOf, unfoldedTo } from "./rows.ts";
import type { TraceStore } from "./store.ts";
import { TreeGrid } from "./tree-grid.tsx";

/** The trace panel. */
export function App({ store }: { store: TraceStore }) {
  const { tree, notice } = store;
  const [selected, setSelected] = useState("run");
  const [revealed, setRevealed] = useState<{ readonly id: string } | null>(null);
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const grid = useRef<HTMLDivElement>(null);
  const details = useRef<HTMLElement>(null);
  const now = useClock(tree.lastAt, tree.started !== null && tree.state !== "done");
  const rows = useMemo(() => rowsOf(tree, toggled), [tree, tree.size, tree.started, toggled]);

  const focusTree = () => grid.current?.querySelector<HTMLElement>("[role=treegrid]")?.focus();
  useEffect(() => (tree.started ? whenFocused(focusTree) : undefined), [tree.started !== null]);

  if (!tree.started) return <p class="empty">{notice === "" ? "Starting" : notice}</p>;

  const toggle = (id: string) => {
    const next = new Set(toggled);
    if (!next.delete(id)) next.add(id);
    setToggled(next);
    // What is folded away cannot stay selected.
    if (!rowsOf(tree, next).some((row) => row.node.id === selected)) setSelected(id);
  };
  const { asking } = tree;
  const showCell = ({ runId, turn, cell }: FanOutQuestion) => {
    const id = cellOf(tree, runId, turn, cell)?.id;
    if (id === undefined) return;
    setToggled(unfoldedTo(tree, id, toggled));
    setSelected(id);
    setRevealed({ id });
    focusTree();
  };
  const row = rows.find(({ node }) => node.id === selected) ?? rows[0];
  const showAnswer = tree.answer !== null && row?.node.kind !== "run" ? () => setSelected("run") : null;
  return (
    <main class="trace">
      <Header tree={tree} asking={asking} now={now} showAnswer={showAnswer} />
      {asking && (
        <FanOutBar key={asking.seq} tree={tree} question={asking} showCell={() => showCell(asking)} leave={focusTree} />
      )}
      <Messages tree={tree} />
      <div class="split" ref={grid}>
        <TreeGrid
          tree={tree}
          rows={rows}
          selected={row?.node.id ?? "run"}
          revealed={revealed}
          now={now}
          select={setSelected}
          toggle={toggle}
          enter={() => details.current?.focus()}
        />
        {row && <Details row={row} element={details} leave={focusTree} />}
      </div>
    </main>
  );
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
