import { expect, test } from "vitest";
import { readerOf, textReader } from "./support.ts";

test("globs select as in a .gitignore", async () => {
  const names = ["a.py", "src/a.py", "src/b.ts", "src/test/c.ts", "#x/d.ts"];
  const reader = await readerOf(Object.fromEntries(names.map((name) => [name, "1"])));
  const all = [...names].sort();
  expect(reader.paths()).toEqual(all);
  expect(reader.list()).toEqual(all);
  expect(reader.list("*.py")).toEqual(["a.py", "src/a.py"]);
  expect(reader.list("/*.py")).toEqual(["a.py"]);
  expect(reader.list("src")).toEqual(["src/a.py", "src/b.ts", "src/test/c.ts"]);
  expect(reader.list("./src/")).toEqual(["src/a.py", "src/b.ts", "src/test/c.ts"]);
  expect(reader.list(["src", "!**/test/**"])).toEqual(["src/a.py", "src/b.ts"]);
  expect(reader.list("!src")).toEqual(["#x/d.ts", "a.py"]);
  expect(reader.list("src/*.{py,ts}")).toEqual(["src/a.py", "src/b.ts"]);
  expect(reader.list({ source: "^src/.\\.", flags: "" })).toEqual(["src/a.py", "src/b.ts"]);
  expect(reader.list("#x")).toEqual(["#x/d.ts"]);
  expect(reader.list("*.rs")).toEqual([]);
});

test("lines are read from one to another, and lines beyond the ends are let go", async () => {
  const reader = await readerOf({ "a.txt": "1\n2\n3\n4\n" });
  expect(reader.read("a.txt")).toBe("1\n2\n3\n4\n");
  expect(reader.read("a.txt", 2, 3)).toBe("2\n3");
  expect(reader.read("./a.txt", -5, 1)).toBe("1");
  expect(reader.read("a.txt", 3, 99)).toBe("3\n4");
  expect(reader.read("a.txt", null, 1)).toBe("1");
  expect(() => reader.read("a.txt", 3, 2)).toThrow("read: from (3) is after to (2).");
});

test("show prints paths, ranges, hits and chunks as numbered lines", async () => {
  const reader = await readerOf({ "a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "b.txt": "x\n" });
  expect(reader.show("a.txt:2-3")).toBe("a.txt:2-3\n2: 2\n3: 3");
  expect(reader.show("a.txt", 10)).toBe("a.txt:10-10\n10: 10");
  const { hits } = reader.search("^[56]$|x");
  expect(reader.show(hits[0])).toMatch(/^a\.txt:2-8\n/);
  expect(reader.show(hits)).toBe("a.txt:2-9\n2: 2\n3: 3\n4: 4\n5: 5\n6: 6\n7: 7\n8: 8\n9: 9\n\nb.txt:1-1\n1: x");
  expect(reader.show(reader.chunks("b.txt")[0])).toBe("b.txt:1-1\n1: x");
  expect(reader.show([])).toBe("[show: nothing to show]");
});

test("show prints at most 400 lines and says so, and cuts a very long line", async () => {
  const reader = await readerOf({ "a.txt": "x\n".repeat(1_000), "b.txt": "y".repeat(50_000) });
  const shown = reader.show("a.txt").split("\n");
  expect(shown).toHaveLength(1 + 400 + 2);
  expect(shown.at(-1)).toBe("[400 of 1,000 lines; show a smaller range]");
  expect(reader.show("b.txt")).toMatch(/y… \[50,000 characters\]$/);
  expect(reader.show("b.txt").length).toBeLessThan(3_000);
});

test("the tree shows folders with counts, and chains of single folders as one", async () => {
  const reader = await readerOf({ "src/main/java/A.java": "12", "src/main/java/B.java": "345", "README.md": "hi" });
  expect(reader.tree()).toBe("src/main/java/ 2 files, 5 chars\n  A.java 2\n  B.java 3\nREADME.md 2");
  expect(reader.tree("", 1)).toBe("src/main/java/ 2 files, 5 chars\nREADME.md 2");
  expect(reader.tree("src/main/")).toBe("java/ 2 files, 5 chars\n  A.java 2\n  B.java 3");
});

test("what was left out is listed with its reason", async () => {
  const reader = await readerOf({ "a.ts": "1", "b.log": "22", ".gitignore": "*.log\n", "c.png": "333" });
  expect(reader.omitted()).toEqual([
    { path: "b.log", reason: "ignored", bytes: 2 },
    { path: "c.png", reason: "binary", bytes: 3 },
  ]);
  expect(reader.omitted("*.png")).toMatchObject([{ path: "c.png" }]);
  expect(() => reader.read("b.log")).toThrow('"b.log" was left out of the context: ignored.');
});

test("all functions work on a text", async () => {
  const reader = await textReader("alpha\nbeta\ngamma\n");
  expect(reader.list()).toEqual(["stdin"]);
  expect(reader.omitted()).toEqual([]);
  expect(reader.read(1, 2)).toBe("alpha\nbeta");
  expect(reader.read()).toBe(reader.wholeText());
  expect(reader.read("stdin", 3)).toBe("gamma");
  expect(reader.show(2, 3)).toBe("stdin:2-3\n2: beta\n3: gamma");
  expect(reader.show("stdin:1")).toBe("stdin:1-1\n1: alpha");
  expect(reader.search("beta").hits).toMatchObject([{ path: "stdin", line: 2 }]);
  expect(reader.find("beta", { limit: 1 })).toMatchObject([{ label: "stdin:1-3" }]);
});

test.each([
  ["plain", "plain words "],
  ["mixed", "Grüße 😀 ✓ "],
])("the reading methods of a long text do what a string's do: %s", async (_name, words) => {
  const text = Array.from({ length: 40_000 }, (_, i) => `${words}${i}`).join("\n");
  const reader = await textReader(text);
  expect(reader.textLength()).toBe(text.length);
  for (const [from, to] of [
    [0, 40],
    [70_000, 70_033],
    [-50, -3],
    [text.length - 9, text.length + 9],
    [9, 3],
    [65_530, 65_560],
  ] as const) {
    expect(reader.textSlice(from, to)).toBe(text.slice(from, to));
  }
  expect(reader.textSlice(300_001)).toBe(text.slice(300_001));
  for (const needle of ["39999", `${words}777`, "absent"]) {
    expect(reader.textIndexOf(needle)).toBe(text.indexOf(needle));
  }
  expect(reader.textIndexOf("plain", 500_000)).toBe(text.indexOf("plain", 500_000));
  const ours = reader.textMatchAll({ source: "\\b(\\d)99(?<last>\\d)$", flags: "gm" });
  const theirs = [...text.matchAll(/\b(\d)99(?<last>\d)$/gm)];
  expect(ours.map(({ match, index, captures, groups }) => [match, index, captures, groups])).toEqual(
    theirs.map((match) => [match[0], match.index, match.slice(1), { ...match.groups }]),
  );
  expect(reader.textMatchAll("1", 2)).toHaveLength(2);
  expect(reader.read(20_000, 20_001)).toBe(text.split("\n").slice(19_999, 20_001).join("\n"));
});

test("a half of a surrogate pair can be sliced out of a text, as of a string", async () => {
  const text = "a😀b";
  const reader = await textReader(text);
  expect([0, 1, 2, 3].map((at) => reader.textSlice(at, at + 1))).toEqual(
    [...Array(4).keys()].map((at) => text.slice(at, at + 1)),
  );
});

test("too many matches of a text are an error that names the better way", async () => {
  const reader = await textReader("ab\n".repeat(120_000));
  expect(() => reader.textMatchAll("a")).toThrow(/100,000 matches; use count\(\) or search\(\)/);
  expect(reader.count("a")).toBe(120_000);
});
