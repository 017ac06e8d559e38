import { spawn } from "node:child_process";

/**
 * Runs a program in the place of this one: its exit code becomes ours. Ctrl-C reaches both from the terminal and is the
 * program's to handle; a signal sent to us alone is passed on.
 */
export function passOn(command, args, options) {
  const child = spawn(command, args, { stdio: "inherit", ...options });
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
  });
}
