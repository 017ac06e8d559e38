import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { Digests } from "../../context/changes.ts";
import { failureOf } from "../../rlm/failure.ts";
import { defaultLimits } from "../../rlm/limits.ts";
import { foldEvents, type RunTree } from "../../rlm/run-tree.ts";
import { type StartedRun, startRun } from "../asking/start-run.ts";
import type { Doors } from "../doors.ts";
import { readSettings } from "../settings.ts";
import { idOf, sourceOf, toldQuestion, workspaceChip } from "./attachments.ts";
import { failedResult, raisedLimits, resultOf, stoppedResult } from "./chat-words.ts";
import {
  type About,
  type AskedLimits,
  type Attachment,
  type Conversation,
  Conversations,
  type Exchange,
  type ExchangeResult,
  newConversation,
} from "./conversations.ts";

/** What has changed of what the chat shows. */
export type ChatNews =
  | { readonly kind: "conversation" | "setup" }
  | { readonly kind: "exchange"; readonly exchange: Exchange }
  | { readonly kind: "removed"; readonly id: string };

const currentKey = "rlm.chat.current";
const mostAttachments = 50;

/** What was asked about last in a conversation, and what its files were. */
interface Before {
  readonly about: string;
  readonly digests: Digests;
}

/** The conversations of this window, with the runs that go on in them, whether or not a view shows them. */
export class Chat {
  readonly #doors: Doors;
  readonly #kept: Conversations;
  readonly #news = new vscode.EventEmitter<ChatNews>();
  /** Tells what has changed of the conversation that is shown. */
  readonly onNews = this.#news.event;
  #current = newConversation(Date.now());
  #about: About = emptyAbout();
  /** Conversations that are used in this window, so that a run writes into the same one. */
  readonly #open = new Map<string, Conversation>();
  /** By their exchanges: runs that are being started, and those that go on. */
  readonly #starting = new Set<string>();
  /** Those of them that the user has stopped meanwhile. */
  readonly #stopped = new Set<string>();
  readonly #live = new Map<string, StartedRun>();
  readonly #before = new Map<string, Before>();
  /** Exchanges whose runs go on in other windows. */
  readonly #elsewhere = new Set<string>();
  /** The log that was read last. */
  #read: { readonly runId: string; readonly tree: RunTree } | null = null;
  /** Settles when the conversation that was shown last is there again. */
  readonly ready: Promise<void>;

  constructor(doors: Doors) {
    this.#doors = doors;
    this.#kept = new Conversations(vscode.Uri.joinPath(doors.storageUri, "chats").fsPath);
    this.ready = this.#restore();
  }

  get conversation(): Conversation {
    return this.#current;
  }

  /** What the next question is about. */
  get about(): About {
    return this.#about;
  }

  /** The run of an exchange, while it goes on. */
  liveRun(exchange: string): StartedRun | null {
    return this.#live.get(exchange) ?? null;
  }

  /** True from when it is asked until it is over. */
  isGoingOn(exchange: string): boolean {
    return this.#live.has(exchange) || this.#starting.has(exchange);
  }

  /** True where its run goes on in another window. */
  goesOnElsewhere(exchange: string): boolean {
    return this.#elsewhere.has(exchange);
  }

  /** Takes what another window has written into the conversation that is shown, unless a run of this one goes on in it. */
  async refresh(): Promise<void> {
    await this.ready;
    const before = this.#current;
    const kept = before.exchanges.length > 0 ? await this.#kept.read(before.id) : null;
    const busy = before.exchanges.some(({ id }) => this.isGoingOn(id));
    if (before !== this.#current || busy) return;
    if (kept && kept.changedAt > before.changedAt) this.#show(kept);
    await this.#recover(this.#current);
  }

  /** Asks a question in the conversation that is shown; while another one goes on it waits for that. */
  async ask(question: string): Promise<void> {
    await this.#askIn(this.#current, question, this.#about, {});
  }

  /** A run that is over, as its log tells; null where that is gone. */
  async treeOf(runId: string): Promise<RunTree | null> {
    if (this.#read?.runId === runId) return this.#read.tree;
    try {
      const tree = foldEvents((await this.#doors.store.readRun(runId)).events);
      this.#read = { runId, tree };
      return tree;
    } catch {
      return null;
    }
  }

  /** Ends the run of an exchange. */
  stop(id: string): void {
    if (this.#starting.has(id)) this.#stopped.add(id);
    this.#live.get(id)?.watched.run.cancel();
  }

  /** Asks the same again; `raised`: under twice the limit that has ended it. What has no answer makes room for it. */
  async again(id: string, how: "same" | "raised"): Promise<void> {
    const { exchanges } = this.#current;
    const asked = exchanges.find((exchange) => exchange.id === id);
    if (!asked || this.isGoingOn(id) || this.goesOnElsewhere(id)) return;
    const raised = how === "raised" && asked.result ? this.raisedLimits(asked)?.limits : undefined;
    const replaces = (asked.result?.answer ?? null) === null || (how === "same" && exchanges.at(-1) === asked);
    if (replaces) this.#drop(this.#current, id);
    if (raised?.usd !== undefined) {
      this.#current.limitUsd = raised.usd;
      this.#news.fire({ kind: "setup" });
    }
    // What a question may cost is said for the conversation: the last word of the user counts.
    const { usd, ...limits } = { ...asked.limits, ...raised };
    await this.#askIn(this.#current, asked.question, asked.about, limits);
  }

  /** What would help an exchange that a limit has ended. */
  raisedLimits({ result, limits }: Exchange): ReturnType<typeof raisedLimits> {
    const { limits: usual } = readSettings();
    const usd = this.#current.limitUsd ?? usual.usd;
    const own = { ...defaultLimits, ...usual, ...(usd === undefined ? {} : { usd }), ...limits };
    return result ? raisedLimits(result.stopReason, own) : null;
  }

  /** Asks a queued question now, in place of the one that goes on. */
  async askNow(id: string): Promise<void> {
    const { exchanges } = this.#current;
    const queued = exchanges.find((exchange) => exchange.id === id && exchange.state === "queued");
    if (!queued) return;
    // It goes before the others that wait.
    exchanges.splice(exchanges.indexOf(queued), 1);
    const first = exchanges.findIndex(({ state }) => state === "queued");
    exchanges.splice(first < 0 ? exchanges.length : first, 0, queued);
    const going = exchanges.find((exchange) => this.isGoingOn(exchange.id));
    if (first >= 0) this.#news.fire({ kind: "conversation" });
    if (going) this.stop(going.id);
    else await this.#startNext(this.#current);
  }

  /** Takes a question that waits, or was interrupted, out of the conversation. */
  remove(id: string): void {
    const exchange = this.#current.exchanges.find((each) => each.id === id);
    if (!exchange || exchange.state === "done" || this.isGoingOn(id) || this.goesOnElsewhere(id)) return;
    this.#drop(this.#current, id);
    this.#save(this.#current);
  }

  /** Adds to what the next question is about; the first attachment takes the place of the whole workspace. */
  attach(attachments: readonly Attachment[]): void {
    const { attachments: before, workspace } = this.#about;
    const known = new Set(before.map(idOf));
    const added = attachments.filter((each) => !known.has(idOf(each)));
    if (added.length === 0) return;
    const all = [...before, ...added];
    this.#setAbout({ workspace: workspace && before.length > 0, attachments: all.slice(0, mostAttachments) });
    if (all.length > mostAttachments) warnOfCap(all.length - mostAttachments);
  }

  detach(chip: string): void {
    const { workspace, attachments } = this.#about;
    if (chip === workspaceChip) {
      // Something must be asked about.
      if (attachments.length > 0) this.#setAbout({ workspace: false, attachments });
      return;
    }
    const left = attachments.filter((each) => idOf(each) !== chip);
    this.#setAbout(left.length === 0 ? emptyAbout() : { workspace, attachments: left });
  }

  addWorkspace(): void {
    this.#setAbout({ ...this.#about, workspace: true });
  }

  /** What each question of the conversation may cost. */
  limit(usd: number): void {
    this.#current.limitUsd = usd;
    if (this.#current.exchanges.length > 0) this.#save(this.#current);
    this.#news.fire({ kind: "setup" });
  }

  /** Begins a new conversation; what goes on in the other one goes on. */
  startNew(): void {
    const { exchanges, limitUsd } = this.#current;
    if (exchanges.length > 0 || limitUsd !== null) this.#show(newConversation(Date.now()));
    this.#setAbout(emptyAbout());
  }

  /** All conversations, the newest first. */
  async list(): Promise<Conversation[]> {
    return (await this.#kept.list()).filter(({ exchanges }) => exchanges.length > 0);
  }

  /** Shows a conversation again; nothing happens where it is gone. */
  async open(id: string): Promise<void> {
    const found = this.#open.get(id) ?? (await this.#kept.read(id));
    if (!found) return;
    this.#show(found);
    await this.refresh();
  }

  /** Deletes a conversation for good, and ends what goes on in it. */
  async delete(id: string): Promise<void> {
    const open = this.#open.get(id);
    for (const exchange of open?.exchanges ?? []) this.stop(exchange.id);
    this.#open.delete(id);
    this.#before.delete(id);
    if (this.#current.id === id) this.#show(newConversation(Date.now()));
    await this.#kept.remove(id);
  }

  async #askIn(conversation: Conversation, question: string, about: About, limits: AskedLimits): Promise<void> {
    const exchange: Exchange = {
      id: randomUUID(),
      askedAt: Date.now(),
      question,
      about,
      limits,
      state: "queued",
      runId: null,
      result: null,
    };
    conversation.exchanges.push(exchange);
    this.#keepOpen(conversation);
    this.#tell(conversation, exchange);
    await this.#startNext(conversation);
  }

  async #startNext(conversation: Conversation): Promise<void> {
    if (conversation.exchanges.some(({ id }) => this.isGoingOn(id))) {
      this.#save(conversation);
      return;
    }
    const next = conversation.exchanges.find(({ state }) => state === "queued");
    if (next) await this.#run(conversation, next);
  }

  async #run(conversation: Conversation, exchange: Exchange): Promise<void> {
    exchange.state = "running";
    this.#starting.add(exchange.id);
    this.#save(conversation);
    this.#tell(conversation, exchange);
    const result = await this.#answer(conversation, exchange);
    this.#starting.delete(exchange.id);
    this.#stopped.delete(exchange.id);
    this.#live.delete(exchange.id);
    exchange.state = "done";
    exchange.result = result;
    if (this.#isDeleted(conversation)) return;
    this.#save(conversation);
    this.#tell(conversation, exchange);
    // After a failure the next one would most likely fail too: it waits for the user.
    if (result.stopReason !== "failed") await this.#startNext(conversation);
  }

  /** Runs an exchange to its end. */
  async #answer(conversation: Conversation, exchange: Exchange): Promise<ExchangeResult> {
    try {
      const started = await this.#start(conversation, exchange);
      if (!started) return this.#notStarted(exchange);
      const { run } = started.watched;
      if (this.#stopped.has(exchange.id)) run.cancel();
      this.#starting.delete(exchange.id);
      this.#live.set(exchange.id, started);
      exchange.runId = run.id;
      this.#save(conversation);
      this.#tell(conversation, exchange);
      await toEnd(started);
      const digests = run.digests();
      if (digests && !this.#isDeleted(conversation))
        this.#before.set(conversation.id, { about: JSON.stringify(exchange.about), digests });
      const { tree } = started.watched;
      return resultOf(tree) ?? failedResult({ code: "internal", message: "The run ended without saying how." });
    } catch (error) {
      return this.#stopped.has(exchange.id) ? this.#notStarted(exchange) : failedResult(failureOf(error));
    }
  }

  #notStarted({ id }: Exchange): ExchangeResult {
    if (this.#stopped.has(id)) return stoppedResult();
    return failedResult({ code: "no-model", message: vscode.l10n.t("No model was chosen.") });
  }

  async #start(conversation: Conversation, { question, about, limits }: Exchange): Promise<StartedRun | null> {
    const context = await sourceOf(about, this.#doors.choice);
    if (!context) throw new NothingToAskAbout();
    const before = this.#before.get(conversation.id);
    return startRun(this.#doors, {
      question: toldQuestion(question, about),
      context,
      limits: { ...(conversation.limitUsd === null ? {} : { usd: conversation.limitUsd }), ...limits },
      history: conversation.exchanges.flatMap(answered),
      ...(before?.about === JSON.stringify(about) ? { since: before.digests } : {}),
    });
  }

  async #restore(): Promise<void> {
    const id: unknown = this.#doors.state.get(currentKey);
    const kept = typeof id === "string" ? await this.#kept.read(id) : null;
    if (kept && this.#current.exchanges.length === 0) {
      this.#current = kept;
      this.#keepOpen(kept);
      const last = kept.exchanges.at(-1);
      if (last) this.#about = last.about;
      await this.#recover(kept);
    }
    void this.#kept.prune().catch(() => {});
  }

  /** Takes what became of runs that another window has ended, or this one before it was loaded anew, from their logs. */
  async #recover(conversation: Conversation): Promise<void> {
    const lost = conversation.exchanges.filter(({ id, state }) => state === "running" && !this.isGoingOn(id));
    for (const exchange of lost) {
      const { id, runId } = exchange;
      if (runId !== null && (await this.#isRunning(runId))) {
        this.#elsewhere.add(id);
        this.#tell(conversation, exchange);
        continue;
      }
      const wasElsewhere = this.#elsewhere.delete(id);
      const result = runId === null ? null : await this.#resultFromLog(runId);
      if (result) {
        exchange.state = "done";
        exchange.result = result;
        this.#save(conversation);
      }
      if (result || wasElsewhere) this.#tell(conversation, exchange);
    }
  }

  async #isRunning(runId: string): Promise<boolean> {
    const summary = await this.#doors.store.summary(runId).catch(() => null);
    return summary?.state === "running";
  }

  async #resultFromLog(runId: string): Promise<ExchangeResult | null> {
    const tree = await this.treeOf(runId);
    return tree && resultOf(tree);
  }

  #show(conversation: Conversation): void {
    this.#current = conversation;
    this.#keepOpen(conversation);
    void this.#doors.state.update(currentKey, conversation.id);
    this.#news.fire({ kind: "conversation" });
  }

  #keepOpen(conversation: Conversation): void {
    this.#open.set(conversation.id, conversation);
    if (conversation === this.#current) void this.#doors.state.update(currentKey, conversation.id);
  }

  #drop({ exchanges }: Conversation, id: string): void {
    const index = exchanges.findIndex((exchange) => exchange.id === id);
    if (index < 0) return;
    exchanges.splice(index, 1);
    this.#news.fire({ kind: "removed", id });
  }

  #setAbout(about: About): void {
    this.#about = about;
    this.#news.fire({ kind: "setup" });
  }

  #tell(conversation: Conversation, exchange: Exchange): void {
    if (conversation === this.#current) this.#news.fire({ kind: "exchange", exchange });
  }

  /** It may be deleted while a run goes on in it. */
  #isDeleted(conversation: Conversation): boolean {
    return this.#open.get(conversation.id) !== conversation;
  }

  #save(conversation: Conversation): void {
    if (this.#isDeleted(conversation)) return;
    conversation.changedAt = Date.now();
    void this.#kept.write(conversation).catch((error: unknown) => {
      this.#doors.log.warn(`The conversation can't be kept: ${String(error)}`);
    });
  }
}

/** There is no folder, and nothing is attached. */
class NothingToAskAbout extends Error {
  readonly code = "no-context";

  constructor() {
    super(vscode.l10n.t("There is nothing to ask about. Open a folder, or attach files."));
  }
}

function emptyAbout(): About {
  return { workspace: true, attachments: [] };
}

function answered({ question, result }: Exchange): { question: string; answer: string }[] {
  return result?.answer == null ? [] : [{ question, answer: result.answer }];
}

/** Waits until a run is over and all its events are read. */
async function toEnd({ watched }: StartedRun): Promise<void> {
  if (watched.tree.finished) return;
  await new Promise<void>((resolve) => {
    watched.onEvent(({ type, depth }) => {
      if (type === "run.finished" && depth === 0) resolve();
    });
  });
}

function warnOfCap(leftOut: number): void {
  const words = vscode.l10n.t(
    "RLM: A question takes at most {0} attachments; {1} were left out. Attach the folder that holds them.",
    mostAttachments,
    leftOut,
  );
  void vscode.window.showWarningMessage(words);
}
