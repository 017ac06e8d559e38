/** A stretch of time in milliseconds since the run began. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** The shortest stretch that the waterfall shows. */
const leastMs = 5;

/** Where a moment is on a span: 0 at its beginning, 1 at its end, beyond these outside of it. */
export function fractionOf(span: TimeSpan, ms: number): number {
  return (ms - span.from) / (span.to - span.from);
}

/** A span of at least a few milliseconds that lies within the whole. */
export function spanWithin(whole: TimeSpan, from: number, to: number): TimeSpan {
  const length = Math.min(Math.max(leastMs, Math.abs(to - from)), whole.to - whole.from);
  const start = Math.min(Math.max(whole.from, Math.min(from, to)), whole.to - length);
  return { from: start, to: start + length };
}

/**
 * How long a run that goes on is drawn when it has lasted `ms`: a little longer, in steps of which each is at least a
 * sixteenth of the whole, so that what was drawn stays where it is for a while.
 */
export function roomFor(ms: number): number {
  const step = 2 ** Math.floor(Math.log2(Math.max(ms, 1_000))) / 8;
  return Math.ceil(Math.max(ms, 1) / step) * step;
}

/** A mark on the time axis. */
export interface Tick {
  readonly ms: number;
  readonly label: string;
}

const second = 1_000;
const minute = 60 * second;
const steps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1_440].map((n) => n * minute),
];

/** Round times of a span, at least `apart` pixels from one to the next, where the span is `width` pixels wide. */
export function ticksOf({ from, to }: TimeSpan, width: number, apart = 56): Tick[] {
  if (width <= 0) return [];
  const least = ((to - from) * apart) / width;
  const step = steps.find((each) => each >= least) ?? least;
  const ticks: Tick[] = [];
  for (let ms = Math.ceil(from / step) * step; ms <= to; ms += step) ticks.push({ ms, label: labelOf(ms, step) });
  return ticks;
}

/** `0 s`, `4 s`, `1.5 s`, `200 ms`, `1:30`, as fine as its neighbours differ. */
function labelOf(ms: number, step: number): string {
  if (ms >= minute) return clock(ms, step);
  if (step >= second || ms === 0) return `${ms / second} s`;
  if (ms < second) return `${ms} ms`;
  return `${(ms / second).toFixed(step >= 100 ? 1 : step >= 10 ? 2 : 3)} s`;
}

/** Minutes and seconds. */
function clock(ms: number, step: number): string {
  const seconds = (ms % minute) / second;
  const digits = step >= second ? 0 : step >= 100 ? 1 : 3;
  return `${Math.floor(ms / minute)}:${seconds.toFixed(digits).padStart(digits === 0 ? 2 : digits + 3, "0")}`;
}
