import { statSync } from "node:fs";
import type { ContextSource } from "../context/collector-protocol.ts";
import { ContextError } from "../context/context-error.ts";
import { resolveRoots } from "../context/roots.ts";

/**
 * Finds out early that a path names nothing.
 * @throws ContextError `not-found` or `unreadable`
 */
export function checkContext(source: ContextSource): void {
  if (source.kind === "paths") {
    // One by one: what they are called side by side is the collector's to find out, on its own thread.
    for (const named of source.paths) resolveRoots({ paths: [named], cwd: source.cwd });
  } else if ("file" in source && !statSync(source.file, { throwIfNoEntry: false })) {
    throw new ContextError("not-found", `There is no file "${source.name}".`);
  }
}
