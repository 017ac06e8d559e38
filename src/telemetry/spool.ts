import { randomBytes } from "node:crypto";
import { appendFile, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { readTableRow, type TableRow, withoutContent } from "./rows.ts";

/** Where a file of rows is written before it is full; as `fs.promises.appendFile`. For tests. */
export type AppendText = (file: string, text: string) => Promise<void>;

export interface SpoolOptions {
  /** Bytes of all segments together. */
  readonly maxBytes: number;
  /** Bytes from which on a segment is full. */
  readonly segmentBytes: number;
  /** Whether texts may leave it; they may have been kept when the user wanted that. */
  readonly content: boolean;
}

interface Segment {
  readonly number: number;
  readonly name: string;
  readonly bytes: number;
}

const sealedName = /^(\d{9})-(\d+)(?:-[0-9a-f]+)?\.jsonl$/;
const openName = /^(\d{9})-(\d+)\.open$/;
/** After so many milliseconds without rows a segment is sealed. */
const idleMs = 60_000;
/** A segment that was not written for so many milliseconds has no process any more: another has its number now. */
const abandonedMs = 10 * idleMs;
/** Segments that this process is writing. */
const written = new Set<string>();

/**
 * Rows on disk while the database is away: segments of JSON lines that only their owner may read, in the order of their
 * numbers. Several processes may share a folder: each writes segments of its own, takes over those of processes that are
 * gone, and one that is sent twice does no harm. Whoever takes one over gives it a name of its own, so that nothing is
 * lost either where its writer was only asleep.
 */
export class Spool {
  readonly #folder: string;
  readonly #options: SpoolOptions;
  readonly #append: AppendText;
  #sealed: Segment[] = [];
  #open: { readonly name: string; readonly number: number; bytes: number } | null = null;
  #lastNumber = 0;
  #idle: NodeJS.Timeout | null = null;
  /** One operation at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string, options: SpoolOptions, append: AppendText = appendPrivately) {
    this.#folder = folder;
    this.#options = options;
    this.#append = append;
  }

  /** Finds what was left behind. A folder that can't be read holds nothing. */
  load(): Promise<void> {
    return this.#inTurn(async () => {
      const names = await readdir(this.#folder).catch(() => []);
      const found = await Promise.all(names.map((name) => this.#adopt(name)));
      this.#sealed = found.filter((segment) => segment !== null).sort((a, b) => a.number - b.number);
      this.#lastNumber = this.#sealed.at(-1)?.number ?? 0;
    });
  }

  get bytes(): number {
    return this.#sealed.reduce((sum, { bytes }) => sum + bytes, this.#open?.bytes ?? 0);
  }

  get empty(): boolean {
    return this.#sealed.length === 0 && this.#open === null;
  }

  /**
   * Keeps rows behind those that are kept already.
   * @throws what the disk says; SpoolFullError where they would pass the bound. None of them is kept then.
   */
  add(rows: readonly TableRow[]): Promise<void> {
    return this.#inTurn(async () => {
      const text = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
      const bytes = Buffer.byteLength(text);
      if (this.bytes + bytes > this.#options.maxBytes) throw new SpoolFullError();
      const open = await this.#openSegment();
      try {
        await this.#append(path.join(this.#folder, open.name), text);
      } catch (error) {
        await this.#leaveBroken(open);
        throw error;
      }
      open.bytes += bytes;
      if (open.bytes >= this.#options.segmentBytes) await this.#seal();
      else this.#sealWhenIdle();
    });
  }

  /** The oldest rows; null where there are none. A line that can't be read, such as one that was half written, is left out. */
  oldest(): Promise<{ readonly name: string; readonly rows: readonly TableRow[] } | null> {
    return this.#inTurn(async () => {
      for (;;) {
        if (this.#sealed.length === 0) await this.#seal();
        const [segment] = this.#sealed;
        if (!segment) return null;
        const text = await readFile(path.join(this.#folder, segment.name), "utf8").catch(() => null);
        if (text !== null) return { name: segment.name, rows: this.#rowsIn(text) };
        // Another process has sent it.
        this.#sealed.shift();
      }
    });
  }

  remove(name: string): Promise<void> {
    return this.#inTurn(async () => {
      await rm(path.join(this.#folder, name), { force: true });
      this.#sealed = this.#sealed.filter((segment) => segment.name !== name);
    });
  }

  /** Leaves what is kept to the next process. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#seal());
  }

  #rowsIn(text: string): readonly TableRow[] {
    const rows = rowsIn(text);
    return this.#options.content ? rows : rows.map(withoutContent);
  }

  #sealWhenIdle(): void {
    if (this.#idle) clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#inTurn(() => this.#seal()).catch(() => {}), idleMs).unref();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #openSegment() {
    if (this.#open) return this.#open;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    this.#open = { name: `${String(number).padStart(9, "0")}-${process.pid}.open`, number, bytes: 0 };
    written.add(path.join(this.#folder, this.#open.name));
    return this.#open;
  }

  /** What was half written is not counted; a new segment begins. */
  async #leaveBroken(open: { readonly name: string; readonly bytes: number }): Promise<void> {
    if (open.bytes > 0) return this.#seal();
    await rm(path.join(this.#folder, open.name), { force: true }).catch(() => {});
    written.delete(path.join(this.#folder, open.name));
    this.#open = null;
  }

  async #seal(): Promise<void> {
    if (this.#idle) clearTimeout(this.#idle);
    const open = this.#open;
    if (!open) return;
    const name = open.name.replace(/\.open$/, ".jsonl");
    const from = path.join(this.#folder, open.name);
    const kept = await rename(from, path.join(this.#folder, name)).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        // Another process has taken it over.
        if (error.code === "ENOENT") return false;
        throw error;
      },
    );
    written.delete(from);
    if (kept) this.#sealed.push({ number: open.number, name, bytes: open.bytes });
    this.#open = null;
  }

  /** A segment of this folder that may be sent: a full one, or one whose process is gone. */
  async #adopt(name: string): Promise<Segment | null> {
    const [, number = "", pid = ""] = sealedName.exec(name) ?? openName.exec(name) ?? [];
    if (number === "") return null;
    let sealed = name;
    try {
      if (openName.test(name)) {
        if (written.has(path.join(this.#folder, name)) || (await this.#isWritten(name, Number(pid)))) return null;
        sealed = name.replace(/\.open$/, `-${randomBytes(4).toString("hex")}.jsonl`);
        await rename(path.join(this.#folder, name), path.join(this.#folder, sealed));
      }
      const { size } = await stat(path.join(this.#folder, sealed));
      return { number: Number(number), name: sealed, bytes: size };
    } catch {
      return null;
    }
  }

  /** True while another process writes the segment. */
  async #isWritten(name: string, pid: number): Promise<boolean> {
    if (!isAnother(pid)) return false;
    const { mtimeMs } = await stat(path.join(this.#folder, name));
    return Date.now() - mtimeMs < abandonedMs;
  }
}

/** The bound of the spool is reached. */
class SpoolFullError extends Error {
  readonly code = "spool-full";

  constructor() {
    super("The spool is full.");
    this.name = "SpoolFullError";
  }
}

async function appendPrivately(file: string, text: string): Promise<void> {
  await appendFile(file, text, { mode: 0o600 });
}

function rowsIn(text: string): TableRow[] {
  const rows: TableRow[] = [];
  for (const line of text.split("\n")) {
    const row = line === "" ? null : readTableRow(parsed(line));
    if (row) rows.push(row);
  }
  return rows;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** True for another process that is alive. */
function isAnother(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
