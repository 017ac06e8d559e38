import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

const ending = ".running";

/**
 * Says in the folder of the run logs which runs go on: a file for each, with the number of the process that runs it. So
 * another window tells a run that goes on from one that was interrupted.
 */
export class RunMarks {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Marks a run of this process. @throws what the file system throws */
  async set(runId: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    // Another window must not read it half written, and take the run for one that was interrupted.
    const partial = path.join(this.#folder, `.${path.basename(runId)}.mark`);
    await writeFile(partial, String(process.pid), { mode: 0o600 });
    await rename(partial, this.#fileOf(runId));
  }

  /** Takes a mark away; none is no error. */
  async remove(runId: string): Promise<void> {
    await rm(this.#fileOf(runId), { force: true }).catch(() => {});
  }

  /** The runs whose processes are alive. Marks that others have left behind are removed. */
  async alive(): Promise<ReadonlySet<string>> {
    const names = await readdir(this.#folder).catch((): string[] => []);
    const marked = names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
    const alive = new Set<string>();
    for (const runId of marked) {
      if (isAlive(await this.#processOf(runId))) alive.add(runId);
      else await this.remove(runId);
    }
    return alive;
  }

  async #processOf(runId: string): Promise<number> {
    return Number(await readFile(this.#fileOf(runId), "utf8").catch(() => ""));
  }

  #fileOf(runId: string): string {
    return path.join(this.#folder, `${path.basename(runId)}${ending}`);
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
