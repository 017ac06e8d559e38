import type { ChatChange, FromChatView, Setup, ShownExchange, ShownProgress, ToChatView } from "./protocol.ts";

/** A run that goes on, with all that has come of its answer. */
export interface Progress extends Omit<ShownProgress, "draft"> {
  readonly draft: string;
}

/** What the chat shows. */
export interface ChatState {
  readonly conversation: string;
  readonly setup: Setup;
  readonly exchanges: readonly ShownExchange[];
  readonly progress: Progress | null;
}

type Completions = Extract<ToChatView, { type: "completions" }>;
type Lines = Extract<ToChatView, { type: "lines" }>;

/** Holds what the extension has told the page. It is drawn once a frame, however fast messages come. */
export class ChatStore {
  /** Null before the first snapshot. */
  state: ChatState | null = null;
  completions: Completions | null = null;
  /** Lines of citations by the keys of their questions, until something is told anew. */
  lines: ReadonlyMap<string, Lines> = new Map();
  /** Grows when the keyboard shall go to the question. */
  focused = 0;
  readonly #post: (message: FromChatView) => void;
  readonly #onChange: () => void;
  #seq = 0;
  #waits = true;
  #drawing = false;

  constructor(post: (message: FromChatView) => void, onChange: () => void) {
    this.#post = post;
    this.#onChange = onChange;
  }

  receive(message: ToChatView): void {
    switch (message.type) {
      case "focus":
        this.focused += 1;
        break;
      case "completions":
        this.completions = message;
        break;
      case "lines":
        this.lines = new Map([...this.lines, [message.key, message]]);
        break;
      default:
        this.#change(message);
    }
    this.#drawSoon();
  }

  #change(change: ChatChange): void {
    if (change.type === "snapshot") {
      const { conversation, setup, exchanges, progress } = change;
      this.state = { conversation, setup, exchanges, progress: progress && grown(null, progress) };
      this.lines = new Map();
      this.#seq = change.seq;
      this.#waits = false;
      return;
    }
    if (this.#waits || !this.state) return;
    if (change.seq !== this.#seq + 1) {
      this.#waits = true;
      this.#post({ type: "resync" });
      return;
    }
    this.#seq = change.seq;
    this.state = changed(this.state, change);
    if (change.type === "exchange") this.lines = new Map();
  }

  #drawSoon(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#onChange();
    });
  }
}

function changed(state: ChatState, change: Exclude<ChatChange, { type: "snapshot" }>): ChatState {
  switch (change.type) {
    case "setup":
      return { ...state, setup: change.setup };
    case "removed":
      return { ...state, exchanges: state.exchanges.filter(({ id }) => id !== change.exchange) };
    case "exchange": {
      const { exchange } = change;
      const index = state.exchanges.findIndex(({ id }) => id === exchange.id);
      const exchanges = index < 0 ? [...state.exchanges, exchange] : state.exchanges.with(index, exchange);
      const over = state.progress?.exchange === exchange.id && exchange.state !== "running";
      return { ...state, exchanges, progress: over ? null : state.progress };
    }
    case "progress":
      return { ...state, progress: grown(state.progress, change.progress) };
  }
}

function grown(before: Progress | null, { draft, ...progress }: ShownProgress): Progress {
  const kept = before?.exchange === progress.exchange ? before.draft.slice(0, draft.from) : "";
  return { ...progress, draft: kept + draft.text };
}
