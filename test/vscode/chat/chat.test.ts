import { readdirSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Chat, type ChatNews } from "../../../src/vscode/chat/chat.ts";
import { Conversations } from "../../../src/vscode/chat/conversations.ts";
import { fakeWindow } from "../../support/fake-vscode.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { asking, newest } from "./asking.ts";
import { memento, windowIn } from "./window.ts";

vi.mock("vscode", () => import("../../support/fake-vscode.ts"));
vi.mock("../../../src/vscode/asking/start-run.ts", async () => {
  const { asking } = await import("./asking.ts");
  return { startRun: (_doors: unknown, request: Parameters<typeof asking.start>[0]) => asking.start(request) };
});

const { start } = asking;
beforeEach(() => {
  asking.runs.length = 0;
  asking.start = start;
});

async function chatIn(doors = windowIn()): Promise<{ chat: Chat; news: ChatNews[] }> {
  const chat = new Chat(doors);
  await chat.ready;
  const news: ChatNews[] = [];
  chat.onNews((each) => news.push(each));
  return { chat, news };
}

const states = ({ conversation }: Chat) => conversation.exchanges.map(({ question, state }) => `${question} ${state}`);
const at = ({ conversation }: Chat, index: number) => conversation.exchanges.at(index)?.id ?? "";

async function answered(chat: Chat, question: string, answer: string): Promise<void> {
  const asked = chat.ask(question);
  const id = at(chat, -1);
  await vi.waitFor(() => expect(chat.liveRun(id)).not.toBeNull());
  newest().answer(answer);
  await asked;
}

/** Waits until all questions of a conversation are kept with their ends. */
async function keptIn(folder: string, { conversation }: Chat): Promise<void> {
  const kept = new Conversations(path.join(folder, "chats"));
  await vi.waitFor(async () => expect(await kept.read(conversation.id)).toEqual(conversation));
}

describe("a conversation", () => {
  it("tells a question what was answered before it, and what the files were", async () => {
    const { chat } = await chatIn();
    await answered(chat, "One?", "1");
    const second = chat.ask("Two?");
    await vi.waitFor(() => expect(asking.runs).toHaveLength(2));
    expect(newest().request.history).toEqual([{ question: "One?", answer: "1" }]);
    expect(newest().request.since).toBeDefined();
    newest().end({ answer: null, stopReason: "errors" });
    await second;
    await answered(chat, "Three?", "3");
    expect(newest().request.history).toEqual([{ question: "One?", answer: "1" }]);
  });

  it("says nothing of changed files where something else is asked about", async () => {
    const { chat } = await chatIn();
    await answered(chat, "One?", "1");
    chat.attach([{ kind: "file", uri: "file:///w/a.ts" }]);
    await answered(chat, "Two?", "2");
    expect(newest().request.since).toBeUndefined();
  });

  it("says how many attachments are too many", async () => {
    const { chat } = await chatIn();
    const uris = Array.from({ length: 53 }, (_, index) => `file:///w/${index}.ts`);
    chat.attach(uris.map((uri) => ({ kind: "file", uri })));
    expect(chat.about.attachments).toHaveLength(50);
    expect(fakeWindow.warnings.at(-1)).toContain("at most 50 attachments; 3 were left out");
  });

  it("asks one question at a time, in their order", async () => {
    const { chat } = await chatIn();
    void chat.ask("One?");
    void chat.ask("Two?");
    void chat.ask("Three?");
    await vi.waitFor(() => expect(chat.liveRun(at(chat, 0))).not.toBeNull());
    expect(states(chat)).toEqual(["One? running", "Two? queued", "Three? queued"]);
    newest().answer("1");
    await vi.waitFor(() => expect(chat.liveRun(at(chat, 1))).not.toBeNull());
    expect(newest().request.question).toBe("Two?");
    expect(states(chat)).toEqual(["One? done", "Two? running", "Three? queued"]);
  });

  it("lets the next question wait for the user after a failure, not after a stop", async () => {
    const { chat } = await chatIn();
    void chat.ask("One?");
    const failing = chat.ask("Two?");
    await vi.waitFor(() => expect(chat.liveRun(at(chat, 0))).not.toBeNull());
    chat.stop(at(chat, 0));
    await failing;
    await vi.waitFor(() => expect(chat.liveRun(at(chat, 1))).not.toBeNull());
    void chat.ask("Three?");
    newest().end({ answer: null, stopReason: "failed", error: { code: "auth", message: "No." } });
    await vi.waitFor(() => expect(states(chat)).toEqual(["One? done", "Two? done", "Three? queued"]));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(asking.runs).toHaveLength(2);
  });

  it("asks a queued question now: before the others that wait, in place of the one that goes on", async () => {
    const { chat } = await chatIn();
    for (const question of ["One?", "Two?", "Three?"]) void chat.ask(question);
    await vi.waitFor(() => expect(chat.liveRun(at(chat, 0))).not.toBeNull());
    await chat.askNow(at(chat, 2));
    await vi.waitFor(() => expect(states(chat)).toEqual(["One? done", "Three? running", "Two? queued"]));
    expect(chat.conversation.exchanges[0]?.result?.stopReason).toBe("cancelled");
    expect(asking.runs[0]?.isCancelled).toBe(true);
  });

  it("takes out what waits, never what goes on or is answered", async () => {
    const { chat, news } = await chatIn();
    for (const question of ["One?", "Two?"]) void chat.ask(question);
    await vi.waitFor(() => expect(chat.liveRun(at(chat, 0))).not.toBeNull());
    chat.remove(at(chat, 0));
    chat.remove(at(chat, 1));
    expect(states(chat)).toEqual(["One? running"]);
    expect(news.filter(({ kind }) => kind === "removed")).toHaveLength(1);
    newest().answer("1");
    await vi.waitFor(() => expect(states(chat)).toEqual(["One? done"]));
    chat.remove(at(chat, 0));
    expect(states(chat)).toEqual(["One? done"]);
  });
});

describe("asking again", () => {
  it("replaces what has no answer, and the last answer; an earlier answer stays", async () => {
    const { chat } = await chatIn();
    await answered(chat, "One?", "1");
    await answered(chat, "Two?", "2");
    void chat.again(at(chat, 1), "same");
    await vi.waitFor(() => expect(states(chat)).toEqual(["One? done", "Two? running"]));
    await vi.waitFor(() => expect(chat.liveRun(at(chat, 1))).not.toBeNull());
    expect(newest().request.history).toEqual([{ question: "One?", answer: "1" }]);
    newest().answer("2b");
    await vi.waitFor(() => expect(chat.conversation.exchanges[1]?.state).toBe("done"));
    void chat.again(at(chat, 0), "same");
    await vi.waitFor(() => expect(states(chat)).toEqual(["One? done", "Two? done", "One? running"]));
  });

  it("raises the limit that has ended it, of money for the conversation, and says so at once", async () => {
    const { chat, news } = await chatIn();
    chat.limit(0.5);
    void chat.ask("One?");
    await vi.waitFor(() => expect(chat.liveRun(at(chat, 0))).not.toBeNull());
    expect(newest().request.limits).toEqual({ usd: 0.5 });
    newest().end({ answer: "So far", stopReason: "cost" });
    await vi.waitFor(() => expect(chat.conversation.exchanges[0]?.state).toBe("done"));
    news.length = 0;
    void chat.again(at(chat, 0), "raised");
    await vi.waitFor(() => expect(asking.runs).toHaveLength(2));
    expect(newest().request.limits).toEqual({ usd: 1 });
    expect(news.some(({ kind }) => kind === "setup")).toBe(true);
    expect(states(chat)).toEqual(["One? done", "One? running"]);
    await vi.waitFor(() => expect(chat.liveRun(at(chat, 1))).not.toBeNull());
    newest().end({ answer: null, stopReason: "turns" });
    await vi.waitFor(() => expect(chat.conversation.exchanges[1]?.state).toBe("done"));
    // What the user says last counts.
    chat.limit(0.2);
    void chat.again(at(chat, 1), "raised");
    await vi.waitFor(() => expect(asking.runs).toHaveLength(3));
    expect(newest().request.limits).toEqual({ usd: 0.2, turns: 40 });
  });
});

describe("a question that is stopped while it is being started", () => {
  /** Keeps the next start waiting. @returns lets it go on */
  function held(outcome: "starts" | "gives up"): () => void {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    asking.start = async (request) => {
      await gate;
      return outcome === "starts" ? start(request) : null;
    };
    return release;
  }

  it("goes on until that is over, so that no other one is asked beside it", async () => {
    const { chat } = await chatIn();
    const release = held("starts");
    void chat.ask("One?");
    const first = at(chat, 0);
    chat.stop(first);
    expect(chat.isGoingOn(first)).toBe(true);
    void chat.again(first, "same");
    void chat.ask("Two?");
    expect(states(chat)).toEqual(["One? running", "Two? queued"]);
    release();
    await vi.waitFor(() => expect(asking.runs).toHaveLength(2));
    expect(asking.runs.map(({ isCancelled }) => isCancelled)).toEqual([true, false]);
    expect(chat.conversation.exchanges[0]?.result?.stopReason).toBe("cancelled");
  });

  it("was cancelled, where the user gives up choosing a model; else there is none", async () => {
    for (const stop of [true, false]) {
      const { chat } = await chatIn();
      const release = held("gives up");
      const asked = chat.ask("One?");
      if (stop) chat.stop(at(chat, 0));
      release();
      await asked;
      const { result } = chat.conversation.exchanges[0] ?? {};
      expect(stop ? result?.stopReason : result?.error?.code).toBe(stop ? "cancelled" : "no-model");
    }
  });

  it("fails with the reason where it can't be started", async () => {
    const { chat } = await chatIn();
    asking.start = () => Promise.reject(new Error("Out of order."));
    await chat.ask("One?");
    expect(chat.conversation.exchanges[0]?.result).toMatchObject({
      stopReason: "failed",
      error: { message: "Out of order." },
    });
  });
});

describe("conversations", () => {
  it("are shown again with their runs going on, and write into their own files", async () => {
    const folder = tempFolder();
    const { chat, news } = await chatIn(windowIn(folder));
    void chat.ask("One?");
    await vi.waitFor(() => expect(chat.liveRun(at(chat, 0))).not.toBeNull());
    const first = chat.conversation;
    chat.startNew();
    expect(chat.conversation.exchanges).toEqual([]);
    news.length = 0;
    newest().answer("1");
    await vi.waitFor(() => expect(first.exchanges[0]?.state).toBe("done"));
    // Nothing is told of what is not shown.
    expect(news).toEqual([]);
    await chat.open(first.id);
    expect(chat.conversation).toBe(first);
    await vi.waitFor(async () => {
      const kept = await new Conversations(path.join(folder, "chats")).read(first.id);
      expect(kept?.exchanges[0]?.result?.answer).toBe("1");
    });
  });

  it("stay deleted, whatever goes on in them", async () => {
    const folder = tempFolder();
    const { chat } = await chatIn(windowIn(folder));
    const files = () => readdirSync(path.join(folder, "chats"));
    let release = () => {};
    asking.start = async (request) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return start(request);
    };
    const asked = chat.ask("One?");
    await vi.waitFor(() => expect(files()).toHaveLength(1));
    await chat.delete(chat.conversation.id);
    expect(chat.conversation.exchanges).toEqual([]);
    release();
    await asked;
    expect(newest().isCancelled).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(files()).toEqual([]);
  });

  it("come back in a new window with what was attached last", async () => {
    const [folder, state] = [tempFolder(), memento()];
    const { chat } = await chatIn(windowIn(folder, state));
    chat.attach([{ kind: "file", uri: "file:///w/a.ts" }]);
    await answered(chat, "One?", "1");
    await keptIn(folder, chat);
    const { chat: again } = await chatIn(windowIn(folder, state));
    expect(again.conversation).toEqual(chat.conversation);
    expect(again.about).toEqual({ workspace: false, attachments: [{ kind: "file", uri: "file:///w/a.ts" }] });
  });

  it("take what another window has written, when the window is looked at and when one is opened", async () => {
    const folder = tempFolder();
    const { chat } = await chatIn(windowIn(folder));
    await answered(chat, "One?", "1");
    await keptIn(folder, chat);
    const { conversation } = chat;
    const { chat: other } = await chatIn(windowIn(folder));
    await other.open(conversation.id);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await answered(other, "Two?", "2");
    await keptIn(folder, other);
    chat.startNew();
    await chat.open(conversation.id);
    expect(states(chat)).toEqual(["One? done", "Two? done"]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await answered(chat, "Three?", "3");
    await keptIn(folder, chat);
    await other.refresh();
    expect(states(other)).toEqual(["One? done", "Two? done", "Three? done"]);
  });

  it("are not taken from another window while a run of this one goes on in them", async () => {
    const folder = tempFolder();
    const { chat } = await chatIn(windowIn(folder));
    void chat.ask("One?");
    await vi.waitFor(() => expect(chat.liveRun(at(chat, 0))).not.toBeNull());
    await keptIn(folder, chat);
    const { conversation } = chat;
    const later = {
      ...conversation,
      changedAt: conversation.changedAt + 1_000,
      exchanges: [...conversation.exchanges],
    };
    await new Conversations(path.join(folder, "chats")).write(later);
    await chat.refresh();
    expect(chat.conversation).toBe(conversation);
  });

  it("leave a run alone that goes on in another window, and tell one that was interrupted from it", async () => {
    const folder = tempFolder();
    const { chat } = await chatIn(windowIn(folder));
    void chat.ask("One?");
    await vi.waitFor(() => expect(chat.liveRun(at(chat, 0))).not.toBeNull());
    const { conversation } = chat;
    await keptIn(folder, chat);
    const doors = windowIn(folder);
    const going = vi.spyOn(doors.store, "summary").mockResolvedValue({ state: "running" } as never);
    const { chat: other } = await chatIn(doors);
    await other.open(conversation.id);
    const id = at(other, 0);
    expect(other.goesOnElsewhere(id)).toBe(true);
    other.remove(id);
    await other.again(id, "same");
    expect(states(other)).toEqual(["One? running"]);
    expect(asking.runs).toHaveLength(1);
    going.mockRejectedValue(new Error("It is gone."));
    await other.refresh();
    expect(other.goesOnElsewhere(id)).toBe(false);
    other.remove(id);
    expect(states(other)).toEqual([]);
    await keptIn(folder, other);
  });
});

describe("what the next question is about", () => {
  const file = (name: string) => ({ kind: "file" as const, uri: `file:///w/${name}` });

  it("is the workspace until something is attached, each once, and again when nothing is left", async () => {
    const { chat } = await chatIn();
    expect(chat.about).toEqual({ workspace: true, attachments: [] });
    chat.attach([file("a.ts"), file("b.ts")]);
    chat.attach([file("a.ts")]);
    expect(chat.about).toEqual({ workspace: false, attachments: [file("a.ts"), file("b.ts")] });
    chat.addWorkspace();
    chat.attach([file("c.ts")]);
    expect(chat.about.workspace).toBe(true);
    chat.detach("workspace");
    expect(chat.about.workspace).toBe(false);
    for (const name of ["a.ts", "b.ts", "c.ts"]) chat.detach(`file:///w/${name}`);
    expect(chat.about).toEqual({ workspace: true, attachments: [] });
    chat.detach("workspace");
    expect(chat.about.workspace).toBe(true);
  });

  it("is fifty things at most", async () => {
    const { chat } = await chatIn();
    chat.attach(Array.from({ length: 60 }, (_, i) => file(`${i}.ts`)));
    expect(chat.about.attachments).toHaveLength(50);
  });
});
