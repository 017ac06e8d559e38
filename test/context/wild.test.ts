import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { collect } from "../../src/context/collect.ts";
import { pathsOf, sha256Of } from "../../src/context/corpus.ts";
import { ContextReader } from "../../src/context/reader.ts";
import { viewOf } from "../../src/context/view.ts";
import { collectPaths, folderWith, leftOut } from "./support.ts";

test("100,000 tiny files are all there, each with its own text", { timeout: 120_000 }, async () => {
  const cwd = folderWith({});
  for (let folder = 0; folder < 100; folder += 1) {
    mkdirSync(path.join(cwd, `d${folder}`));
    for (let i = 0; i < 1_000; i += 1) writeFileSync(path.join(cwd, `d${folder}/f${i}.txt`), `${folder} ${i}\n`);
  }
  const corpus = await collectPaths(cwd);
  expect(corpus.manifest).toMatchObject({ files: 100_000, lines: 100_000, leftOut: {} });
  const reader = new ContextReader(corpus);
  const paths = pathsOf(corpus);
  expect(paths).toEqual(paths.toSorted());
  for (const shown of ["d0/f0.txt", "d57/f123.txt", "d99/f999.txt"]) {
    const [, folder, file] = /d(\d+).f(\d+)/.exec(shown) ?? [];
    expect(reader.read(shown)).toBe(`${folder} ${file}\n`);
    const sha256 = createHash("sha256").update(`${folder} ${file}\n`).digest("hex");
    expect(sha256Of(corpus, paths.indexOf(shown))).toBe(sha256);
  }
  expect(reader.count("^57 123$")).toBe(1);
  expect(reader.search("^\\d+ 7$", { limit: 5 })).toMatchObject({ total: 100, files: 100 });
});

test("many files that some threads read together give the same corpus as few do", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 700 }, (_, i) => [
      `${i % 7}/${i}.ts`,
      `const n = ${i};\n${i % 50 ? "" : "AKIAABCDEFGHIJKLMNOP é\n"}`,
    ]),
  );
  const cwd = folderWith({
    ...files,
    "x.min.js": "x",
    "0/binary.dat": Buffer.from([0, 1]),
    "3/g.ts": "// @generated\n",
  });
  const corpus = await collectPaths(cwd);
  expect(pathsOf(corpus)).toEqual(Object.keys(files).sort());
  expect(leftOut(corpus)).toEqual({ "x.min.js": "minified", "0/binary.dat": "binary", "3/g.ts": "generated" });
  expect(corpus.masked).toEqual({ secrets: 14, files: 14 });
  const reader = new ContextReader(corpus);
  for (const [name, content] of Object.entries(files)) {
    expect(reader.read(name)).toBe(content.replace("AKIAABCDEFGHIJKLMNOP", "[masked AWS key]****"));
  }
});

test("a text of 300 MB is counted, searched and read at both ends", { timeout: 60_000 }, async () => {
  const file = path.join(folderWith({}), "huge.log");
  const block = Buffer.from("2024-01-01 12:00:00 INFO something happened é\n".repeat(20_000));
  const handle = openSync(file, "w");
  let bytes = 0;
  while (bytes < 300_000_000) bytes += writeSync(handle, block);
  writeSync(handle, "the needle\nlast");
  closeSync(handle);
  const corpus = await collect({ kind: "text", name: "huge.log", file }, { signal: new AbortController().signal });
  const lines = (bytes / block.length) * 20_000;
  expect(corpus.manifest).toMatchObject({ lines: lines + 2, bytes: bytes + 15 });
  const reader = new ContextReader(corpus);
  expect(reader.search("needle").hits).toMatchObject([{ line: lines + 1, text: "the needle" }]);
  expect(reader.read(lines + 1)).toBe("the needle\nlast");
  expect(reader.textSlice(-4)).toBe("last");
});

test("links in, out, in circles and to secrets are left out and never followed", async () => {
  const cwd = folderWith({ "in/a.ts": "1\n", ".env": "K=1", "deep/.ssh/config": "Host x", "in/.aws/x": "1" });
  const outside = folderWith({ "b.ts": "2\n" });
  const link = (to: string, name: string) => symlinkSync(to, path.join(cwd, name));
  link("in", "to-folder");
  link("in/a.ts", "to-file.ts");
  link(outside, "out");
  link("..", "in/up");
  link("loop2", "loop1");
  link("loop1", "loop2");
  link(".env", "settings.txt");
  link("deep/.ssh/config", "hosts.txt");
  link("in/.aws", "cloud");
  const corpus = await collectPaths(cwd);
  expect(pathsOf(corpus)).toEqual(["in/a.ts"]);
  expect(leftOut(corpus)).toEqual({
    "to-folder": "symlink",
    "to-file.ts": "symlink",
    out: "symlink",
    "in/up": "symlink",
    loop1: "symlink",
    loop2: "symlink",
    ".env": "secret",
    "settings.txt": "secret",
    "hosts.txt": "secret",
    cloud: "secret",
    "deep/.ssh/": "secret",
    "in/.aws/": "secret",
  });
  // Named outright, a link is the folder that it leads to.
  expect(pathsOf(await collectPaths(cwd, { paths: ["out"] }))).toEqual(["b.ts"]);
  await expect(collectPaths(cwd, { paths: ["loop1"] })).rejects.toMatchObject({ code: "not-found" });
});

test("rules of one clone count less than those of its files, and only where it begins", async () => {
  const cwd = folderWith({
    ".git/info/exclude": "*.tmp\nlocal/\n/secret-plan.md\n",
    ".gitignore": "!keep.tmp\n",
    "keep.tmp": "1",
    "drop.tmp": "1",
    "local/a.ts": "1",
    "secret-plan.md": "1",
    "sub/secret-plan.md": "1",
    "sub/drop.tmp": "1",
    "other/.git/info/exclude": "x.ts\n",
    "other/x.ts": "1",
    "x.ts": "1",
  });
  const corpus = await collectPaths(cwd);
  expect(pathsOf(corpus)).toEqual([".gitignore", "keep.tmp", "sub/secret-plan.md", "x.ts"]);
  expect(leftOut(corpus)).toMatchObject({ "local/": "ignored", "drop.tmp": "ignored", "other/x.ts": "ignored" });
});

test("node_modules is left out everywhere unless an ignore file takes it back", async () => {
  const files = { "a/node_modules/x.ts": "1", "node_modules/y.ts": "1", "b.ts": "1" };
  expect(pathsOf(await collectPaths(folderWith(files)))).toEqual(["b.ts"]);
  const back = await collectPaths(folderWith({ ...files, "a/.gitignore": "!node_modules\n" }));
  expect(pathsOf(back)).toEqual(["a/.gitignore", "a/node_modules/x.ts", "b.ts"]);
});

test("a folder of which nothing is left tells each file and its reason, as an error and where it was asked for", async () => {
  const cwd = folderWith({
    ".env": "K=1",
    "a.png": "x",
    "b.log": "x",
    ".ignore": "*.log\n.ignore\n",
    "b/c.min.js": "x",
  });
  await expect(collectPaths(cwd)).rejects.toMatchObject({
    code: "empty",
    message: expect.stringMatching(
      /1 secret: \.env; .*2 ignored: \.ignore, b\.log; .*1 binary: a\.png; 1 minified: b\/c\.min\.js/,
    ),
  });
  const corpus = await collectPaths(cwd, { mayBeEmpty: true });
  expect(leftOut(corpus)).toEqual({
    ".env": "secret",
    ".ignore": "ignored",
    "a.png": "binary",
    "b.log": "ignored",
    "b/c.min.js": "minified",
  });
  const view = viewOf(corpus);
  expect(view.omitted).toHaveLength(5);
  expect(view.card()).toContain(
    "LEFT OUT: 2 ignored (.ignore, b.log), 1 binary (a.png), 1 minified (b/c.min.js), 1 secret.",
  );
  const reader = new ContextReader(corpus);
  expect(reader.omitted().map((entry) => entry.path)).toEqual([".ignore", "a.png", "b.log", "b/c.min.js"]);
  expect(reader.list()).toEqual([]);
  expect(reader.search("x")).toMatchObject({ total: 0 });
  const none = folderWith({});
  await expect(collectPaths(none, { mayBeEmpty: true })).rejects.toMatchObject({ code: "empty" });
});

test("a file that a folder would leave out is taken where it is named too", async () => {
  const cwd = folderWith({ "src/a.ts": "1", "src/lib.min.js": "x", "src/big.txt": "x\n".repeat(1_000_000) });
  const corpus = await collectPaths(cwd, { paths: ["src", "src/lib.min.js", "src/big.txt"], base: cwd });
  expect(pathsOf(corpus)).toEqual(["src/a.ts", "src/big.txt", "src/lib.min.js"]);
  expect(leftOut(corpus)).toEqual({});
});
