import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { referredTo } from "../../../src/vscode/agents/chat-references.ts";
import { isHeldBack, withoutNames } from "../../../src/vscode/agents/held-back.ts";
import { urisNamed } from "../../../src/vscode/agents/named-paths.ts";
import { Position, Range, Uri } from "../../support/fake-vscode.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { editor, open } from "./agent-window.ts";

vi.mock("vscode", async () => (await import("./agent-window.ts")).editor);

let folder: string;
let outside: string;

beforeEach(() => {
  outside = tempFolder({ "other.ts": "other" });
  folder = tempFolder({ "src/a.ts": "a", ".env": "KEY=1", "keys/server.pem": "p", ".aws/config": "c" });
  symlinkSync(path.join(outside, "other.ts"), path.join(folder, "link.ts"));
  symlinkSync(outside, path.join(folder, "linked"));
  symlinkSync(path.join(folder, ".env"), path.join(folder, "notes.txt"));
  symlinkSync(path.join(folder, "src/a.ts"), path.join(folder, "near.ts"));
  open([folder]);
});

const uri = (file: string) => Uri.file(path.resolve(folder, file)) as never;
const reference = (value: unknown, id = "vscode.file") => ({ id, value }) as never;
const lines = (file: string) =>
  new editor.Location(uri(file), new Range(new Position(1, 0), new Position(3, 0))) as never;

describe("what no model may see though it is named", () => {
  it.each([
    "../other.ts",
    "/etc/hosts",
    ".env",
    "keys/server.pem",
    ".aws/config",
    "link.ts",
    "linked/other.ts",
    "notes.txt",
  ])("%s", async (file) => expect(await isHeldBack(uri(file))).toBe(true));

  it.each(["src/a.ts", "src", ".", "near.ts", "new.ts"])("is not %s", async (file) =>
    expect(await isHeldBack(uri(file))).toBe(false),
  );

  it("is not a text that is not saved, nor another open folder behind a link", async () => {
    expect(await isHeldBack(Uri.parse("untitled:Untitled-1") as never)).toBe(false);
    open([folder, outside]);
    expect(await isHeldBack(uri("link.ts"))).toBe(false);
    writeFileSync(path.join(outside, ".env"), "");
    symlinkSync(path.join(outside, ".env"), path.join(folder, "far.txt"));
    expect(await isHeldBack(uri("far.txt"))).toBe(true);
  });

  it("is secret below a folder that is open, however that one is called", async () => {
    const odd = path.join(folder, ".ssh");
    mkdirSync(odd);
    open([odd]);
    expect(await isHeldBack(Uri.file(path.join(odd, "readme.md")) as never)).toBe(false);
    expect(await isHeldBack(Uri.file(path.join(odd, "id_rsa")) as never)).toBe(true);
  });

  it("is not there for an agent that names it by its path", async () => {
    expect(await urisNamed(["./src/"])).toHaveLength(1);
    for (const named of ["link.ts", ".env", "notes.txt", "../x", "src/../../x"]) {
      await expect(urisNamed([named])).rejects.toMatchObject({ code: "not-found" });
    }
  });
});

describe("what a question of the chat refers to", () => {
  it("is what it names, else the workspace, and never what the chat adds by itself", async () => {
    expect(await referredTo(" Why? ", [])).toEqual({
      question: "Why?",
      about: { workspace: true, attachments: [] },
      heldBack: 0,
    });
    const { about } = await referredTo("Why?", [reference(uri("src/a.ts")), reference(lines("src/a.ts"))]);
    expect(about).toEqual({
      workspace: false,
      attachments: [
        { kind: "file", uri: String(uri("src/a.ts")) },
        { kind: "selection", uri: String(uri("src/a.ts")), lines: { from: 2, to: 4 } },
      ],
    });
    const added = [reference(uri("src/a.ts"), "vscode.implicit.viewport"), reference("a text")];
    expect((await referredTo("Why?", added)).about.workspace).toBe(true);
  });

  it("is nothing of what is held back, nor its name, nor then the whole workspace", async () => {
    const named = [reference(uri(".env")), reference(lines(".env")), reference(uri("link.ts"))];
    expect(await referredTo("Is #file:.env like #file:link.ts?", named)).toEqual({
      question: "Is #file like #file?",
      about: { workspace: false, attachments: [] },
      heldBack: 3,
    });
    const { about, heldBack } = await referredTo("Why?", [...named, reference(uri("src/a.ts"))]);
    expect({ files: about.attachments.length, heldBack }).toEqual({ files: 1, heldBack: 3 });
  });
});

it("takes out of a question the names of references alone", () => {
  expect(withoutNames("key:value #file:key #file:key.ts a|b", ["key", "key.ts", "", "a|b"])).toBe(
    "key:value #file #file a|b",
  );
});
