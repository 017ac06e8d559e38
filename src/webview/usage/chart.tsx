import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { useWidth } from "../ui/use-width.ts";
import { bucketLabel, bucketName } from "./bucket-words.ts";
import { colorsOf, dashes, useTheme } from "./chart-look.ts";
import type { Usage } from "./protocol.ts";
import type { Series } from "./series.ts";

interface ChartProps {
  readonly title: string;
  readonly time: Pick<Usage, "from" | "stepMs" | "buckets">;
  readonly series: readonly Series[];
  readonly format: (value: number | null) => string;
  /** How the value axis says a value, its ticks `step` apart; by default as `format` does. */
  readonly tick?: (value: number, step: number) => string;
  /** Tokens of the lines' colours, in their order. */
  readonly colors: readonly string[];
}

const height = 160;

/** Lines over time. The bucket under the pointer, or chosen by arrow keys, is told in the legend. */
export function Chart({ title, time, series, format, tick = format, colors }: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const width = useWidth(frame);
  const theme = useTheme();
  const [chosen, setChosen] = useState<number | null>(null);
  useLayoutEffect(() => {
    const node = frame.current;
    if (!node || width === 0) return;
    const drawn = new uPlot(optionsOf(node, width, { time, series, tick, colors }, setChosen), dataOf(series), node);
    plot.current = drawn;
    return () => {
      plot.current = null;
      drawn.destroy();
    };
  }, [width, theme, time, series]);
  useEffect(() => setChosen(null), [time]);
  const last = time.buckets - 1;
  const choose = (bucket: number) => {
    const within = Math.min(last, Math.max(0, bucket));
    setChosen(within);
    const { current } = plot;
    current?.setCursor({ left: current.valToPos(within, "x"), top: -10 }, false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = chosen ?? last;
    if (event.key === "ArrowLeft") choose(chosen === null ? last : at - 1);
    else if (event.key === "ArrowRight") choose(at + 1);
    else if (event.key === "Home") choose(0);
    else if (event.key === "End") choose(last);
    else return;
    event.preventDefault();
  };
  const name = (bucket: number) => bucketName(time.from + bucket * time.stepMs, time.stepMs);
  const shownOf = ({ values, total }: Series) => (chosen === null ? total : (values[chosen] ?? null));
  const formatted = (value: number | null | undefined) => (value === undefined ? "" : format(value));
  const said = (bucket: number) =>
    series.map(({ label, values }) => `${label} ${format(values[bucket] ?? null)}`).join(", ");
  return (
    <div>
      <div
        class="chart"
        ref={frame}
        role="slider"
        tabIndex={0}
        aria-label={`${title} over time`}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={chosen ?? last}
        aria-valuetext={`${name(chosen ?? last)}: ${said(chosen ?? last)}`}
        onKeyDown={onKeyDown}
      />
      <ul class="legend">
        {series.map((each, index) => (
          <li>
            <svg class="swatch" viewBox="0 0 20 8" aria-hidden="true">
              <line
                x1="0"
                y1="4"
                x2="20"
                y2="4"
                style={{ stroke: `var(${colors[index % colors.length]})` }}
                stroke-dasharray={dashes[index % dashes.length]?.join(" ")}
              />
            </svg>
            <span class="series-name">{each.label}</span>
            <span class="figure">{formatted(shownOf(each))}</span>
          </li>
        ))}
        <li class="note">{chosen === null ? "" : name(chosen)}</li>
      </ul>
    </div>
  );
}

function dataOf(series: readonly Series[]): uPlot.AlignedData {
  const buckets = series[0]?.values.length ?? 0;
  return [Array.from({ length: buckets }, (_, bucket) => bucket), ...series.map(({ values }) => [...values])];
}

function optionsOf(
  node: HTMLElement,
  width: number,
  { time, series, tick, colors }: Required<Pick<ChartProps, "time" | "series" | "tick" | "colors">>,
  choose: (bucket: number | null) => void,
): uPlot.Options {
  const [text = "", grid = "", ...lines] = colorsOf(node, [
    "--vscode-descriptionForeground",
    "--vscode-panel-border",
    ...colors,
  ]);
  const { fontFamily } = getComputedStyle(node);
  const axis = { stroke: text, font: `11px ${fontFamily}`, ticks: { show: false } };
  const labelAt = (bucket: number) =>
    Number.isInteger(bucket) ? bucketLabel(time.from + bucket * time.stepMs, time.stepMs) : "";
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: { time: false, range: () => [-0.5, time.buckets - 0.5] },
      y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] },
    },
    series: [
      {},
      ...series.map(({ label }, index) => ({
        label,
        width: 1.5,
        stroke: lines[index % lines.length] ?? text,
        dash: [...(dashes[index % dashes.length] ?? [])],
        points: { show: true, size: 4, fill: lines[index % lines.length] ?? text },
      })),
    ],
    axes: [
      {
        ...axis,
        grid: { show: false },
        incrs: [1, 2, 3, 6, 7, 12, 14],
        space: 56,
        size: 24,
        values: (_plot, at) => at.map(labelAt),
      },
      {
        ...axis,
        grid: { stroke: grid, width: 1 },
        size: 56,
        space: 28,
        values: (_plot, at, _axis, _space, step) => at.map((value) => tick(value, step)),
      },
    ],
    hooks: { setCursor: [({ cursor }) => choose(cursor.idx ?? null)] },
  };
}
