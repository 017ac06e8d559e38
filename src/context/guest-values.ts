/** Reads the arguments of a guest's calls: JSON-like values of any shape, of which nothing is trusted. */
import { formatCount } from "../rlm/format.ts";
import { GuestError } from "./guest-error.ts";

export interface RegexValue {
  readonly source: string;
  readonly flags: string;
}

export type Fields = Readonly<Record<string, unknown>>;

export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A regular expression of the guest arrives as an object. */
export function isRegex(value: unknown): value is RegexValue {
  return isFields(value) && typeof value.source === "string" && typeof value.flags === "string";
}

/** What a value is, for messages. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  if (isRegex(value)) return "a RegExp";
  if (typeof value === "object") return "an object";
  return typeof value === "string" ? "a string" : `${typeof value === "number" ? "the number" : "the value"} ${value}`;
}

/** The fields of an options object. @throws GuestError for names that are not known */
export function optionsOf(call: string, value: unknown, known: readonly string[]): Fields {
  if (isAbsent(value)) return {};
  if (!isFields(value)) {
    throw new GuestError(
      "TypeError",
      `${call}: the options must be an object {${known.join(", ")}}, not ${kindOf(value)}.`,
    );
  }
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) {
      throw new GuestError("TypeError", `${call}: unknown option "${name.slice(0, 100)}" (${known.join(", ")}).`);
    }
  }
  return value;
}

/** A whole number of an option or argument; what lies outside the limits is an error. */
export function wholeNumber<T>(
  name: string,
  value: unknown,
  fallback: T,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number | T {
  if (isAbsent(value)) return fallback;
  if (typeof value !== "number") throw new GuestError("TypeError", `${name} must be a number, not ${kindOf(value)}.`);
  const whole = Math.trunc(value);
  if (!(whole >= least && whole <= most)) {
    const range =
      most === Number.MAX_SAFE_INTEGER
        ? `${formatCount(least)} or more`
        : `${formatCount(least)} to ${formatCount(most)}`;
    throw new GuestError("RangeError", `${name} must be ${range}, not ${value}.`);
  }
  return whole;
}

export function trueOrFalse(name: string, value: unknown): boolean {
  if (isAbsent(value)) return false;
  if (typeof value !== "boolean")
    throw new GuestError("TypeError", `${name} must be true or false, not ${kindOf(value)}.`);
  return value;
}
