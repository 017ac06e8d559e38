import { collect } from "../context/collect.ts";
import { type CorpusView, viewOf } from "../context/view.ts";
import { CancelSource } from "../rlm/cancel.ts";
import { formatCount, formatNumberOf } from "../rlm/format.ts";
import { pathsOf } from "./ask-command.ts";
import { exitCodes } from "./exit-codes.ts";
import { tellLine } from "./failure.ts";
import { parseFlags } from "./flags.ts";
import { printable, printableLine } from "./printable.ts";

/** `rlm context`: what would be asked about, and each file that is left out with its reason. @returns the exit code */
export async function contextCommand(args: readonly string[]): Promise<number> {
  const { positionals } = parseFlags(args, {});
  const source = { kind: "paths", paths: await pathsOf(positionals), cwd: process.cwd(), mayBeEmpty: true } as const;
  const view = viewOf(await collect(source, { signal: new CancelSource() }));
  if (view.manifest.files === 0) return tellNothing(view);
  const page = [view.card(), ...maskedLines(view), ...leftOutLines(view)].join("\n");
  process.stdout.write(`${printable(page)}\n`);
  return exitCodes.answered;
}

function tellNothing(view: CorpusView): number {
  process.stdout.write(`${printable(leftOutLines(view).join("\n").trimStart())}\n`);
  tellLine("Nothing there may be asked about: all is left out.");
  return exitCodes.failed;
}

function maskedLines({ masked }: CorpusView): string[] {
  if (masked.secrets === 0) return [];
  return ["", `Masked: ${formatNumberOf(masked.secrets, "secret")} in ${formatNumberOf(masked.files, "file")}`];
}

function leftOutLines({ omitted }: CorpusView): string[] {
  if (omitted.length === 0) return [];
  const size = (bytes: number) => (bytes ? `  ${formatNumberOf(bytes, "byte")}` : "");
  const lines = omitted.map(({ path, reason, bytes }) => `  ${reason.padEnd(11)}${printableLine(path)}${size(bytes)}`);
  return ["", `Left out (${formatCount(omitted.length)}):`, ...lines];
}
