import type { Usage } from "./model.ts";

/** A whole number with its thousands apart: `1,204`. */
export function formatCount(count: number): string {
  // Not toLocaleString: its first use loads tables for about 15 ms.
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A number of things: `1 turn`, `1,204 files`. */
export function formatNumberOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A number at a glance: `812`, `14.3k`, `310k`, `2.1M`. */
export function formatShort(count: number): string {
  if (count < 1_000) return String(Math.round(count));
  if (count < 99_950) return `${trimmed((count / 1_000).toFixed(1))}k`;
  if (count < 999_500) return `${Math.round(count / 1_000)}k`;
  return `${trimmed((count / 1_000_000).toFixed(count < 99_950_000 ? 1 : 0))}M`;
}

/** Input and output tokens without their unit, for a column: `14.3k`, or `≈14.3k` where they are an estimate. */
export function formatTokenCount(usage: Usage): string {
  return `${usage.estimated ? "≈" : ""}${formatShort(usage.input + usage.output)}`;
}

/** Input and output tokens: `14.3k tok`, or `≈14.3k tok` where they are an estimate. */
export function formatTokens(usage: Usage): string {
  return `${formatTokenCount(usage)} tok`;
}

/** US dollars: `$0.042`, `$1.25`; `unknown` for null. */
export function formatUsd(usd: number | null): string {
  if (usd === null) return "unknown";
  if (usd === 0) return "$0";
  if (usd < 0.0005) return "<$0.001";
  return `$${usd.toFixed(usd < 0.9995 ? 3 : 2)}`;
}

/** US dollars that were set as a limit: `$0.25`, `$1.00`. */
export function formatUsdLimit(usd: number): string {
  return usd >= 0.01 ? `$${usd.toFixed(2)}` : formatUsd(usd);
}

/** A time span given in milliseconds: `31 ms`, `1.2 s`, `2 min 5 s`, `15 min`, `1 h 4 min`. */
export function formatMs(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return twoUnits(seconds, "min", "s");
  return twoUnits(Math.round(seconds / 60), "h", "min");
}

/** Sixtieths as whole units and the rest of them, where there is a rest. */
function twoUnits(sixtieths: number, unit: string, rest: string): string {
  const left = sixtieths % 60;
  return `${Math.floor(sixtieths / 60)} ${unit}${left === 0 ? "" : ` ${left} ${rest}`}`;
}

function trimmed(decimal: string): string {
  return decimal.replace(/\.0$/, "");
}
