// biome-ignore-all lint/a11y/useSemanticElements: no element of HTML is a cell of a tree
// biome-ignore-all lint/a11y/useFocusableInteractive: the tree around it has the focus
import { formatMs } from "../../rlm/format.ts";
import type { Bar } from "./bars.ts";
import { fractionOf, type TimeSpan, ticksOf } from "./time-scale.ts";

/** When a line went on, as a bar on the stretch of time that the tree shows. */
export function BarCell({ bar, span }: { bar: Bar; span: TimeSpan }) {
  return (
    <span role="gridcell" class="when" aria-label={describeBar(bar)} title={describeBar(bar)}>
      {bar.spans.map((each) => (
        <Piece of={each} in={span} class={`bar bar-${bar.kind}${bar.running ? " running" : ""}`} />
      ))}
      {bar.waits.map((each) => (
        <Piece of={each} in={span} class="bar bar-wait" />
      ))}
    </span>
  );
}

function Piece({ of, in: span, class: name }: { of: TimeSpan; in: TimeSpan; class: string }) {
  const left = Math.max(0, fractionOf(span, of.from));
  const right = Math.min(1, fractionOf(span, of.to));
  if (left >= 1 || right < 0 || (right === 0 && left === 0 && of.to < span.from)) return null;
  return <span class={name} style={{ left: percent(left), width: percent(Math.max(0, right - left)) }} />;
}

/** `from 2.2 s on, 3.1 s; waited 1.8 s` */
function describeBar({ spans, waits, running }: Bar): string {
  const [first] = spans;
  const last = spans.at(-1);
  if (!first || !last) return "";
  const waited = waits.reduce((sum, { from, to }) => sum + to - from, 0);
  const length = `${formatMs(last.to - first.from)}${running ? " so far" : ""}`;
  return `from ${formatMs(first.from)} on, ${length}${waited > 0 ? `; waited ${formatMs(waited)}` : ""}`;
}

/** The times above the bars. */
export function Axis({ span, width }: { span: TimeSpan; width: number }) {
  return (
    <span class="axis" aria-hidden="true">
      {ticksOf(span, width).map(({ ms, label }) => (
        <span class="tick" style={{ left: percent(fractionOf(span, ms)) }}>
          {fractionOf(span, ms) < 1 - 40 / width && label}
        </span>
      ))}
    </span>
  );
}

/** What the shapes and colours of the bars mean. */
export function Legend() {
  return (
    <ul class="legend" aria-label="Legend">
      {kinds.map(([kind, name]) => (
        <li>
          <span class={`swatch bar bar-${kind}`} aria-hidden="true" />
          {name}
        </li>
      ))}
    </ul>
  );
}

const kinds = [
  ["turn", "turn"],
  ["cell", "cell"],
  ["call", "sub-call"],
  ["child", "child run"],
  ["wait", "waiting"],
] as const;

function percent(fraction: number): string {
  return `${fraction * 100}%`;
}
