const hourMs = 3_600_000;

const hour = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const longHour = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
// Days are those of UTC, as in the database.
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" });
const moment = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
});

/** A bucket at the foot of a chart: `14:00`, `Nov 21`. @param at milliseconds since 1970 */
export function bucketLabel(at: number, stepMs: number): string {
  return (stepMs > hourMs ? day : hour).format(at);
}

/** A bucket in a sentence: `Sat 14:00`, `Nov 21`. */
export function bucketName(at: number, stepMs: number): string {
  return (stepMs > hourMs ? day : longHour).format(at);
}

/** `Nov 21, 14:03` */
export function momentWords(at: number): string {
  return moment.format(at);
}
