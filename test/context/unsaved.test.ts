import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { pathsOf } from "../../src/context/corpus.ts";
import { ContextReader } from "../../src/context/reader.ts";
import { viewOf } from "../../src/context/view.ts";
import { collectPaths, folderWith, leftOut } from "./support.ts";

test("a file that is only in the editor counts in folders that are not on disk either, by the rules above it", async () => {
  const cwd = folderWith({ ".gitignore": "out/\n", "a.ts": "1", "b/c.ts": "1" });
  const names = ["new/deep/x.ts", "b/d.ts", "out/y.ts", "new/.env", "new/.git/z", "a.ts/impossible.ts", ".aws/config"];
  const overlays = [...names, "../beside.ts"].map((name) => ({ file: path.join(cwd, name), text: "unsaved" }));
  const corpus = await collectPaths(cwd, { overlays });
  expect(pathsOf(corpus)).toEqual([".gitignore", "a.ts", "b/c.ts", "b/d.ts", "new/deep/x.ts"]);
  expect(leftOut(corpus)).toEqual({ "out/": "ignored", "new/.env": "secret", ".aws/": "secret" });
  expect(viewOf(corpus).fileOf("new/deep/x.ts")).toBe(path.join(cwd, "new/deep/x.ts"));
});

test("a folder that is a link, or can't be read, stays left out as such, whatever the editor has of it", async () => {
  const cwd = folderWith({ "a.ts": "1", "else/b.ts": "1" });
  symlinkSync("else", path.join(cwd, "link"));
  const tooLong = "x".repeat(300);
  const overlays = ["link", tooLong].map((name) => ({ file: path.join(cwd, name, "b.ts"), text: "unsaved" }));
  const corpus = await collectPaths(cwd, { overlays });
  expect(new ContextReader(corpus).read("else/b.ts")).toBe("1");
  expect(leftOut(corpus)).toEqual({ link: "symlink", [`${tooLong}/`]: "unreadable" });
});

test("a file that was named outright need not be on disk if the editor has it", async () => {
  const cwd = folderWith({});
  const overlays = [{ file: path.join(cwd, "gone/new.ts"), text: "unsaved" }];
  const corpus = await collectPaths(cwd, { paths: ["gone/new.ts"], overlays });
  expect(new ContextReader(corpus).read("new.ts")).toBe("unsaved");
  await expect(collectPaths(cwd, { paths: ["gone/other.ts"], overlays })).rejects.toMatchObject({ code: "not-found" });
});

test("the unsaved text of an ignore file decides, also where there is none on disk", async () => {
  const cwd = folderWith({ ".gitignore": "a.ts\n", "a.ts": "1", "b.ts": "1", "sub/c.ts": "1" });
  const overlay = (name: string, text: string) => ({ file: path.join(cwd, name), text });
  const overlays = [overlay(".gitignore", "b.ts\n"), overlay("sub/.rlmignore", "c.ts\n")];
  const corpus = await collectPaths(cwd, { overlays });
  expect(leftOut(corpus)).toEqual({ "b.ts": "ignored", "sub/c.ts": "ignored" });
});

test("a text that is no file yet is shown under its name, masked, and has no path on disk", async () => {
  const cwd = folderWith({ ".gitignore": "*\n!a.ts\n!Untitled-1\n", "a.ts": "1", "Untitled-1": "a file" });
  const overlays = [
    { name: "Untitled-1", text: "AKIAABCDEFGHIJKLMNOP" },
    { name: "Untitled\n2", text: "two" },
    { name: ".env", text: "K=1" },
    { name: "Untitled-3", text: "taken out" },
  ];
  const corpus = await collectPaths(cwd, { overlays, without: ["Untitled-3"] });
  const [reader, view] = [new ContextReader(corpus), viewOf(corpus)];
  expect(reader.paths()).toEqual(["Untitled-1", "Untitled-1 (unsaved)", "Untitled\\u{a}2", "a.ts"]);
  expect(reader.read("Untitled-1")).toBe("a file");
  expect(reader.read("Untitled-1 (unsaved)")).toBe("[masked AWS key]****");
  expect(view.fileOf("Untitled-1 (unsaved)")).toBeNull();
  expect(view.fileOf("Untitled-1")).toBe(path.join(cwd, "Untitled-1"));
  expect(leftOut(corpus)).toMatchObject({ ".env": "secret", "Untitled-3": "ignored" });
});

test("only a text that is no file yet is enough to ask about", async () => {
  const cwd = folderWith({});
  mkdirSync(path.join(cwd, "empty"));
  const corpus = await collectPaths(cwd, { overlays: [{ name: "Untitled-1", text: "note" }] });
  expect(pathsOf(corpus)).toEqual(["Untitled-1"]);
});
