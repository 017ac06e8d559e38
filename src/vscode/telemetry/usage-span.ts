import type { Usage, UsageRange } from "../../webview/usage/protocol.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const shapes: Readonly<Record<UsageRange, { readonly stepMs: number; readonly buckets: number }>> = {
  day: { stepMs: hourMs, buckets: 24 },
  week: { stepMs: dayMs, buckets: 7 },
  month: { stepMs: dayMs, buckets: 30 },
};

/** The buckets of a range of which the last one holds this moment; days are those of UTC. @param now milliseconds since 1970 */
export function spanOf(range: UsageRange, now: number): Pick<Usage, "from" | "stepMs" | "buckets"> {
  const { stepMs, buckets } = shapes[range];
  return { from: Math.floor(now / stepMs) * stepMs - (buckets - 1) * stepMs, stepMs, buckets };
}
