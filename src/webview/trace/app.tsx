import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useClock } from "../ui/use-clock.ts";
import { Details } from "./details.tsx";
import { Header } from "./header.tsx";
import { Messages } from "./messages.tsx";
import { rowsOf } from "./rows.ts";
import type { TraceStore } from "./store.ts";
import { TreeGrid } from "./tree-grid.tsx";

/** The trace panel. */
export function App({ store }: { store: TraceStore }) {
  const { tree, notice } = store;
  const [selected, setSelected] = useState("run");
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
  const row = rows.find(({ node }) => node.id === selected) ?? rows[0];
  const showAnswer = tree.answer !== null && row?.node.kind !== "run" ? () => setSelected("run") : null;
  return (
    <main class="trace">
      <Header tree={tree} now={now} showAnswer={showAnswer} />
      <Messages tree={tree} />
      <div class="split" ref={grid}>
        <TreeGrid
          tree={tree}
          rows={rows}
          selected={row?.node.id ?? "run"}
          now={now}
          select={setSelected}
          toggle={toggle}
          enter={() => details.current?.focus()}
        />
        {row && <Details tree={tree} row={row} element={details} leave={focusTree} />}
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
