import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { step } from "../../webview/chat/protocol.ts";

const count = z.number().int().nonnegative();

/** What a question is about besides the workspace. */
const attachment = z.object({
  kind: z.enum(["file", "folder", "selection"]),
  uri: z.string().regex(/^[a-z][a-z0-9+.-]*:/i),
  /** The lines that were selected: 1-based, inclusive. */
  lines: z.object({ from: count, to: count }).exactOptional(),
});
export type Attachment = z.infer<typeof attachment>;

const about = z.object({ workspace: z.boolean(), attachments: z.array(attachment) });
/** What a question is asked about: the workspace with what the user points at in it, or only what is attached. */
export type About = z.infer<typeof about>;

const result = z.object({
  answer: z.string().nullable(),
  citations: z.array(
    z.object({
      path: z.string(),
      from: count,
      to: count,
      status: z.enum(["missing", "exists", "seen", "quoted"]),
      sha256: z.string().exactOptional(),
    }),
  ),
  stopReason: z.enum([
    ...(["answered", "direct", "turns", "calls", "tokens", "cost", "time", "errors", "cancelled", "failed"] as const),
  ]),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** How it ended, in a line. */
  end: z.string(),
  figures: z.array(z.string()),
  steps: z.array(step),
  /** What it was asked about; null where nothing was collected. */
  collected: z.object({ files: count, chars: count }).nullable(),
  /** Where the files are that it was asked about. */
  roots: z.array(z.object({ shown: z.string(), file: z.string() })),
});
/** What is left of a run when its log is gone. */
export type ExchangeResult = z.infer<typeof result>;

/** A limit that the user has raised for one question. */
const limits = z.object({
  turns: count.exactOptional(),
  calls: count.exactOptional(),
  tokens: count.exactOptional(),
  seconds: count.exactOptional(),
  usd: z.number().nonnegative().exactOptional(),
});
export type AskedLimits = z.infer<typeof limits>;

const exchange = z.object({
  id: z.string().min(1),
  /** Milliseconds since 1970. */
  askedAt: z.number(),
  question: z.string(),
  about,
  limits,
  state: z.enum(["queued", "running", "done"]),
  runId: z.string().nullable(),
  result: result.nullable(),
});
export type Exchange = z.infer<typeof exchange>;

const conversation = z.object({
  version: z.literal(1),
  id: z.uuid(),
  createdAt: z.number(),
  changedAt: z.number(),
  /** US dollars that each of its questions may cost; null: as the settings say. */
  limitUsd: z.number().nonnegative().nullable(),
  exchanges: z.array(exchange),
});
/** Questions that follow each other. */
export type Conversation = z.infer<typeof conversation>;

/** So many conversations are kept. */
const mostKept = 200;

export function newConversation(now: number): Conversation {
  return { version: 1, id: randomUUID(), createdAt: now, changedAt: now, limitUsd: null, exchanges: [] };
}

/**
 * The conversations of a workspace, each a JSON file that only its user can read. A file is replaced as a whole: of two
 * windows that write one conversation the last wins.
 */
export class Conversations {
  readonly #folder: string;
  /** The write that goes on for each, so that they follow each other. */
  readonly #writing = new Map<string, Promise<void>>();

  /** @param folder is made when the first one is kept */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns null where there is no such conversation, or its file can't be read */
  async read(id: string): Promise<Conversation | null> {
    if (!z.uuid().safeParse(id).success) return null;
    // Whoever writes is told what goes wrong there.
    await this.#writing.get(id)?.catch(() => {});
    try {
      const read = conversation.safeParse(JSON.parse(await readFile(this.#fileOf(id), "utf8")));
      return read.data?.id === id ? read.data : null;
    } catch {
      return null;
    }
  }

  /** Keeps a conversation as it is now. @throws Error where it can't be written */
  async write(kept: Conversation): Promise<void> {
    const text = JSON.stringify(kept);
    const before = this.#writing.get(kept.id) ?? Promise.resolve();
    const writing = before.catch(() => {}).then(() => this.#replace(kept.id, text));
    this.#writing.set(kept.id, writing);
    try {
      await writing;
    } finally {
      if (this.#writing.get(kept.id) === writing) this.#writing.delete(kept.id);
    }
  }

  async remove(id: string): Promise<void> {
    await this.#writing.get(id)?.catch(() => {});
    await rm(this.#fileOf(id), { force: true });
  }

  /** All that are kept, the newest first; what is no conversation is passed by. */
  async list(): Promise<Conversation[]> {
    const ids = await this.#ids();
    const all = await Promise.all(ids.map((id) => this.read(id)));
    return all.filter((each) => each !== null).sort((a, b) => b.changedAt - a.changedAt);
  }

  /** Removes the oldest where there are too many. */
  async prune(): Promise<void> {
    const ids = await this.#ids();
    if (ids.length <= mostKept) return;
    const dated = await Promise.all(ids.map(async (id) => ({ id, at: await this.#changedAt(id) })));
    const old = dated.sort((a, b) => b.at - a.at).slice(mostKept);
    await Promise.all(old.map(({ id }) => this.remove(id)));
  }

  async #replace(id: string, text: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const partial = path.join(this.#folder, `.${id}-${randomUUID()}`);
    try {
      await writeFile(partial, text, { mode: 0o600 });
      await rename(partial, this.#fileOf(id));
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }

  async #ids(): Promise<string[]> {
    const names = await readdir(this.#folder).catch((): string[] => []);
    return names.filter((name) => /^[0-9a-f-]{36}\.json$/.test(name)).map((name) => name.slice(0, -".json".length));
  }

  async #changedAt(id: string): Promise<number> {
    return (await stat(this.#fileOf(id)).catch(() => null))?.mtimeMs ?? 0;
  }

  #fileOf(id: string): string {
    return path.join(this.#folder, `${id}.json`);
  }
}
