/** The day on which runs began. */
export type Day<Run> = { readonly runs: readonly Run[] } & (
  | { readonly name: "today" | "yesterday" }
  /** `at`: a moment of that day, in milliseconds since 1970. */
  | { readonly name: "date"; readonly at: number }
);

/**
 * Groups runs by the local day on which they began; order is kept.
 * @param runs the newest first
 * @param now milliseconds since 1970
 */
export function byDay<Run extends { readonly startedAt: number }>(runs: readonly Run[], now: number): Day<Run>[] {
  const today = startOfDay(now);
  // The day before may have 23 or 25 hours.
  const yesterday = startOfDay(today - 1);
  const groups = new Map<number, Run[]>();
  for (const run of runs) {
    const day = Math.min(startOfDay(run.startedAt), today);
    groups.set(day, [...(groups.get(day) ?? []), run]);
  }
  return [...groups].map(([day, all]) => {
    if (day === today) return { name: "today", runs: all };
    return day === yesterday ? { name: "yesterday", runs: all } : { name: "date", at: day, runs: all };
  });
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}
