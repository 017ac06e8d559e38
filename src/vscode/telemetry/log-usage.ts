import type { StatedPrices } from "../../rlm/model.ts";
import type { RunList, RunSummary } from "../../runs/run-index.ts";
import type { CountedCall } from "./usage-fold.ts";

/** What is read of the logs at most, so that the view stays quick and the memory small. */
const mostBytes = 128 * 1024 * 1024;
const mostBytesOfOne = 32 * 1024 * 1024;

/** The calls of the logged runs. */
export interface LoggedCalls {
  readonly calls: readonly CountedCall[];
  /** Runs that are not counted. */
  readonly leftOut: number;
}

/** Reads the calls of run logs, each log once as long as it does not grow. */
export class LogUsage {
  readonly #known = new Map<string, { readonly bytes: number; readonly calls: readonly CountedCall[] }>();

  /**
   * @param since milliseconds since 1970; calls that ended before are left out
   * @param prices as the user's setting has them
   */
  async read({ runs, unreadable }: RunList, since: number, prices: StatedPrices): Promise<LoggedCalls> {
    const calls: CountedCall[] = [];
    let leftOut = unreadable.length;
    let left = mostBytes;
    for (const run of runs) {
      if (run.endedAt < since && run.state !== "running") continue;
      left -= this.#known.get(run.file)?.bytes === run.bytes ? 0 : run.bytes;
      const own = left >= 0 ? await this.#callsOf(run, prices).catch(() => null) : null;
      if (own) for (const call of own) calls.push(call);
      else leftOut += 1;
    }
    return { calls: calls.filter(({ at }) => at >= since), leftOut };
  }

  async #callsOf({ file, bytes }: RunSummary, prices: StatedPrices): Promise<readonly CountedCall[]> {
    const known = this.#known.get(file);
    if (known?.bytes === bytes) return known.calls;
    const { readLog } = await import("../../runs/read-log.ts");
    const { countedCalls } = await import("./counted-calls.ts");
    const calls = countedCalls((await readLog(file, mostBytesOfOne)).events, prices);
    this.#known.set(file, { bytes, calls });
    return calls;
  }
}
