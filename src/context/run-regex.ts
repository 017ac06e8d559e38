import { createContext, Script } from "node:vm";
import { GuestError } from "./guest-error.ts";

/** Milliseconds that the matching of one call may take. */
export const defaultRegexTimeoutMs = 5_000;

// The script is constant and only calls a function: patterns are data. Its time-out ends even a regular expression
// that backtracks for ever, which nothing else on this thread could.
const script = new Script("task()");
const place: { task: () => void } = { task: () => {} };
const context = createContext(place);

/**
 * Does work that matches regular expressions of the guest.
 * @throws GuestError where it takes longer than `timeoutMs`
 */
export function runRegex<T>(call: string, timeoutMs: number, work: () => T): T {
  const done: T[] = [];
  place.task = () => {
    done.push(work());
  };
  try {
    script.runInContext(context, { timeout: timeoutMs });
  } catch (error) {
    if (!isTimeout(error)) throw error;
    throw new GuestError(
      "RangeError",
      `${call}: the pattern took longer than ${timeoutMs / 1000} s. Avoid nested repetition such as (a+)+, or narrow glob.`,
    );
  } finally {
    place.task = () => {};
  }
  const [result] = done;
  return result as T;
}

// The error is made in the script's own realm, whose Error is another one.
function isTimeout(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT"
  );
}
