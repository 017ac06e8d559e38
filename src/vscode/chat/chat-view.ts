import * as vscode from "vscode";
import type { ContextRoot } from "../../rlm/events.ts";
import {
  type ChatChange,
  type ChatCommand,
  type FromChatView,
  fromChatView,
  type ShownExchange,
  type ToChatView,
} from "../../webview/chat/protocol.ts";
import { mendOf } from "../asking/show-failure.ts";
import type { RunView } from "../asking/watched-run.ts";
import type { Doors } from "../doors.ts";
import { fileLines } from "../files/file-lines.ts";
import { fileWithin } from "../files/file-within.ts";
import { openLink } from "../files/open-link.ts";
import { openRange } from "../files/open-range.ts";
import { commands, views } from "../ids.ts";
import { openRun } from "../runs/run-commands.ts";
import { stalePaths } from "../trace/stale-files.ts";
import { loadPage } from "../webview-page.ts";
import { attachAll, completePaths, pickAttachments, uriOfShown } from "./attachments.ts";
import type { Chat, ChatNews } from "./chat.ts";
import { ChatFollower } from "./chat-follower.ts";
import { pickLimit } from "./chat-limit.ts";
import { setupOf } from "./chat-setup.ts";
import { shownExchange } from "./chat-shown.ts";
import { witnessesOf } from "./chat-words.ts";
import type { Exchange } from "./conversations.ts";

type WithoutSeq<C> = C extends ChatChange ? Omit<C, "seq"> : never;

/** One page of the chat: it shows the conversation of the window, and hands on what its user does. */
export class ChatView implements RunView {
  readonly #view: vscode.WebviewView;
  readonly #chat: Chat;
  readonly #doors: Doors;
  readonly #own: vscode.Disposable[] = [];
  /** Null while the page is not there, as it keeps nothing while it is hidden. */
  #seq: number | null = null;
  #isDisposed = false;
  /** Counts how often what stands round the conversation was wanted: an older one is not sent after a newer one. */
  #wanted = 0;
  #follower: ChatFollower | null = null;
  #completing: vscode.CancellationTokenSource | null = null;
  /** By exchange: paths of citations whose files have changed since. */
  readonly #stale = new Map<string, readonly string[]>();

  constructor(view: vscode.WebviewView, chat: Chat, doors: Doors) {
    this.#view = view;
    this.#chat = chat;
    this.#doors = doors;
    view.webview.onDidReceiveMessage((message: unknown) => {
      const parsed = fromChatView.safeParse(message);
      if (parsed.success) void this.#serve(parsed.data).catch((error: unknown) => this.#fail(error));
    });
    view.onDidChangeVisibility(() => this.#visibilityChanged());
    view.onDidDispose(() => this.#dispose());
    const setup = () => void this.#sendSetup();
    this.#own.push(
      chat.onNews((news) => void this.#take(news)),
      doors.choice.onDidChange(setup),
      vscode.workspace.onDidChangeConfiguration((change) => change.affectsConfiguration("rlm") && setup()),
      vscode.workspace.onDidChangeWorkspaceFolders(setup),
      vscode.workspace.onDidGrantWorkspaceTrust(setup),
      doors.keys.onDidChange(setup),
      vscode.window.onDidChangeWindowState(({ focused }) => void (focused && this.#refresh())),
      vscode.workspace.onDidSaveTextDocument(() => void this.#lookForStale()),
    );
    loadPage(view.webview, doors.extensionUri, { name: "chat", title: "RLM Chat" });
  }

  /** True while its user can answer there what a run asks. */
  get visible(): boolean {
    return this.#view.visible && this.#seq !== null;
  }

  /** Brings it into sight with the keyboard in the question. */
  focus(): void {
    this.#view.show(false);
    this.#post({ type: "focus" });
  }

  async #serve(message: FromChatView): Promise<void> {
    const chat = this.#chat;
    switch (message.type) {
      case "ready":
      case "resync":
        return this.#sendSnapshot();
      case "ask":
        return chat.ask(message.question);
      case "stop":
        return chat.stop(message.exchange);
      case "again":
        return message.how === "mend" ? this.#mend(message.exchange) : chat.again(message.exchange, message.how);
      case "askNow":
        return chat.askNow(message.exchange);
      case "remove":
        return chat.remove(message.exchange);
      case "command":
        return this.#run(message.command);
      case "attachPath": {
        const uri = await uriOfShown(message.path);
        return chat.attach(await attachAll(uri ? [uri] : []));
      }
      case "attachDropped":
        return this.#attachDropped(message.uris);
      case "addWorkspace":
        return chat.addWorkspace();
      case "detach":
        return chat.detach(message.chip);
      case "complete":
        return this.#complete(message.typed);
      case "open":
        return this.#open(message);
      case "lines":
        return this.#sendLines(message);
      case "openLink":
        return openLink(message.url);
      case "openTrace":
        return this.#openTrace(message.exchange);
      case "openAnswer":
        return this.#openAnswer(message.exchange);
      case "copyAnswer":
        return vscode.env.clipboard.writeText(this.#exchange(message.exchange)?.result?.answer ?? "");
      case "copy":
        return vscode.env.clipboard.writeText(message.text);
      case "decide":
        return chat.liveRun(message.exchange)?.watched.fanOuts.decide(message.asked, message.choice);
    }
  }

  async #run(command: ChatCommand): Promise<void> {
    switch (command) {
      case "attach":
        return this.#chat.attach(await pickAttachments());
      case "chooseLimit": {
        const usd = await pickLimit(this.#chat.conversation.limitUsd);
        return usd === undefined ? undefined : this.#chat.limit(usd);
      }
      default:
        await vscode.commands.executeCommand(commandIds[command]);
        return this.#sendSetup();
    }
  }

  /** Runs the command that may mend a failure. */
  async #mend(id: string): Promise<void> {
    const error = this.#exchange(id)?.result?.error;
    const mend = error && mendOf(error);
    if (mend) await vscode.commands.executeCommand(mend.command);
    await this.#sendSetup();
  }

  async #attachDropped(uris: readonly string[]): Promise<void> {
    const parsed = uris.flatMap((uri) => {
      try {
        const { scheme, path, authority } = vscode.Uri.parse(uri, true);
        return [vscode.Uri.from({ scheme, authority, path })];
      } catch {
        return [];
      }
    });
    const attachments = await attachAll(parsed);
    if (attachments.length === 0) {
      void vscode.window.showWarningMessage(
        vscode.l10n.t("RLM: What was dropped is no file or folder that can be read."),
      );
    }
    this.#chat.attach(attachments);
  }

  async #complete(typed: string): Promise<void> {
    this.#completing?.cancel();
    const completing = new vscode.CancellationTokenSource();
    this.#completing = completing;
    try {
      const items = await completePaths(typed, completing.token);
      if (!completing.token.isCancellationRequested) this.#post({ type: "completions", typed, items });
    } finally {
      completing.dispose();
    }
  }

  async #open({ exchange, path, from, to }: Extract<FromChatView, { type: "open" }>): Promise<void> {
    await openRange(await fileWithin(this.#rootsOf(exchange), path), { path, from, to }, undefined);
  }

  async #sendLines(wanted: Extract<FromChatView, { type: "lines" }>): Promise<void> {
    const { key, exchange, path, from, to } = wanted;
    const { first, lines, note } = await fileLines({ path, from, to }, this.#rootsOf(exchange));
    const tree = await this.#treeOf(exchange);
    const seenBy = tree ? witnessesOf(tree, { path, from, to }) : [];
    this.#post({ type: "lines", key, first, lines: [...lines], note, seenBy });
  }

  /** The run of an exchange as far as its log tells. */
  async #treeOf(id: string) {
    const live = this.#chat.liveRun(id);
    if (live) return live.watched.tree;
    const runId = this.#exchange(id)?.runId;
    return runId ? this.#chat.treeOf(runId) : null;
  }

  #rootsOf(id: string): readonly ContextRoot[] {
    const live = this.#chat.liveRun(id);
    return live?.watched.tree.context?.roots ?? this.#exchange(id)?.result?.roots ?? [];
  }

  async #openTrace(id: string): Promise<void> {
    const runId = this.#exchange(id)?.runId;
    if (runId) await openRun(this.#doors, runId);
  }

  async #openAnswer(id: string): Promise<void> {
    const content = this.#exchange(id)?.result?.answer;
    if (content == null) return;
    const document = await vscode.workspace.openTextDocument({ language: "markdown", content });
    await vscode.window.showTextDocument(document, { preview: true });
  }

  #exchange(id: string): Exchange | undefined {
    return this.#chat.conversation.exchanges.find((exchange) => exchange.id === id);
  }

  async #take(news: ChatNews): Promise<void> {
    if (news.kind === "setup") return this.#sendSetup();
    if (this.#seq === null) return;
    switch (news.kind) {
      case "conversation":
        return this.#sendSnapshot();
      case "removed":
        this.#change({ type: "removed", exchange: news.id });
        return;
      case "exchange":
        this.#change({ type: "exchange", exchange: this.#shown(news.exchange) });
        this.#follow();
        if (news.exchange.state === "done") await this.#lookForStale();
    }
  }

  async #sendSnapshot(): Promise<void> {
    await this.#chat.ready;
    const { conversation, about } = this.#chat;
    this.#wanted += 1;
    const wanted = this.#wanted;
    const setup = await setupOf(this.#doors, about, conversation.limitUsd);
    if (this.#isDisposed) return;
    // Meanwhile another one may have been opened, of which nobody has told a page that had nothing yet.
    if (conversation !== this.#chat.conversation) return this.#sendSnapshot();
    this.#seq = 0;
    this.#follower?.dispose();
    this.#follower = null;
    this.#post({
      type: "snapshot",
      seq: 0,
      conversation: conversation.id,
      setup,
      exchanges: conversation.exchanges.map((exchange) => this.#shown(exchange)),
      progress: null,
    });
    this.#follow();
    if (wanted !== this.#wanted) await this.#sendSetup();
    await this.#lookForStale();
  }

  /** What other windows and programs may have changed meanwhile. */
  async #refresh(): Promise<void> {
    if (this.#seq === null) return;
    await this.#chat.refresh();
    await this.#lookForStale();
  }

  async #sendSetup(): Promise<void> {
    this.#wanted += 1;
    const wanted = this.#wanted;
    if (this.#seq === null) return;
    const { about, conversation } = this.#chat;
    const setup = await setupOf(this.#doors, about, conversation.limitUsd);
    if (wanted === this.#wanted) this.#change({ type: "setup", setup });
  }

  #shown(exchange: Exchange): ShownExchange {
    const { id } = exchange;
    return shownExchange(exchange, {
      goesOn: this.#chat.isGoingOn(id),
      elsewhere: this.#chat.goesOnElsewhere(id),
      watched: this.#chat.liveRun(id)?.watched ?? null,
      stale: this.#stale.get(id) ?? [],
      raise: this.#chat.raisedLimits(exchange)?.label ?? null,
    });
  }

  /** Follows the run that goes on in the conversation that is shown, if there is one. */
  #follow(): void {
    const going = this.#chat.conversation.exchanges.find(({ id }) => this.#chat.liveRun(id) !== null);
    if (going?.id === this.#follower?.exchange) return;
    this.#follower?.dispose();
    this.#follower = null;
    const watched = going && this.#chat.liveRun(going.id)?.watched;
    if (!going || !watched) return;
    this.#follower = new ChatFollower(going.id, watched, this, (progress) =>
      this.#change({ type: "progress", progress }),
    );
  }

  /** Says of which citations the files have changed. */
  async #lookForStale(): Promise<void> {
    if (this.#seq === null) return;
    for (const exchange of this.#chat.conversation.exchanges) {
      const { id, result } = exchange;
      if (!result || result.citations.length === 0) continue;
      const stale = await stalePaths(result.citations, result.roots);
      if (stale.join("\n") === (this.#stale.get(id) ?? []).join("\n")) continue;
      this.#stale.set(id, stale);
      if (this.#exchange(id) === exchange) this.#change({ type: "exchange", exchange: this.#shown(exchange) });
    }
  }

  #visibilityChanged(): void {
    // A hidden page is gone: it says `ready` again when it is shown.
    if (!this.#view.visible) this.#seq = null;
    this.#follower?.visibilityChanged();
  }

  #change(change: WithoutSeq<ChatChange>): void {
    if (this.#seq === null) return;
    this.#seq += 1;
    this.#post({ ...change, seq: this.#seq } as ChatChange);
  }

  #post(message: ToChatView): void {
    void this.#view.webview.postMessage(message);
  }

  async #fail(error: unknown): Promise<void> {
    await (await import("../asking/show-failure.ts")).showFailure(error);
  }

  #dispose(): void {
    this.#isDisposed = true;
    this.#seq = null;
    this.#completing?.cancel();
    this.#follower?.dispose();
    for (const each of this.#own) each.dispose();
  }
}

const commandIds: Readonly<Record<Exclude<ChatCommand, "attach" | "chooseLimit">, string>> = {
  chooseModel: commands.chooseModel,
  setApiKey: commands.setApiKey,
  openContext: `${views.context}.focus`,
  openFolder: "workbench.action.files.openFolder",
  manageTrust: "workbench.trust.manage",
};
