import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type Conversation, Conversations, newConversation } from "../../../src/vscode/chat/conversations.ts";
import { tempFolder } from "../../support/temp-folder.ts";

function somewhere(): { folder: string; kept: Conversations } {
  const folder = path.join(tempFolder({}), "chats");
  return { folder, kept: new Conversations(folder) };
}

function asked(question: string, at = 1_000): Conversation {
  return {
    ...newConversation(at),
    changedAt: at,
    exchanges: [
      {
        id: "x1",
        askedAt: at,
        question,
        about: {
          workspace: true,
          attachments: [{ kind: "selection", uri: "file:///w/a.ts", lines: { from: 1, to: 3 } }],
        },
        limits: { usd: 2 },
        state: "done",
        runId: "r1",
        result: {
          answer: "Here [a.ts:1].",
          citations: [{ path: "a.ts", from: 1, to: 1, status: "seen", sha256: "00" }],
          stopReason: "answered",
          error: null,
          end: "Answered",
          figures: ["1 turn"],
          steps: [{ id: "cell-1-1-1", state: "done", text: "read a.ts", detail: "", progress: null }],
          collected: { files: 1, chars: 20 },
          roots: [{ shown: "", file: "/w" }],
        },
      },
    ],
  };
}

describe("the conversations of a workspace", () => {
  it("come back as they were kept, in files that only their user can read", async () => {
    const { folder, kept } = somewhere();
    const conversation = asked("Where?");
    await kept.write(conversation);
    expect(await new Conversations(folder).read(conversation.id)).toEqual(conversation);
    expect(statSync(path.join(folder, `${conversation.id}.json`)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it("are listed with the newest first, and are gone once they are removed", async () => {
    const { kept } = somewhere();
    const [old, fresh] = [asked("Old?", 1_000), asked("New?", 2_000)];
    for (const each of [fresh, old]) await kept.write(each);
    expect((await kept.list()).map(({ exchanges }) => exchanges[0]?.question)).toEqual(["New?", "Old?"]);
    await kept.remove(fresh.id);
    expect((await kept.list()).map(({ id }) => id)).toEqual([old.id]);
    expect(await kept.read(fresh.id)).toBeNull();
  });

  it("stay removed, though one is being written", async () => {
    const { kept } = somewhere();
    const conversation = asked("?".repeat(1_000_000));
    const writing = kept.write(conversation);
    await kept.remove(conversation.id);
    await writing;
    expect(await kept.read(conversation.id)).toBeNull();
  });

  it("are never half written: of many writers at once one wins whole", async () => {
    const { folder, kept } = somewhere();
    const other = new Conversations(folder);
    const base = asked("?");
    const versions = Array.from({ length: 40 }, (_, i) => ({
      ...base,
      exchanges: base.exchanges.map((each) => ({ ...each, question: `${i} `.repeat(20_000) })),
    }));
    const reads: (Conversation | null)[] = [];
    await kept.write(base);
    await Promise.all(
      versions.map(async (version, i) => {
        await (i % 2 === 0 ? kept : other).write(version);
        reads.push(await new Conversations(folder).read(base.id));
      }),
    );
    expect(reads.every((read) => read !== null && versions.some((each) => isSame(each, read)))).toBe(true);
    expect(readdirSync(folder)).toEqual([`${base.id}.json`]);
  });

  it("ends with what was written last", async () => {
    const { kept } = somewhere();
    const base = asked("0");
    const writes = Array.from({ length: 20 }, (_, i) => kept.write({ ...base, limitUsd: i }));
    await Promise.all(writes);
    expect((await kept.read(base.id))?.limitUsd).toBe(19);
  });

  it("pass by what is torn, of another version, under another's name, or no conversation at all", async () => {
    const { folder, kept } = somewhere();
    const good = asked("Good?");
    await kept.write(good);
    const text = readFileSync(path.join(folder, `${good.id}.json`), "utf8");
    const name = (digit: number) => path.join(folder, `00000000-0000-4000-8000-00000000000${digit}.json`);
    writeFileSync(name(1), text.slice(0, 100));
    writeFileSync(name(2), JSON.stringify({ ...good, version: 2 }));
    writeFileSync(name(3), text);
    writeFileSync(path.join(folder, "notes.json"), "{}");
    mkdirSync(name(4));
    expect((await kept.list()).map(({ id }) => id)).toEqual([good.id]);
    expect(await kept.read("../../../etc/passwd")).toBeNull();
  });

  it("lose the oldest when there are too many", async () => {
    const { folder, kept } = somewhere();
    const all = Array.from({ length: 203 }, (_, i) => asked(`${i}`, i));
    for (const [i, each] of all.entries()) {
      await kept.write(each);
      utimesSync(path.join(folder, `${each.id}.json`), 1_000 + i, 1_000 + i);
    }
    await kept.prune();
    expect((await kept.list()).map(({ id }) => id)).toEqual(
      all
        .slice(3)
        .map(({ id }) => id)
        .reverse(),
    );
  });

  it("say why one can't be kept", async () => {
    const folder = path.join(tempFolder({ file: "no folder" }), "file");
    const kept = new Conversations(folder);
    const conversation = asked("?");
    const writing = kept.write(conversation);
    // Whoever reads meanwhile does not fail with it.
    const reading = kept.read(conversation.id);
    await expect(writing).rejects.toThrow(/EEXIST|ENOTDIR/);
    expect(await reading).toBeNull();
  });
});

function isSame(a: Conversation, b: Conversation): boolean {
  return a.exchanges[0]?.question === b.exchanges[0]?.question;
}
