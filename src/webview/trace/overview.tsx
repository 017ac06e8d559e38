import { useMemo, useRef, useState } from "preact/hooks";
import { formatMs } from "../../rlm/format.ts";
import type { RunTree } from "../../rlm/run-tree.ts";
import { useWidth } from "../ui/use-width.ts";
import { lanes, lanesOf } from "./overview-lanes.ts";
import { fractionOf, spanWithin, type TimeSpan } from "./time-scale.ts";

interface OverviewProps {
  readonly tree: RunTree;
  /** Milliseconds since 1970, the end of what still goes on. */
  readonly now: number;
  readonly whole: TimeSpan;
  readonly zoom: TimeSpan | null;
  /** Null: all of the run. */
  readonly setZoom: (zoom: TimeSpan | null) => void;
}

const laneHeight = 5;
/** Milliseconds. */
const drawnEvery = 400;
/** Pixels around a handle that take hold of it. */
const grip = 6;
/** Steps of the arrow keys, as parts of the whole. */
const step = 0.02;
const largeStep = 0.1;

/** The whole run as a strip, a lane for each kind; a stretch of it may be chosen to be looked at closely. */
export function Overview({ tree, now, whole, zoom, setZoom }: OverviewProps) {
  const strip = useRef<HTMLDivElement>(null);
  const width = useWidth(strip);
  const { root } = tree;
  // Of a run that goes on it is drawn anew a few times a second at most.
  const news = tree.state === "done" ? tree.version : Math.floor(now / drawnEvery);
  const drawn = useMemo(() => root && lanesOf(root, whole, now, width), [tree, tree.state, news, width, whole.to]);
  const span = zoom ?? whole;
  const brush = useBrush(whole, zoom, setZoom);
  const move = (which: "from" | "to", to: number) => {
    const moved = which === "from" ? [Math.min(to, span.to), span.to] : [span.from, Math.max(to, span.from)];
    const next = spanWithin(whole, moved[0] ?? 0, moved[1] ?? 0);
    setZoom(next.from <= whole.from && next.to >= whole.to ? null : next);
  };
  return (
    <div class="overview">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: for the mouse; the handles have the keyboard */}
      <div class="strip" ref={strip} {...brush} onDblClick={() => setZoom(null)}>
        <svg class="lanes" width={width} height={lanes.length * laneHeight} aria-hidden="true">
          {drawn &&
            lanes.map((lane, index) => (
              <path class={`lane lane-${lane}`} d={drawn[lane].map((each) => bar(each, index * laneHeight)).join("")} />
            ))}
        </svg>
        {zoom && <div class="shade" style={{ left: 0, width: percent(fractionOf(whole, span.from)) }} />}
        {zoom && <div class="shade" style={{ right: 0, width: percent(1 - fractionOf(whole, span.to)) }} />}
        {(["from", "to"] as const).map((which) => (
          <Handle which={which} whole={whole} at={span[which]} move={move} reset={() => setZoom(null)} />
        ))}
      </div>
    </div>
  );
}

interface ZoomLineProps {
  readonly zoom: TimeSpan;
  readonly reset: () => void;
}

/** Which stretch is looked at. It stands apart from the strip, whose width must not change while one is chosen. */
export function ZoomLine({ zoom, reset }: ZoomLineProps) {
  return (
    <p class="zoom-line note">
      {formatMs(zoom.from)} – {formatMs(zoom.to)}
      <button type="button" class="link" onClick={reset}>
        Show whole run
      </button>
    </p>
  );
}

interface HandleProps {
  readonly which: "from" | "to";
  readonly whole: TimeSpan;
  readonly at: number;
  readonly move: (which: "from" | "to", to: number) => void;
  readonly reset: () => void;
}

/** An end of the stretch that is looked at. */
function Handle({ which, whole, at, move, reset }: HandleProps) {
  const length = whole.to - whole.from;
  const onKeyDown = (event: KeyboardEvent) => {
    const by = (event.shiftKey ? largeStep : step) * length;
    const to = targetOf(event.key, at, by, whole);
    if (to === null && event.key !== "Escape") return;
    event.preventDefault();
    if (to === null) reset();
    else move(which, to);
  };
  return (
    <div
      class={`handle handle-${which}`}
      role="slider"
      tabIndex={0}
      aria-label={which === "from" ? "Show from" : "Show until"}
      aria-valuemin={0}
      aria-valuemax={Math.round(whole.to)}
      aria-valuenow={Math.round(at)}
      aria-valuetext={formatMs(at)}
      style={{ left: percent(fractionOf(whole, at)) }}
      onKeyDown={onKeyDown}
    />
  );
}

function targetOf(key: string, at: number, by: number, whole: TimeSpan): number | null {
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return at - by;
    case "ArrowRight":
    case "ArrowUp":
      return at + by;
    case "PageDown":
      return at - 5 * by;
    case "PageUp":
      return at + 5 * by;
    case "Home":
      return whole.from;
    case "End":
      return whole.to;
    default:
      return null;
  }
}

/** What the mouse has taken hold of, and where. */
interface Drag {
  readonly part: "new" | "from" | "to" | "all";
  /** Milliseconds from the run's beginning. */
  readonly from: number;
}

/** Dragging chooses a stretch, moves it, or one of its ends; a click alone leaves it. */
function useBrush(whole: TimeSpan, zoom: TimeSpan | null, setZoom: (zoom: TimeSpan | null) => void) {
  const [drag, setDrag] = useState<Drag | null>(null);
  const at = (event: PointerEvent) => {
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return { ms: whole.from + ((event.clientX - left) / width) * (whole.to - whole.from), perPixel: whole.to / width };
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return;
      const { ms, perPixel } = at(event);
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      setDrag({ part: partAt(ms, grip * perPixel, zoom), from: ms });
    },
    onPointerMove: (event: PointerEvent) => {
      if (!drag) return;
      const { ms, perPixel } = at(event);
      if (drag.part === "new" && Math.abs(ms - drag.from) < 3 * perPixel) return;
      setZoom(dragged(drag, ms, whole, zoom));
      if (drag.part === "all") setDrag({ ...drag, from: ms });
    },
    onPointerUp: () => setDrag(null),
    onPointerCancel: () => setDrag(null),
  };
}

function partAt(ms: number, near: number, zoom: TimeSpan | null): Drag["part"] {
  if (!zoom) return "new";
  if (Math.abs(ms - zoom.from) <= near) return "from";
  if (Math.abs(ms - zoom.to) <= near) return "to";
  return ms > zoom.from && ms < zoom.to ? "all" : "new";
}

function dragged({ part, from }: Drag, ms: number, whole: TimeSpan, zoom: TimeSpan | null): TimeSpan {
  if (part === "new" || !zoom) return spanWithin(whole, from, ms);
  if (part === "from") return spanWithin(whole, ms, zoom.to);
  if (part === "to") return spanWithin(whole, zoom.from, ms);
  return spanWithin(whole, zoom.from + ms - from, zoom.to + ms - from);
}

function bar({ from, to }: TimeSpan, top: number): string {
  return `M${from} ${top}H${to}V${top + laneHeight - 1}H${from}Z`;
}

function percent(fraction: number): string {
  return `${Math.min(1, Math.max(0, fraction)) * 100}%`;
}
