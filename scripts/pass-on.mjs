import { spawn } from "node:child_process";
import { constants } from "node:os";

/**
 * Runs a program in the place of this one: its exit code becomes ours, and signals are passed on. Ctrl-C may reach it
 * twice, from the terminal and from us.
 */
export function passOn(command, args, options) {
  const child = spawn(command, args, { stdio: "inherit", ...options });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`rlm: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 1);
  });
}
