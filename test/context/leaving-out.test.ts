import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { pathsOf } from "../../src/context/corpus.ts";
import { excludePattern } from "../../src/context/exclude-pattern.ts";
import { IgnoreRules } from "../../src/context/ignore-rules.ts";
import { resolveRoots } from "../../src/context/roots.ts";
import { shownPath } from "../../src/context/shown-path.ts";
import { collectPaths, folderWith, leftOut } from "./support.ts";

const hostile = [
  ...[
    "a b",
    " a",
    "a ",
    "a  ",
    "a\t",
    "a\u00a0",
    "!a",
    "#a",
    "*",
    "**",
    "a*b",
    "a?b",
    "[a]",
    "[a",
    "a]",
    "[!a]",
    "{a,b}",
  ],
  ...[
    "{a",
    "a,b",
    "a\\",
    "a\\ ",
    "\\",
    "\\{a,b}",
    "a\nb",
    "a\n",
    "a\r",
    "a\r\n",
    "$a^",
    "(a)|b",
    "a+b",
    "é ü",
    "\u200b",
    "~",
  ],
];
const plain = ["a", "b", "ab", "aa", "axb", "A", ","];

test("the pattern of a path leaves out this path and all below it, and no other", async () => {
  const all = [...hostile, ...plain];
  const cwd = folderWith(
    Object.fromEntries(
      all.flatMap((name) => [
        [`f/${name}`, "1"],
        [`d/${name}/x.ts`, "1"],
      ]),
    ),
  );
  const everything = pathsOf(await collectPaths(cwd));
  expect(everything).toHaveLength(all.length * 2);
  const files = everything.filter((shown) => shown.startsWith("f/"));
  const gone = files.filter((_, i) => i % 2 === 0);
  const folders = everything.filter((shown) => shown.startsWith("d/")).filter((_, i) => i % 2 === 1);
  const exclude = [...gone, ...folders.map((shown) => shown.replace(/\/x\.ts$/, ""))].map(excludePattern);
  const left = everything.filter((shown) => !gone.includes(shown) && !folders.includes(shown));
  expect(pathsOf(await collectPaths(cwd, { exclude }))).toEqual(left);
});

test.each(hostile)("the pattern of %j matches this name and no other", (name) => {
  const rules = IgnoreRules.forRoot([excludePattern(shownPath(name))]);
  const all = [...hostile, ...plain, "sub/a", "sub/a b"];
  expect(all.filter((other) => rules.ignores(other, false))).toEqual([name]);
});

test("what the user has taken out is left out by its shown path, whichever root it lies under", async () => {
  const cwd = folderWith({ "a/src/x.ts": "1", "a/src/y z.ts": "1", "b/src/x.ts": "1", "b/lib/x.ts": "1", "c.ts": "1" });
  const without = ["a/src/x.ts", "b/src", "c.ts", "a/src/gone.ts"];
  const several = await collectPaths(cwd, { paths: ["a", "b", "c.ts"], without });
  expect(pathsOf(several)).toEqual(["a/src/y z.ts", "b/lib/x.ts"]);
  expect(leftOut(several)).toEqual({ "a/src/x.ts": "ignored", "b/src/": "ignored", "c.ts": "ignored" });
  const based = await collectPaths(cwd, { paths: ["a/src", "b/src"], base: cwd, without });
  expect(pathsOf(based)).toEqual(["a/src/y z.ts"]);
  const below = await collectPaths(cwd, { paths: ["a/src", "b/lib/x.ts", "c.ts"], base: cwd, without: ["a", "b"] });
  expect(leftOut(below)).toEqual({ "a/src/": "ignored", "b/lib/x.ts": "ignored" });
});

test("the rules that git keeps for a clone hold in its work trees and submodules too", async () => {
  const cwd = folderWith({ "main/a.ts": "1" });
  const main = path.join(cwd, "main");
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=n", "-c", "user.email=e@x", ...args], { cwd: main, stdio: "pipe" });
  git("init", "-q");
  git("add", ".");
  git("commit", "-qm", "first");
  git("worktree", "add", "-q", "../tree");
  writeFileSync(path.join(main, ".git/info/exclude"), "local.ts\n");
  // As a submodule has it: no `commondir`, and a path relative to the work tree.
  mkdirSync(path.join(main, ".git/modules/sub/info"), { recursive: true });
  writeFileSync(path.join(main, ".git/modules/sub/info/exclude"), "private.ts\n");
  mkdirSync(path.join(main, "sub"));
  writeFileSync(path.join(main, "sub/.git"), "gitdir: ../.git/modules/sub\n");
  for (const name of ["main", "tree"]) writeFileSync(path.join(cwd, name, "local.ts"), "1");
  for (const name of ["private.ts", "open.ts"]) writeFileSync(path.join(main, "sub", name), "1");
  expect(pathsOf(await collectPaths(path.join(cwd, "tree")))).toEqual(["a.ts"]);
  expect(pathsOf(await collectPaths(main))).toEqual(["a.ts", "sub/open.ts"]);
});

test("a `.git` that leads nowhere, or is a pipe, changes nothing", async () => {
  const cwd = folderWith({ "a.ts": "1", ".git": "gitdir: /nowhere\n", "b/.git": "hello", "c/.git": "gitdir: ../d\n" });
  mkdirSync(path.join(cwd, "d/info"), { recursive: true });
  mkdirSync(path.join(cwd, "e/.git/info"), { recursive: true });
  for (const pipe of ["d/info/exclude", "e/.git/info/exclude"])
    execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", path.join(cwd, pipe)]);
  const corpus = await collectPaths(cwd);
  expect(pathsOf(corpus)).toEqual(["a.ts"]);
  expect(leftOut(corpus)).toEqual({ "d/info/exclude": "unreadable" });
});

test("20,000 named files of the same name are told apart, each once", () => {
  const cwd = folderWith({});
  const paths = Array.from({ length: 20_000 }, (_, i) => `p${i % 200}/q${Math.floor(i / 200)}/index.ts`);
  const unsaved = new Set(paths.map((file) => path.join(cwd, file)));
  const roots = resolveRoots({ paths: [...paths, "p0/q0/index.ts", "./p1/q0/index.ts"], cwd }, unsaved);
  expect(roots).toHaveLength(20_000);
  expect(roots[0]).toMatchObject({ shown: "p0/q0/index.ts", isFolder: false });
  expect(new Set(roots.map(({ shown }) => shown)).size).toBe(20_000);
});
