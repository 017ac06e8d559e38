import { parseArgs } from "node:util";
import { collect } from "../context/collect.ts";
import { viewOf } from "../context/view.ts";
import { CancelSource } from "../rlm/cancel.ts";
import { pathsOf } from "./ask-command.ts";
import { exitCodes } from "./exit-codes.ts";

/** `rlm context`: what would be asked about, and each file that is left out with its reason. @returns the exit code */
export async function contextCommand(args: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} });
  const corpus = await collect(
    { kind: "paths", paths: await pathsOf(positionals), cwd: process.cwd() },
    { signal: new CancelSource() },
  );
  const view = viewOf(corpus);
  const leftOut = view.omitted.map(
    ({ path, reason, bytes }) => `  ${reason.padEnd(11)} ${path}${bytes ? `  (${bytes} bytes)` : ""}`,
  );
  const lines = [view.card(), ...(leftOut.length ? ["", `Left out (${leftOut.length}):`, ...leftOut] : [])];
  process.stdout.write(`${lines.join("\n")}\n`);
  return exitCodes.answered;
}
