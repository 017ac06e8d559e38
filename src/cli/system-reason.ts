import { getSystemErrorMap } from "node:util";

/** Why the system refused something, in words and without the path: `no such file or directory`. */
export function systemReason(error: unknown): string {
  const known = error instanceof Error && "errno" in error && typeof error.errno === "number" ? error.errno : null;
  const words = known === null ? undefined : getSystemErrorMap().get(known)?.[1];
  return words ?? (error instanceof Error ? error.message : String(error));
}
