import { collect } from "../context/collect.ts";
import { type CorpusView, viewOf } from "../context/view.ts";
import { CancelSource } from "../rlm/cancel.ts";
import { formatCount, formatNumberOf } from "../rlm/format.ts";
import { pathsOf } from "./ask-command.ts";
import { exitCodes } from "./exit-codes.ts";
import { parseFlags } from "./flags.ts";
import { printable } from "./printable.ts";

/** `rlm context`: what would be asked about, and each file that is left out with its reason. @returns the exit code */
export async function contextCommand(args: readonly string[]): Promise<number> {
  const { positionals } = parseFlags(args, {});
  const corpus = await collect(
    { kind: "paths", paths: await pathsOf(positionals), cwd: process.cwd() },
    { signal: new CancelSource() },
  );
  const view = viewOf(corpus);
  const page = [view.card(), ...maskedLines(view), ...leftOutLines(view)].join("\n");
  process.stdout.write(`${process.stdout.isTTY ? printable(page) : page}\n`);
  return exitCodes.answered;
}

function maskedLines({ masked }: CorpusView): string[] {
  if (masked.secrets === 0) return [];
  return ["", `Masked: ${formatNumberOf(masked.secrets, "secret")} in ${formatNumberOf(masked.files, "file")}`];
}

function leftOutLines({ omitted }: CorpusView): string[] {
  if (omitted.length === 0) return [];
  const size = (bytes: number) => (bytes ? `  ${formatNumberOf(bytes, "byte")}` : "");
  const lines = omitted.map(({ path, reason, bytes }) => `  ${reason.padEnd(11)}${path}${size(bytes)}`);
  return ["", `Left out (${formatCount(omitted.length)}):`, ...lines];
}
