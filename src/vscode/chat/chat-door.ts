import * as vscode from "vscode";
import type { Doors } from "../doors.ts";
import { views } from "../ids.ts";
import { attachAll, selectionOf } from "./attachments.ts";
import { Chat } from "./chat.ts";
import { titleOf } from "./chat-shown.ts";
import { ChatView } from "./chat-view.ts";
import type { Conversation } from "./conversations.ts";

/** The chat of a window: its page, where it is shown, and what its commands do. */
export class ChatDoor {
  readonly #doors: Doors;
  readonly #chat: Chat;
  #view: ChatView | null = null;

  constructor(doors: Doors) {
    this.#doors = doors;
    this.#chat = new Chat(doors);
  }

  /** Fills the view of the side bar. */
  resolve(view: vscode.WebviewView): void {
    const shown = new ChatView(view, this.#chat, this.#doors);
    this.#view = shown;
    view.onDidDispose(() => {
      if (this.#view === shown) this.#view = null;
    });
  }

  /** `RLM: New Chat` */
  async startNew(): Promise<void> {
    await this.#chat.ready;
    this.#chat.startNew();
    await this.#show();
  }

  /** `RLM: Chat History…` */
  async pickEarlier(): Promise<void> {
    const picked = await pickConversation(this.#chat);
    if (picked === undefined) return;
    await this.#chat.open(picked);
    await this.#show();
  }

  /** `RLM: Ask in Chat`: attaches the lines that are selected in the active editor, or its file. */
  async attachSelection(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    await this.#chat.ready;
    if (editor) this.#chat.attach([selectionOf(editor)]);
    await this.#show();
  }

  /** `RLM: Attach to Chat`: files and folders that are selected in the explorer. */
  async attach(uris: readonly vscode.Uri[]): Promise<void> {
    await this.#chat.ready;
    this.#chat.attach(await attachAll(uris));
    await this.#show();
  }

  async #show(): Promise<void> {
    await vscode.commands.executeCommand(`${views.chat}.focus`);
    this.#view?.focus();
  }
}

interface ConversationItem extends vscode.QuickPickItem {
  readonly id: string;
}

/** @returns the picked one's id; undefined where the user gave up */
function pickConversation(chat: Chat): Promise<string | undefined> {
  const box = vscode.window.createQuickPick<ConversationItem>();
  box.title = vscode.l10n.t("RLM: Chat History");
  box.placeholder = vscode.l10n.t("Open an earlier conversation");
  box.matchOnDescription = true;
  const fill = async () => {
    box.busy = true;
    box.items = (await chat.list()).map((conversation) => itemOf(conversation, chat.conversation.id));
    if (box.items.length === 0) box.placeholder = vscode.l10n.t("There is no earlier conversation yet.");
    box.busy = false;
  };
  void fill();
  box.onDidTriggerItemButton(async ({ item }) => {
    await chat.delete(item.id);
    await fill();
  });
  return new Promise((resolve) => {
    box.onDidAccept(() => {
      resolve(box.selectedItems[0]?.id);
      box.hide();
    });
    box.onDidHide(() => {
      resolve(undefined);
      box.dispose();
    });
    box.show();
  });
}

function itemOf({ id, exchanges, changedAt }: Conversation, current: string): ConversationItem {
  const at = new Date(changedAt).toLocaleString(vscode.env.language, { dateStyle: "medium", timeStyle: "short" });
  const questions =
    exchanges.length === 1 ? vscode.l10n.t("1 question") : vscode.l10n.t("{0} questions", exchanges.length);
  return {
    id,
    label: titleOf(exchanges),
    description: `${id === current ? `${vscode.l10n.t("shown now")} · ` : ""}${questions} · ${at}`,
    buttons: [{ iconPath: new vscode.ThemeIcon("trash"), tooltip: vscode.l10n.t("Delete") }],
  };
}
