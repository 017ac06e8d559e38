import type * as vscode from "vscode";
import type { ShownProgress } from "../../webview/chat/protocol.ts";
import type { RunView, WatchedRun } from "../asking/watched-run.ts";
import { shownProgress } from "./chat-shown.ts";

/** What a run does is sent at most this often (milliseconds); a long answer that is being written less often. */
const sendEvery = 80;
const sendLongEvery = 500;
const longDraft = 20_000;
/** While it waits, so that a countdown goes on. */
const countEvery = 1_000;

/** Tells a page what a run does, a few times a second at most, until it is disposed of. */
export class ChatFollower {
  readonly exchange: string;
  readonly #watched: WatchedRun;
  readonly #view: RunView;
  readonly #send: (progress: ShownProgress) => void;
  readonly #own: readonly vscode.Disposable[];
  #timer: NodeJS.Timeout | null = null;
  /** What the page has of the answer. */
  #draft = "";

  constructor(exchange: string, watched: WatchedRun, view: RunView, send: (progress: ShownProgress) => void) {
    this.exchange = exchange;
    this.#watched = watched;
    this.#view = view;
    this.#send = send;
    this.#own = [watched.addView(view), watched.onEvent(() => this.#soon(this.#pace))];
    this.#tell();
  }

  /** To be called when the page was shown or hidden. */
  visibilityChanged(): void {
    this.#watched.viewsChanged();
  }

  dispose(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    for (const each of this.#own) each.dispose();
  }

  get #pace(): number {
    return this.#draft.length > longDraft ? sendLongEvery : sendEvery;
  }

  #soon(ms: number): void {
    this.#timer ??= setTimeout(() => this.#tell(), ms);
  }

  #tell(): void {
    this.#timer = null;
    // A page that is shown again is followed anew.
    if (!this.#view.visible) return;
    const { tree } = this.#watched;
    const progress = shownProgress(this.exchange, this.#watched, this.#draft, Date.now());
    this.#draft = this.#draft.slice(0, progress.draft.from) + progress.draft.text;
    this.#send(progress);
    if (tree.waiting) this.#soon(countEvery);
  }
}
