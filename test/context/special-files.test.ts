import { execFileSync } from "node:child_process";
import { createWriteStream, readdirSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { collect } from "../../src/context/collect.ts";
import { pathsOf } from "../../src/context/corpus.ts";
import { CorpusBuilder } from "../../src/context/corpus-builder.ts";
import { ContextReader } from "../../src/context/reader.ts";
import { CancelledError } from "../../src/rlm/cancel.ts";
import { collectPaths, folderWith, leftOut } from "./support.ts";

const never = new AbortController().signal;

function pipeIn(folder: string, name = "pipe"): string {
  const file = path.join(folder, name);
  execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", file]);
  return file;
}

async function socketIn(folder: string): Promise<string> {
  const file = path.join(folder, "socket");
  const server = createServer();
  await new Promise<void>((listening) => server.listen(file, listening));
  onTestFinished(() => void server.close());
  return file;
}

test("a named pipe and a socket inside a folder are left out, and nothing waits for them", async () => {
  const cwd = folderWith({ "a.ts": "1\n" });
  pipeIn(cwd);
  pipeIn(cwd, ".gitignore");
  await socketIn(cwd);
  const corpus = await collectPaths(cwd);
  expect(pathsOf(corpus)).toEqual(["a.ts"]);
  expect(leftOut(corpus)).toEqual({ ".gitignore": "unreadable", pipe: "unreadable", socket: "unreadable" });
});

test("a named pipe, a socket or a device that is named outright is told in one line", async () => {
  const cwd = folderWith({ "a.ts": "1\n" });
  pipeIn(cwd);
  symlinkSync("pipe", path.join(cwd, "link"));
  const socket = await socketIn(cwd);
  for (const [named, kind] of [
    ["pipe", "a named pipe"],
    ["link", "a named pipe"],
    [socket, "a socket"],
    ["/dev/zero", "a device"],
  ] as const) {
    await expect(collectPaths(cwd, { paths: ["a.ts", named] })).rejects.toMatchObject({
      code: "unreadable",
      message: expect.stringMatching(new RegExp(`^"${named}" is ${kind}, not a file or folder\\.[^\n]*$`)),
    });
  }
  await expect(collect({ kind: "text", name: "s", file: socket }, { signal: never })).rejects.toMatchObject({
    code: "unreadable",
    message: '"s" is a socket, not a text.',
  });
  await expect(collect({ kind: "text", name: "z", file: "/dev/zero" }, { signal: never })).rejects.toMatchObject({
    code: "unreadable",
  });
});

test("a text comes through a named pipe whole, however late its writer begins", async () => {
  const file = pipeIn(folderWith({}));
  const collecting = collect({ kind: "text", name: "piped", file }, { signal: never });
  const line = "one line of many é\n";
  setTimeout(() => createWriteStream(file).end(line.repeat(50_000)), 50);
  const corpus = await collecting;
  expect(corpus.manifest).toMatchObject({ kind: "text", name: "piped", lines: 50_000, chars: line.length * 50_000 });
  expect(new ContextReader(corpus).textSlice(-line.length)).toBe(line);
});

test("a text of many megabytes comes through a named pipe with its secrets masked", async () => {
  const file = pipeIn(folderWith({}));
  const collecting = collect({ kind: "text", name: "piped", file }, { signal: never });
  createWriteStream(file).end(`${"0123456789abcde\n".repeat(600_000)}AKIAABCDEFGHIJKLMNOP\n`);
  const corpus = await collecting;
  expect(corpus.masked.secrets).toBe(1);
  expect(corpus.manifest.lines).toBe(600_001);
});

test("waiting for the writer of a pipe ends at once when it is cancelled", async () => {
  const file = pipeIn(folderWith({}));
  const controller = new AbortController();
  const collecting = collect({ kind: "text", name: "piped", file }, { signal: controller.signal });
  setTimeout(() => controller.abort(), 20);
  await expect(collecting).rejects.toBeInstanceOf(CancelledError);
});

test("a named pipe that has taken the place of a file does not stop the reading", () => {
  const file = pipeIn(folderWith({}));
  new CorpusBuilder().takeFile("pipe", file, { maxBytes: 1_000, choosy: true });
});

test("files that vanish or shrink while they are read are left out or cut, and the others are whole", async () => {
  const content = "0123456789abcde\n".repeat(2_000);
  const names = Array.from({ length: 600 }, (_, i) => `f${i}.txt`);
  const cwd = folderWith(Object.fromEntries(names.map((name) => [name, content])));
  const collecting = collectPaths(cwd);
  const timer = setInterval(() => {
    const [gone, shorter] = readdirSync(cwd).sort().reverse();
    if (gone) rmSync(path.join(cwd, gone));
    if (shorter) truncateSync(path.join(cwd, shorter), 1_000);
  }, 1);
  const corpus = await collecting.finally(() => clearInterval(timer));
  const reader = new ContextReader(corpus);
  for (const shown of pathsOf(corpus)) expect(content.startsWith(reader.read(shown))).toBe(true);
  expect(new Set(Object.values(leftOut(corpus))).size).toBeLessThanOrEqual(1);
  expect(pathsOf(corpus)).toContain("f0.txt");
});

test("what a user may not read is left out as unreadable, and named outright it is an error", async () => {
  const cwd = folderWith({ "a.ts": "1\n", "gone.ts": "1\n" });
  rmSync(path.join(cwd, "gone.ts"));
  symlinkSync("nowhere", path.join(cwd, "gone.ts"));
  expect(leftOut(await collectPaths(cwd))).toEqual({ "gone.ts": "symlink" });
  await expect(collectPaths(cwd, { paths: ["gone.ts"] })).rejects.toMatchObject({
    code: "not-found",
    message: '"gone.ts" is a link to something that does not exist.',
  });
});
