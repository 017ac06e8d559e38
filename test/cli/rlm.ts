import { type ChildProcessByStdio, spawn } from "node:child_process";
import { constants } from "node:os";
import path from "node:path";
import type { Readable, Writable } from "node:stream";
import { onTestFinished } from "vitest";

const cli = path.resolve(import.meta.dirname, "../../dist/cli.js");

export interface Finished {
  /** As a shell reports it: 128 and the signal's number where one ended the program. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RlmOptions {
  readonly cwd?: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the built terminal program, with nothing of our own environment but the PATH. */
export function startRlm(
  args: readonly string[],
  options: RlmOptions = {},
): { child: ChildProcessByStdio<Writable, Readable, Readable>; finished: Promise<Finished> } {
  return start(process.execPath, [cli, ...args], options);
}

/** Runs a line of `sh` in which `$rlm` is the program. */
export function shell(line: string, options: RlmOptions = {}): Promise<Finished> {
  return startShell(line, options).finished;
}

/** Starts a line of `sh` in which `$rlm` is the program. */
export function startShell(line: string, options: RlmOptions = {}) {
  const env = { rlm: `${process.execPath} ${cli}`, ...options.env };
  return start("sh", ["-c", line], { ...options, env });
}

/** Starts a program with nothing of our own environment but the PATH. */
export function start(command: string, args: readonly string[], options: RlmOptions = {}) {
  const env = { PATH: process.env.PATH ?? "", ...options.env };
  const child = spawn(command, args, { cwd: options.cwd ?? "/", env, stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  child.stdin.on("error", () => {}); // A program may end before it has read all.
  child.stdin.end(options.stdin ?? "");
  const finished = new Promise<Finished>((resolve) => {
    child.on("close", (code, signal) => {
      resolve({ code: code ?? 128 + constants.signals[signal ?? "SIGKILL"], stdout, stderr });
    });
  });
  return { child, finished };
}

export function rlm(args: readonly string[], options: RlmOptions = {}): Promise<Finished> {
  return startRlm(args, options).finished;
}
