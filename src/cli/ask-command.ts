import path from "node:path";
import { text } from "node:stream/consumers";
import type { ContextSource } from "../context/collector-protocol.ts";
import { type AskOptions, readAskOptions } from "./ask-options.ts";
import { tellingFailure } from "./failure.ts";
import { runInTerminal } from "./run-in-terminal.ts";
import { UsageError } from "./usage-error.ts";

/** `rlm ask`. @returns the exit code */
export async function askCommand(args: readonly string[]): Promise<number> {
  const options = readAskOptions(args);
  return tellingFailure(options.json, async () => {
    const { exitCode } = await runInTerminal(options.question, await contextOf(options), options);
    return exitCode;
  });
}

async function contextOf(options: AskOptions): Promise<ContextSource> {
  if (options.text === "-") return { kind: "text", name: "stdin", text: await readStdin("--text -") };
  if (options.text !== undefined) {
    return { kind: "text", name: path.basename(options.text), file: path.resolve(options.text) };
  }
  return { kind: "paths", paths: await pathsOf(options.context), cwd: process.cwd() };
}

/** The paths to ask about; `-` stands for those that stdin lists, one a line. The current folder where none is given. */
export async function pathsOf(given: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const item of given) {
    if (item !== "-") paths.push(item);
    else paths.push(...(await readStdin("--context -")).split(/\r?\n/).filter((line) => line !== ""));
  }
  if (given.length > 0 && paths.length === 0) throw new UsageError("--context - was given, but stdin lists no path.");
  return paths.length ? paths : ["."];
}

async function readStdin(flag: string): Promise<string> {
  if (process.stdin.isTTY) throw new UsageError(`${flag} reads from stdin; pipe something into it.`);
  return text(process.stdin);
}
