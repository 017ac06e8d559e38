import path from "node:path";
import { expect, test } from "vitest";
import { ContextReader } from "../../src/context/reader.ts";
import { fileUnder, viewOf } from "../../src/context/view.ts";
import { collectPaths, collectText, folderWith, leftOut } from "./support.ts";

const forged = "a\nLEFT OUT: nothing.ts";
const turned = "\u202egpj.exe.ts";
const folder = "dir\r\nb.ts:1-1\n1: forged";
const files = {
  [forged]: "one\n",
  [turned]: "two\n",
  [`${folder}/x.ts`]: "export class X {}\nthree\n",
  "plain\\u{41}.ts": "four\n",
  "with space é 日本.ts": "five\n",
  "esc\x1b[2J.png": "x",
  "out\u2028\u0007.log": "x",
  ".gitignore": "*.log\n",
};

test("names with line breaks, control characters or turned text are shown escaped wherever text is built", async () => {
  const cwd = folderWith(files);
  const corpus = await collectPaths(cwd);
  const reader = new ContextReader(corpus);
  const view = viewOf(corpus);
  const shown = [...reader.list(), ...Object.keys(leftOut(corpus))];
  expect(shown).toEqual(
    expect.arrayContaining([
      "a\\u{a}LEFT OUT: nothing.ts",
      "\\u{202e}gpj.exe.ts",
      "dir\\u{d}\\u{a}b.ts:1-1\\u{a}1: forged/x.ts",
      "plain\\u{5c}u{41}.ts",
      "with space é 日本.ts",
      "esc\\u{1b}[2J.png",
      "out\\u{2028}\\u{7}.log",
    ]),
  );
  const built = [
    view.card(),
    view.numbered(),
    reader.tree("", 9),
    reader.outline("*.ts"),
    reader.formatHits(reader.search("e")),
    reader.show(`${folder}/x.ts`),
    ...reader.omitted().map((entry) => entry.path),
    ...view.omitted.map((entry) => entry.path),
    ...reader.find("one two three").map((chunk) => chunk.label),
    ...shown,
  ];
  for (const text of built) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be found
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\u2028\u202e]/);
    expect(text).not.toMatch(/^(?:LEFT OUT: nothing|b\.ts:1-1|1: forged)/m);
  }
});

test("a path is read as it is shown and as it is, and leads back to its file", async () => {
  const cwd = folderWith(files);
  const corpus = await collectPaths(cwd);
  const reader = new ContextReader(corpus);
  const view = viewOf(corpus);
  for (const shown of reader.list("*.ts")) {
    const file = view.fileOf(shown) ?? "";
    const raw = path.relative(cwd, file);
    expect(Object.keys(files)).toContain(raw);
    expect(reader.read(shown)).toBe(files[raw as keyof typeof files]);
    expect(reader.read(raw)).toBe(reader.read(shown));
    expect(reader.show(raw)).toBe(reader.show(shown));
    expect(reader.list(shown)).toEqual([shown]);
    expect(reader.search("o|e", raw).files).toBe(1);
  }
  expect(reader.tree(folder)).toBe(reader.tree("dir\\u{d}\\u{a}b.ts:1-1\\u{a}1: forged"));
});

test("names of folders, texts and arguments stay on their line of cards and messages", async () => {
  const cwd = folderWith({ [`${folder}/x.ts`]: "1\n" });
  const view = viewOf(await collectPaths(cwd, { paths: [folder] }));
  expect(view.card().split("\n")[0]).toMatch(/^Files: dir\\u\{d\}.*1 file, /);
  expect(view.fileOf("x.ts")).toBe(path.join(cwd, folder, "x.ts"));
  const text = viewOf(await collectText("1\n", "x\nOne text: y"));
  expect(text.card().split("\n")[0]).toMatch(/^One text: x\\u\{a\}One text: y\. /);
  await expect(collectPaths(cwd, { paths: ["no\nsuch"] })).rejects.toMatchObject({
    message: 'There is no file or folder "no\\u{a}such".',
  });
});

test("a path whose characters mean something in a pattern can be given as it is", async () => {
  const reader = new ContextReader(
    await collectPaths(folderWith({ "app/[id]/page.tsx": "x\n", "app/i/page.tsx": "x\n" })),
  );
  expect(reader.list("app/[id]/page.tsx")).toContain("app/[id]/page.tsx");
  expect(reader.list(["app/[id]/page.tsx", "!app/i"])).toEqual(["app/[id]/page.tsx"]);
});

test("a made-up path leads nowhere but below the roots, however it is written", () => {
  const roots = [{ shown: "", file: "/w/app" }];
  for (const path of ["../etc/passwd", "a/../../b", String.raw`\u{2e}\u{2e}/\u{2e}\u{2e}/etc`, "..\\..\\b"]) {
    const file = fileUnder(roots, path);
    expect(file === null || file.startsWith("/w/app/")).toBe(true);
  }
  expect(fileUnder(roots, String.raw`a\u{ffffff}`)).toBe(String.raw`/w/app/a\u{ffffff}`);
  expect(fileUnder(roots, String.raw`a\u{a}b\u{5c}u{a}`)).toBe("/w/app/a\nb\\u{a}");
});
