import { oneLine } from "./cut.ts";
import { ModelFailure } from "./model.ts";

/** A failure as an event carries it: its code and one line. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof ModelFailure) return { code: error.code, message: error.message };
  const code = error instanceof Error && "code" in error ? String(error.code) : "internal";
  return { code, message: oneLine(error instanceof Error ? error.message : String(error), 500) };
}
