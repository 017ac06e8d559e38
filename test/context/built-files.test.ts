import { expect, test } from "vitest";
import { builtFiles } from "../../src/context/built-files.ts";
import { readerOf } from "./support.ts";

const built = (...paths: string[]) => [...builtFiles(paths)].sort();

test("what a TypeScript source was compiled to is built: modules of both formats, and declarations", () => {
  const outputs = ["core/error.d.mts", "core/error.d.ts", "core/error.js", "core/error.mjs"];
  expect(built("src/core/error.ts", ...outputs)).toEqual(outputs);
  expect(built("packages/a/src/x.ts", "packages/a/dist/x.js", "packages/b/dist/x.js")).toEqual([
    "packages/a/dist/x.js",
  ]);
});

test("where there is no source, one of the compiled formats stands for it", () => {
  expect(built("dist/a.js", "dist/esm/a.js")).toEqual(["dist/esm/a.js"]);
  expect(built("lib/a.js", "lib/a.mjs", "lib/a.cjs")).toEqual(["lib/a.cjs", "lib/a.mjs"]);
});

test("declarations beside plain JavaScript are sources of their own", () => {
  expect(built("lib/a.js", "lib/a.d.ts", "lib/a.d.mts")).toEqual(["lib/a.d.mts"]);
});

test("equal names in other folders, other languages, and sources side by side are no copies", () => {
  expect(built("src/util.ts", "test/util.js", "util.ts", "a/index.ts", "b/index.ts")).toEqual([]);
  expect(built("src/a.c", "src/a.h", "build/a.py", "a.py", "dist/a.css", "src/a.css")).toEqual([]);
});

test("a folder of scripts is not taken for a built one because one of them has a source's name", () => {
  expect(built("src/index.js", "src/app.js", "build/index.js", "build/check.js", "build/release.js")).toEqual([]);
  expect(built("src/server.ts", "server.js", "first.config.js", "second.config.js")).toEqual([]);
  expect(built("src/a.js", "src/b.js", "build/a.js", "build/b.js", "build/c.js")).toEqual(["build/a.js", "build/b.js"]);
});

test("a TypeScript source is never taken for built, whatever its folder's name", () => {
  expect(built("src/user.ts", "src/types/user.ts", "src/build/user.ts", "out/user.tsx")).toEqual([]);
});

test("find gives a source, not its copies, unless they are named", async () => {
  const text = "export function walrus() {}\n";
  const reader = await readerOf({ "src/a.ts": text, "dist/a.js": text, "dist/a.mjs": text, "dist/a.d.ts": text });
  const paths = (glob?: string) => reader.find("walrus", { glob }).map((chunk) => chunk.parts[0]?.path);
  expect(paths()).toEqual(["src/a.ts"]);
  expect(paths("dist/a.mjs")).toEqual(["dist/a.mjs"]);
});
