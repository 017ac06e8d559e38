import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

/** A program with all the processes that it starts. */
export interface ProcessGroup {
  readonly pid: number;
  /** Its exit code; null where a signal ended it or it could not be started. */
  readonly ended: Promise<number | null>;
  /** Ends every process of the group, by force: none of them has anything to lose that outlives its test. */
  stop(): Promise<void>;
}

// The group's leader execs the program. Beside it a reader waits for the end of the pipe from this process and then
// kills the group, so that nothing is left running even if this process is killed.
const leader = 'exec 3<&0; { cat <&3 >/dev/null; kill -KILL 0; } & exec "$@" </dev/null 3<&-';

/**
 * Starts a program in a process group of its own, which ends with this process at the latest.
 * @param options.log file descriptor that takes its output and its errors
 */
export function startGroup(
  command: string,
  args: readonly string[],
  options: { readonly log: number; readonly env: NodeJS.ProcessEnv; readonly cwd?: string },
): ProcessGroup {
  const child = spawn("/bin/sh", ["-c", leader, "sh", command, ...args], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env,
    stdio: ["pipe", options.log, options.log],
    detached: true,
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("exit", (code) => resolve(code));
  });
  child.stdin?.on("error", () => {}); // The reader may be gone before the pipe is closed.
  const pid = child.pid ?? 0;
  const end = async (): Promise<void> => {
    if (kill(pid)) await gone(pid);
    child.stdin?.destroy();
  };
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= end();
    return stopped;
  };
  void ended.then(stop);
  return { pid, ended, stop };
}

/** @returns false where the group has no process any more */
function kill(pid: number, signal: NodeJS.Signals | 0 = "SIGKILL"): boolean {
  if (pid === 0) return false;
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Waits for the group's last process, but not for ever: where nobody reaps orphans, dead ones stay in the group. */
async function gone(pid: number): Promise<void> {
  for (const end = Date.now() + 2_000; kill(pid, 0) && Date.now() < end; ) await sleep(20);
}
