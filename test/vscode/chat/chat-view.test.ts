import { beforeEach, describe, expect, it, vi } from "vitest";
import { Chat } from "../../../src/vscode/chat/chat.ts";
import { ChatView } from "../../../src/vscode/chat/chat-view.ts";
import { type FromChatView, type ToChatView, toChatView } from "../../../src/webview/chat/protocol.ts";
import { EventEmitter, fakeWindow, type Uri } from "../../support/fake-vscode.ts";
import { asking, newest } from "./asking.ts";
import { windowIn } from "./window.ts";

vi.mock("vscode", () => import("../../support/fake-vscode.ts"));
vi.mock("../../../src/vscode/asking/start-run.ts", async () => {
  const { asking } = await import("./asking.ts");
  return { startRun: (_doors: unknown, request: Parameters<typeof asking.start>[0]) => asking.start(request) };
});

beforeEach(() => {
  asking.runs.length = 0;
  fakeWindow.reset();
});

/** A page of the chat, and what it was told. */
class Page {
  readonly told: ToChatView[] = [];
  readonly #received = new EventEmitter<unknown>();
  readonly #visibility = new EventEmitter<void>();
  readonly #disposed = new EventEmitter<void>();
  readonly view = {
    visible: true,
    show: () => {},
    onDidChangeVisibility: this.#visibility.event,
    onDidDispose: this.#disposed.event,
    webview: {
      cspSource: "",
      asWebviewUri: (uri: Uri) => uri,
      onDidReceiveMessage: this.#received.event,
      postMessage: (message: unknown) => {
        this.told.push(toChatView.parse(message));
        return Promise.resolve(true);
      },
    },
  };

  say(message: FromChatView | { readonly [field: string]: unknown }): void {
    this.#received.fire(message);
  }

  async ready(): Promise<void> {
    const before = this.snapshots.length;
    this.say({ type: "ready" });
    await vi.waitFor(() => expect(this.snapshots.length).toBe(before + 1));
  }

  setVisible(visible: boolean): void {
    this.view.visible = visible;
    this.#visibility.fire();
  }

  dispose(): void {
    this.#disposed.fire();
  }

  get snapshots() {
    return this.told.filter((message) => message.type === "snapshot");
  }

  of<T extends ToChatView["type"]>(type: T): Extract<ToChatView, { type: T }>[] {
    return this.told.filter((message): message is Extract<ToChatView, { type: T }> => message.type === type);
  }
}

async function shown(): Promise<{ page: Page; chat: Chat; doors: ReturnType<typeof windowIn> }> {
  const doors = windowIn();
  const chat = new Chat(doors);
  await chat.ready;
  const page = new Page();
  new ChatView(page.view as never, chat, doors);
  return { page, chat, doors };
}

const first = (chat: Chat) => chat.conversation.exchanges[0]?.id ?? "";

async function goesOn(chat: Chat): Promise<void> {
  await vi.waitFor(() => expect(chat.liveRun(first(chat))).not.toBeNull());
}

describe("the page of the chat", () => {
  it("is told all when it is ready, then numbered changes without a gap", async () => {
    const { page, chat } = await shown();
    await page.ready();
    page.say({ type: "ask", question: " One? " });
    await goesOn(chat);
    page.say({ type: "addWorkspace" });
    await vi.waitFor(() => expect(page.of("setup").length).toBeGreaterThan(0));
    newest().answer("It is **one**.");
    await vi.waitFor(() => expect(page.of("exchange").at(-1)?.exchange.state).toBe("done"));
    const numbers = page.told.flatMap((message) => ("seq" in message ? [message.seq] : []));
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(page.of("exchange").at(-1)?.exchange).toMatchObject({ question: "One?", answer: "It is **one**." });
    expect(page.of("progress").length).toBeGreaterThan(0);
  });

  it("is told all again where it asks for it, with numbers from there", async () => {
    const { page, chat } = await shown();
    await page.ready();
    void chat.ask("One?");
    await goesOn(chat);
    page.told.length = 0;
    page.say({ type: "resync" });
    await vi.waitFor(() => expect(page.of("progress").length).toBeGreaterThan(0));
    const again = page.told.slice(page.told.findIndex(({ type }) => type === "snapshot"));
    expect(again.slice(0, 2).map((message) => "seq" in message && [message.type, message.seq])).toEqual([
      ["snapshot", 0],
      ["progress", 1],
    ]);
    expect(page.snapshots[0]?.exchanges).toHaveLength(1);
  });

  it("is told nothing while it is hidden or gone, and all when it comes back", async () => {
    const { page, chat } = await shown();
    await page.ready();
    page.setVisible(false);
    page.told.length = 0;
    void chat.ask("One?");
    await goesOn(chat);
    expect(page.told).toEqual([]);
    page.setVisible(true);
    await page.ready();
    expect(page.snapshots[0]?.exchanges[0]?.state).toBe("running");
    page.say({ type: "ready" });
    page.dispose();
    page.told.length = 0;
    newest().answer("1");
    await vi.waitFor(() => expect(chat.conversation.exchanges[0]?.state).toBe("done"));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(page.told).toEqual([]);
  });

  it("gets the conversation that is opened while it is being told of another one", async () => {
    const { page, chat } = await shown();
    chat.limit(3);
    let release = () => {};
    const { workspace } = await import("../../support/fake-vscode.ts");
    const read = vi.spyOn(workspace.fs, "readDirectory").mockImplementationOnce(async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return [];
    });
    page.say({ type: "ready" });
    await vi.waitFor(() => expect(read).toHaveBeenCalled());
    chat.startNew();
    release();
    await vi.waitFor(() => expect(page.snapshots).toHaveLength(1));
    expect(page.snapshots[0]?.conversation).toBe(chat.conversation.id);
  });

  it("is told what has changed while all was put together for it", async () => {
    const { page, chat } = await shown();
    let release = () => {};
    const { workspace } = await import("../../support/fake-vscode.ts");
    const read = vi.spyOn(workspace.fs, "readDirectory").mockImplementationOnce(async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return [];
    });
    page.say({ type: "ready" });
    await vi.waitFor(() => expect(read).toHaveBeenCalled());
    chat.attach([{ kind: "file", uri: "file:///w/a.ts" }]);
    release();
    await vi.waitFor(() => expect(page.of("setup").at(-1)?.setup.chips[0]?.label).toBe("a.ts"));
  });

  it("shows what the next question is about as it is now, however long it took to look at it before", async () => {
    const { page, chat } = await shown();
    await page.ready();
    let release = () => {};
    const { workspace } = await import("../../support/fake-vscode.ts");
    vi.spyOn(workspace.fs, "readDirectory").mockImplementationOnce(async () => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return [];
    });
    chat.attach([{ kind: "file", uri: "file:///w/old.ts" }]);
    chat.attach([{ kind: "file", uri: "file:///w/new.ts" }]);
    await vi.waitFor(() => expect(page.of("setup")).toHaveLength(1));
    release();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(
      page
        .of("setup")
        .at(-1)
        ?.setup.chips.map(({ label }) => label),
    ).toEqual(["old.ts", "new.ts"]);
  });

  it("is not heard where it says what it must not", async () => {
    const { page, chat } = await shown();
    await page.ready();
    page.say({ type: "ask", question: "   " });
    page.say({ type: "ask", question: "x".repeat(200_001) });
    page.say({ type: "openLink", url: "command:workbench.action.quit" });
    page.say({ type: "command", command: "workbench.action.quit" });
    page.say({ type: "lines", key: "k", exchange: "x", path: "a.ts", from: -1, to: 2 });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(chat.conversation.exchanges).toEqual([]);
    expect(page.of("lines")).toEqual([]);
    expect(fakeWindow.warnings).toEqual([]);
  });

  it("copies the whole answer, and attaches paths of the workspace alone", async () => {
    const { page, chat } = await shown();
    await page.ready();
    const long = "x".repeat(250_000);
    const asked = chat.ask("One?");
    await goesOn(chat);
    newest().answer(long);
    await asked;
    page.say({ type: "copyAnswer", exchange: first(chat) });
    await vi.waitFor(() => expect(fakeWindow.clipboard.length).toBe(long.length));
    expect(page.of("exchange").at(-1)?.exchange).toMatchObject({ answerChars: 250_000 });
    expect(page.of("exchange").at(-1)?.exchange.answer?.length).toBe(200_000);
    page.say({ type: "attachPath", path: "../etc/passwd" });
    page.say({ type: "attachPath", path: "src/a.ts" });
    await vi.waitFor(() => expect(chat.about.attachments).toHaveLength(1));
    expect(chat.about.attachments[0]?.uri).toBe("file:///w/src/a.ts");
  });
});
