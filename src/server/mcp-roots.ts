import { existsSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import type { PathsSource } from "../context/collector-protocol.ts";
import { ContextError } from "../context/context-error.ts";

/** The folders that may be asked about: absolute, without links. */
export type McpRoots = readonly [string, ...string[]];

/**
 * Finds the folders that a server may tell of.
 * @param named relative to `cwd` or absolute; `cwd` itself where none is named
 * @throws ContextError where one is no folder
 */
export function mcpRoots(named: readonly string[], cwd: string): McpRoots {
  const [first = ".", ...others] = named;
  return [rootOf(first, cwd), ...others.map((other) => rootOf(other, cwd))];
}

function rootOf(named: string, cwd: string): string {
  const folder = path.resolve(cwd, named);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return realpathSync(folder);
  throw new ContextError("not-found", `There is no folder "${named}".`);
}

/**
 * What paths of a client select: all roots where it names none.
 * @param paths relative to a root, or absolute
 * @throws ContextError where one is not there, or not below a root
 */
export function sourceWithin(roots: McpRoots, paths: readonly string[]): PathsSource {
  const [root] = roots;
  // A root may have gone since, or have become a link that leads elsewhere.
  const chosen = (paths.length === 0 ? roots : paths).map((named) => within(roots, named));
  // Paths are shown as the client writes them.
  const base = roots.length === 1 ? { base: root } : {};
  return { kind: "paths", paths: chosen, cwd: root, ...base };
}

function within(roots: McpRoots, named: string): string {
  const [first] = roots;
  const at =
    roots.map((root) => path.resolve(root, named)).find((file) => existsSync(file)) ?? path.resolve(first, named);
  // What lies outside is not told apart from what is not there.
  const refusal = new ContextError(
    "not-found",
    `There is no "${named.slice(0, 200)}" in ${roots.map(shown).join(", ")}.`,
  );
  if (!existsSync(at)) throw refusal;
  const real = realpathSync(at);
  if (roots.some((root) => real === root || real.startsWith(root.endsWith(path.sep) ? root : root + path.sep)))
    return real;
  throw refusal;
}

function shown(root: string): string {
  return `"${path.basename(root) || root}"`;
}
