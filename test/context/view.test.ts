import { expect, test } from "vitest";
import { viewOf } from "../../src/context/view.ts";
import { collectPaths, collectText, folderWith } from "./support.ts";

test("the card tells what there is, what to read first and what is left out", async () => {
  const tree = ["a", "b", "c", "d", "e"];
  const built = tree.flatMap((name) => [
    [`dist/esm/${name}.mjs`, "x\n"],
    [`dist/cjs/${name}.cjs`, "y\n"],
  ]);
  const cwd = folderWith({
    "README.md": "# Hi\n",
    "package.json": "{}\n",
    "src/index.ts": "export {};\n".repeat(300),
    "src/deep/util.ts": "x\n",
    "x.log": "1",
    ".gitignore": "*.log\n",
    ".env": "K=1",
    ...Object.fromEntries(built),
  });
  const view = viewOf(await collectPaths(cwd));
  const card = view.card();
  expect(card).toMatch(/15 files, 3,\d{3} characters \(≈\d+ tokens\), 3\d\d lines\./);
  expect(card).toMatch(/Languages: TypeScript 2/);
  expect(card).toContain("  src/ 2 files");
  expect(card).toContain("Read first: README.md, package.json, src/index.ts");
  expect(card).toContain("Largest: src/index.ts (3k)");
  expect(card).toContain("Near-duplicate trees: dist/cjs ≈ dist/esm");
  expect(card).toContain("LEFT OUT: 1 ignored (x.log), 1 secret.");
  expect(card).not.toContain(".env");
});

test("the card stays short for a wide tree", async () => {
  const files = Array.from({ length: 400 }, (_, i) => [`folder-with-a-name-${i % 60}/file-${i}.ts`, "x\n"]);
  expect(viewOf(await collectPaths(folderWith(Object.fromEntries(files)))).card().length).toBeLessThan(2_500);
});

test("the card of a text shows its measure and its ends", async () => {
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i + 1}`);
  lines[9] = "x".repeat(5_000);
  const card = viewOf(await collectText(lines.join("\n"), "big.log")).card();
  expect(card).toContain("One text: big.log.");
  expect(card).toContain("20 lines. Longest line: 5,000 characters.");
  expect(card).toContain("First lines:\n  1: line 1\n");
  expect(card).toContain("  5: line 5\nLast lines:\n  16: line 16\n");
  expect(card).not.toContain("line 7");
  expect(viewOf(await collectText("only\n")).card()).toContain("All lines:\n  1: only");
  expect(viewOf(await collectText("y".repeat(3_000_000))).card().length).toBeLessThan(1_000);
});

test("the whole context is given as numbered lines under heads", async () => {
  const view = viewOf(await collectPaths(folderWith({ "a.txt": "one\ntwo\n", "b.txt": "" })));
  expect(view.numbered()).toBe("a.txt:1-2\n1: one\n2: two\n\nb.txt is empty.");
});
