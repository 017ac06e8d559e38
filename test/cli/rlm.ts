import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";

const cli = path.resolve(import.meta.dirname, "../../dist/cli.js");

export interface Finished {
  readonly code: number | null;
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
): { child: ChildProcess; finished: Promise<Finished> } {
  const env = { PATH: process.env.PATH ?? "", ...options.env };
  const child = spawn(process.execPath, [cli, ...args], { cwd: options.cwd ?? "/", env, stdio: "pipe" });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  child.stdin.end(options.stdin ?? "");
  const finished = new Promise<Finished>((resolve) => {
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, finished };
}

export function rlm(args: readonly string[], options: RlmOptions = {}): Promise<Finished> {
  return startRlm(args, options).finished;
}
