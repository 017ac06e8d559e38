import { CancelledError } from "../rlm/cancel.ts";
import { exitCodes } from "./exit-codes.ts";
import { clearLine, takesEscapes } from "./style.ts";

type Signal = "SIGINT" | "SIGTERM";

/** How long a cancelled run may take to end, in milliseconds. */
const graceMs = 2_000;
/** One Ctrl-C may arrive several times: from the terminal, from npm and from the script that started us. */
const sameMs = 250;

/** The run was cancelled by a signal. */
export class InterruptedError extends CancelledError {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super();
    this.exitCode = exitCode;
  }
}

export interface Interrupt {
  /** Of the signal that came; null where none did. */
  readonly exitCode: number | null;
  /** From now on a signal ends the process in the system's own way. A run that was cancelled stays watched. */
  release(): void;
}

/**
 * Ctrl-C and SIGTERM while a run goes on. The first cancels it; if the process has not ended 2 s later, it is ended. A
 * second one ends it at once.
 * @param beforeEnding called before the process is ended in the midst of the run
 */
export function listenForInterrupt(cancel: () => void, beforeEnding: () => void): Interrupt {
  let caught: Signal | null = null;
  let caughtAt = 0;
  let released = false;
  const end = (signal: Signal, line: string) => {
    if (!released) beforeEnding();
    process.stderr.write(`${takesEscapes(process.stderr) ? clearLine : ""}${line}`);
    release();
    endBy(signal);
  };
  const listen = (signal: Signal) => {
    if (caught !== null) {
      if (performance.now() - caughtAt > sameMs) end(signal, "");
      return;
    }
    caught = signal;
    caughtAt = performance.now();
    cancel();
    setTimeout(() => end(signal, "rlm: The run did not stop within 2 s, so it was ended.\n"), graceMs).unref();
  };
  const release = () => {
    released = true;
    process.off("SIGINT", listen);
    process.off("SIGTERM", listen);
  };
  process.on("SIGINT", listen);
  process.on("SIGTERM", listen);
  return {
    get exitCode() {
      return caught === null ? null : exitCodeOf(caught);
    },
    release,
  };
}

/**
 * Ends the process by the signal's own effect, for which a shell reports 130 or 143: `process.exit` would wait for a
 * thread that hangs in a system call.
 */
function endBy(signal: Signal): never {
  process.kill(process.pid, signal);
  process.exit(exitCodeOf(signal));
}

function exitCodeOf(signal: Signal): number {
  return signal === "SIGINT" ? exitCodes.cancelled : exitCodes.terminated;
}
