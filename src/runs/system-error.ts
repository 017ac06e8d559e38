import { getSystemErrorMap } from "node:util";

/** The system's code for what it refused, such as `ENOSPC`; null where the error is not the system's. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && "code" in error ? String(error.code) : null;
}

/** Why the system refused something, in words and without the path: `no space left on device`. */
export function systemReason(error: unknown): string {
  const known = error instanceof Error && "errno" in error && typeof error.errno === "number" ? error.errno : null;
  const words = known === null ? undefined : getSystemErrorMap().get(known)?.[1];
  return words ?? (error instanceof Error ? error.message : String(error));
}
