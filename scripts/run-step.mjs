import { spawn } from "node:child_process";

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
const graceMs = 2_000;

/**
 * Runs a program to its end and keeps what it prints. A signal that stops us stops it and all that it has started.
 * @returns its exit code (null where it did not run or was stopped), its output, why it could not be started, and the
 *   exit code of the signal that came, else null
 */
export function runStep(command, args, options) {
  return new Promise((resolve) => {
    // With a process group of its own all that it starts can be reached.
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const outcome = { code: null, output: "", error: null, stopped: null };
    const keep = (data) => {
      outcome.output += data;
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const stop = (signal) => {
      outcome.stopped ??= signals[signal];
      killGroup(child, signal);
      setTimeout(() => killGroup(child, "SIGKILL"), graceMs).unref();
    };
    for (const signal of Object.keys(signals)) process.on(signal, stop);
    const finish = () => {
      for (const signal of Object.keys(signals)) process.off(signal, stop);
      resolve(outcome);
    };
    child.on("error", (error) => {
      outcome.error = error;
      if (child.pid === undefined) finish();
    });
    child.on("close", (code) => {
      outcome.code = code;
      finish();
    });
  });
}

function killGroup({ pid }, signal) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of it has ended.
  }
}
