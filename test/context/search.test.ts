import fc from "fast-check";
import { expect, test } from "vitest";
import { ContextReader } from "../../src/context/reader.ts";
import { collectText, readerOf, textReader } from "./support.ts";

const files = {
  "src/retry.ts":
    "import { sleep } from './sleep';\nexport function retry() {\n  const wait = Math.min(cap, 2 ** n);\n}\n",
  "src/net/client.ts": "retry(); retry();\n// Retry later\n",
  "test/retry.test.ts": "retry();\n",
  "docs/a.md": "price is $5.00 (five)\n",
};

test("hits tell path, lines, text, match and groups, in the order of the paths", async () => {
  const reader = await readerOf(files);
  const result = reader.search({ source: "const (\\w+) = Math\\.(?:min|max)", flags: "" });
  expect(result).toEqual({
    hits: [
      {
        path: "src/retry.ts",
        line: 3,
        endLine: 3,
        text: "  const wait = Math.min(cap, 2 ** n);",
        match: "const wait = Math.min",
        groups: ["wait"],
      },
    ],
    total: 1,
    files: 1,
    truncated: false,
    notes: [],
  });
  expect(reader.search("(?<verb>import|export)").hits.map((hit) => hit.groups)).toEqual([
    { verb: "import" },
    { verb: "export" },
  ]);
});

test("options narrow what is searched and how", async () => {
  const reader = await readerOf(files);
  const paths = (options: unknown) => reader.search("retry", options).hits.map((hit) => `${hit.path}:${hit.line}`);
  expect(paths({ glob: ["src", "!**/net/**"] })).toEqual(["src/retry.ts:2"]);
  expect(paths("*.test.ts")).toEqual(["test/retry.test.ts:1"]);
  expect(paths({ glob: { source: "client|docs", flags: "i" }, ignoreCase: true })).toHaveLength(3);
  expect(paths({ perFile: 1 })).toEqual(["src/net/client.ts:1", "src/retry.ts:2", "test/retry.test.ts:1"]);
  expect(reader.search("wait|wai", { word: true }).hits.map((hit) => hit.match)).toEqual(["wait"]);
  expect(reader.search("(?i)RETRY later").total).toBe(1);
  expect(reader.search("const", { before: 1, after: 1 }).hits).toMatchObject([
    { before: ["export function retry() {"], after: ["}"] },
  ]);
});

test("the total counts on beyond the limits", async () => {
  const reader = await readerOf(files);
  expect(reader.search("retry", { limit: 2 })).toMatchObject({ hits: [{}, {}], total: 4, files: 3, truncated: true });
  expect(reader.count("retry")).toBe(4);
  expect(reader.count({ source: "retry", flags: "i" }, { glob: "src" })).toBe(4);
});

test("a string that is no regular expression, or finds nothing as one, is searched literally and that is noted", async () => {
  const reader = await readerOf(files);
  const invalid = reader.search("retry(");
  expect(invalid).toMatchObject({ total: 4, notes: [expect.stringContaining("not a valid regular expression")] });
  const literal = reader.search("$5.00 (five)");
  expect(literal).toMatchObject({ hits: [{ match: "$5.00 (five)" }], notes: [expect.stringContaining("literally")] });
  expect(reader.count("$5.00 (five)")).toBe(1);
  expect(reader.search("no.such.thing")).toMatchObject({ total: 0, notes: [] });
  expect(reader.search("x", "*.py").notes).toEqual(["[search: no file matches the glob]"]);
});

test("^ and $ mean lines, and a match may span lines", async () => {
  const reader = await readerOf(files);
  expect(reader.search({ source: "^export", flags: "" }).hits).toMatchObject([{ line: 2 }]);
  expect(reader.search("retry\\(\\) \\{\\s+const").hits).toMatchObject([{ line: 2, endLine: 3 }]);
  expect(reader.count("^")).toBe(8);
});

test("a long line is cut to 400 characters round the match", async () => {
  const reader = await readerOf({ "a.txt": `${"a".repeat(5_000)}NEEDLE${"b".repeat(5_000)}\n` });
  const text = reader.search("NEEDLE").hits[0]?.text ?? "";
  expect(text.length).toBeLessThanOrEqual(400);
  expect(text).toMatch(/^…a+NEEDLEb+…$/);
});

test("printed hits are grouped by file and say how many there are in all", async () => {
  const reader = await readerOf(files);
  expect(reader.formatHits(reader.search("retry", { limit: 3 }))).toBe(
    [
      "src/net/client.ts",
      "  1: retry(); retry();",
      "src/retry.ts",
      "  2: export function retry() {",
      "[3 of 4 hits in 3 files; raise limit or narrow glob]",
    ].join("\n"),
  );
  expect(reader.formatHits(reader.search("wait"))).toMatch(/\n\[1 hit in 1 file\]$/);
  expect(reader.formatHits({ hits: [] })).toBe("[no hits]");
});

test("a regular expression that backtracks for ever ends with an error that says so", async () => {
  const reader = new ContextReader(await collectText(`${"a".repeat(60)}!`), { regexTimeoutMs: 100 });
  expect(() => reader.search("(a+)+$")).toThrow(/^search: the pattern took longer than 0\.1 s\. .*narrow glob/);
  expect(() => reader.count("(a+)+$")).toThrow(/longer than/);
  expect(() => reader.textMatchAll({ source: "(a+)+$", flags: "" })).toThrow(/longer than/);
  expect(reader.count("a")).toBe(60);
});

test("wrong types, unknown options and mistyped paths are errors that name what is right", async () => {
  const reader = await readerOf(files);
  const errorOf = (call: () => unknown) => {
    try {
      call();
    } catch (error) {
      return error instanceof Error ? `${error.name}: ${error.message}` : "no error object";
    }
    return "no error";
  };
  expect(errorOf(() => reader.read("src/rerty.ts"))).toBe(
    'Error: No file "src/rerty.ts". Did you mean "src/retry.ts"?',
  );
  expect(errorOf(() => reader.read("client.ts"))).toBe('Error: No file "client.ts". Did you mean "src/net/client.ts"?');
  expect(errorOf(() => reader.search("x", { glob: "src/rerty.ts" }))).toBe(
    'Error: search: no file matches glob "src/rerty.ts". Did you mean "src/retry.ts"?',
  );
  expect(errorOf(() => reader.search("x", { path: "src" }))).toBe(
    'TypeError: search: unknown option "path" (glob, ignoreCase, word, before, after, limit, perFile).',
  );
  expect(errorOf(() => reader.search(["a"]))).toMatch(/^TypeError: search: the pattern must be .* not an array\.$/);
  expect(errorOf(() => reader.search(""))).toMatch(/^TypeError: .*empty/);
  expect(errorOf(() => reader.search("x", { limit: "5" }))).toMatch(/^TypeError: search: limit must be a number/);
  expect(errorOf(() => reader.search("x", { limit: 0 }))).toMatch(/^RangeError: search: limit must be 1 or more/);
  expect(errorOf(() => reader.search("x", { glob: [1] }))).toMatch(/^TypeError: search: glob must be/);
  expect(errorOf(() => reader.search({ source: "(", flags: "" }))).toMatch(
    /^Error: search: Invalid regular expression/,
  );
  expect(errorOf(() => reader.read(7))).toMatch(/^TypeError: read: the path must be a string/);
  expect(errorOf(() => reader.read("docs/a.md", "1"))).toMatch(/^TypeError: read: from must be a number/);
  expect(errorOf(() => reader.show("docs/a.md", 5))).toBe(
    'RangeError: show: "docs/a.md" has 1 line; there is no line 5.',
  );
  expect(errorOf(() => reader.show({ a: 1 }))).toMatch(/^TypeError: show: give a path/);
  expect(errorOf(() => reader.tree("scr"))).toBe('Error: No folder "scr". Did you mean "src"?');
  expect(errorOf(() => reader.find(3))).toMatch(/^TypeError: find/);
  expect(errorOf(() => reader.chunks({ size: 1 }))).toBe(
    'TypeError: chunks: unknown option "size" (maxChars, glob, numbered).',
  );
  expect(errorOf(() => reader.chunks(10))).toBe("RangeError: chunks: maxChars must be 1,000 to 400,000, not 10.");
  expect(errorOf(() => reader.chunkText("src"))).toMatch(/^TypeError/);
  expect(errorOf(() => reader.chunkText([{ path: "__proto__" }]))).toMatch(/^Error: No file/);
});

test("in a large text hits at the ends of its windows are found once, with the right lines", async () => {
  const line = "seven plain words stand on this line\n";
  const lines = Array.from({ length: 300_000 }, (_, i) => (i % 1_000 === 999 ? "needle here\nand there\n" : line));
  const text = lines.join("");
  const reader = await textReader(text);
  expect(reader.textLength()).toBeGreaterThan(8_000_000);
  const expected = text.split("\n").flatMap((content, i) => (content.startsWith("needle") ? [i + 1] : []));
  for (const pattern of ["needle", "needle\\s+here", "needle here\nand there"]) {
    const { hits, total } = reader.search(pattern, { limit: 1_000 });
    expect(hits.map((hit) => hit.line)).toEqual(expected);
    expect(total).toBe(300);
  }
  expect(reader.count("^")).toBe(300_300);
  expect(reader.count("needle[\\s\\S]*needle")).toBe(1);
});

/** Patterns over a few letters: literals, classes, groups, anchors, quantifiers, lookaround, alternatives. */
const atoms = [
  "a",
  "ab",
  "abc",
  "bca",
  "c",
  ".",
  "[ab]",
  "[^a]",
  "\\w",
  "\\s",
  "\\n",
  "\\b",
  "^",
  "$",
  "(b)",
  "(?:ab)",
  "(?=c)",
  "(?!b)",
];
const behind = ["(?<=a)", "(?<!b)", "(?<=\\n)", "\\.", "é", "😀", "(?<x>c)", "a|", "\\B"];
const unquantified = /^(?:\^|\$|\\b|\\B|\(\?[=!<].*|a\|)$/;
const part = fc
  .tuple(fc.constantFrom(...atoms, ...behind), fc.constantFrom("", "", "", "", "*", "+", "?", "{2}", "??"))
  .map(([atom, quantifier]) => (unquantified.test(atom) && atom !== "(?<x>c)" ? atom : atom + quantifier));
const randomSource = fc
  .array(part, { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(""))
  // A name may be given once.
  .filter((source) => source.split("(?<x>").length <= 2);
const randomFlags = fc.constantFrom("", "i", "s", "u", "v", "gy", "im", "su");

/** What `matchAll` finds line by line, but for the empty line that a last line feed seems to begin. */
function matchesOf(text: string, source: string, flags: string): { index: number; match: string }[] {
  const regex = new RegExp(source, `gm${flags.replace(/[gym]/g, "")}`);
  return [...text.matchAll(regex)]
    .map((match) => ({ index: match.index, match: match[0] }))
    .filter(({ index, match }) => !(match === "" && index === text.length && text.endsWith("\n")));
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

test("search finds what matchAll finds, whatever the text and the pattern", async () => {
  const piece = fc.constantFrom("a", "b", "c", "abc", "ab", "\n", " ", "A", ".", "é", "😀", "bca\n");
  const text = fc.array(piece, { minLength: 1, maxLength: 60 }).map((pieces) => pieces.join(""));
  await fc.assert(
    fc.asyncProperty(text, randomSource, randomFlags, async (content, source, flags) => {
      const reader = await textReader(content);
      const expected = matchesOf(content, source, flags);
      const { hits, total } = reader.search({ source, flags }, { limit: 1_000 });
      expect(total).toBe(expected.length);
      expect(reader.count({ source, flags })).toBe(expected.length);
      expect(hits.map(({ line, match }) => [line, match])).toEqual(
        expected.map(({ index, match }) => [lineOf(content, index), match]),
      );
      // With CRLF as its line ends the text has the same lines, and the same matches on them.
      const windows = (await textReader(content.replaceAll("\n", "\r\n"))).search({ source, flags }, { limit: 1_000 });
      expect(windows.hits.map(({ line, match }) => [line, match])).toEqual(
        hits.map(({ line, match }) => [line, match]),
      );
    }),
    { numRuns: 300, seed: 7 },
  );
});

test("what a pattern may do without is not asked for before it is matched", async () => {
  const character = fc.constantFrom(...["a", "b", "-", "{", "\\.", "\\\\", "\\{", "é", "😀", " "]);
  const quantifier = fc.constantFrom("", "", "", "?", "*", "+", "{0}", "{0,2}", "{1,}", "??", "*?");
  const parts = fc.array(fc.tuple(character, quantifier), { minLength: 3, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("", "^", "\\b", "(?=.)"), parts, fc.boolean(), async (start, chosen, word) => {
      const source = start + chosen.map(([one, many]) => `${one}${one === "{" && many !== "" ? "" : many}`).join("");
      // The least that matches: everything that may be left out is.
      const needed = chosen.filter(([one, many]) => one === "{" || !/^(?:[?*]|\{0)/.test(many));
      const text = `${needed.map(([one]) => one.replace(/^\\/, "")).join("")}\n`;
      fc.pre(text.length > 1);
      const expected = matchesOf(text, word ? `(?<!\\w)(?:${source})(?!\\w)` : source, "");
      const { hits } = (await textReader(text)).search({ source, flags: "" }, { word });
      expect(hits.map((hit) => hit.match)).toEqual(expected.map(({ match }) => match));
    }),
    { numRuns: 300, seed: 11 },
  );
});

test.each(["\n", "\r\n"])(
  "search finds what matchAll finds where windows of a large text meet, lines ending in %j",
  async (end) => {
    const filler = (bytes: number) => `${"-".repeat(62)}\n`.repeat(Math.round(bytes / 63)).replaceAll("\n", end);
    const dense = (words: readonly string[], salt: number) =>
      Array.from({ length: 150 }, (_, i) => words[(i * 7 + salt + ((i * i) % 11)) % words.length])
        .join("")
        .replaceAll("\n", end);
    const words = ["abc", "a", "b\n", "c", "\n", " ab", "é", "😀c", "bca\n\n"];
    const window = 4 * 1024 * 1024;
    // The windows meet inside the dense pieces; the third has a prefix that the second lacks.
    const text = [
      filler(window - 250),
      dense(words, 1),
      filler(window - 500),
      dense(["b\n", "c", " "], 2),
      filler(window - 500),
      dense(words, 3),
    ].join("");
    const reader = await textReader(text);
    expect(reader.textLength()).toBeGreaterThan(2.9 * window);
    const plain = text.replaceAll("\r\n", "\n");
    const sources = [
      "abc",
      "abc\\s+",
      "\\babc",
      "bca\\n+",
      "[^-]{3,}",
      "(?<=c)\\s+",
      "^$",
      "c$",
      "\\n\\n",
      "abc?\\s*a",
      "^\\s*a",
      "(?:b\\n)+c?",
      "😀",
      "-\\s+b",
      "a.c",
      "\\Bb",
      "b\\n(?!c)",
      "abc[^-]*",
    ];
    for (const source of sources) {
      const expected = matchesOf(plain, source, "");
      const { hits, total } = reader.search({ source, flags: "" }, { limit: 100_000 });
      expect([source, total]).toEqual([source, expected.length]);
      expect(hits.map((hit) => hit.match)).toEqual(expected.map(({ match }) => match));
      expect(hits.at(-1)?.line).toBe(expected.length > 0 ? lineOf(plain, expected.at(-1)?.index ?? 0) : undefined);
    }
    expect(reader.count("\n")).toBe(plain.split("\n").length - 1);
  },
);

test("a match that goes on far beyond a window is one match, and what follows it is found", async () => {
  const lines = "filler line\n".repeat(349_000);
  const reader = await textReader(`${lines}<<${"inside\n".repeat(200_000)}>>\n${lines}<<last>>\n`);
  const { hits } = reader.search({ source: "<<[^>]*", flags: "" });
  expect(hits.map((hit) => [hit.line, hit.endLine])).toEqual([
    [349_001, 549_000],
    [898_002, 898_002],
  ]);
});

test("lines that end in CRLF are lines like others, unless the pattern looks at carriage returns", async () => {
  const reader = await readerOf({ "a.txt": "one\r\n\r\n  two\r\nthree" });
  const linesOf = (pattern: string) => reader.search(pattern).hits.map((hit) => hit.line);
  expect(linesOf("^")).toEqual([1, 2, 3, 4]);
  expect(linesOf("^$")).toEqual([2]);
  expect(linesOf("e$")).toEqual([1, 4]);
  expect(reader.search("one\\n\\n  two").hits).toMatchObject([{ line: 1, endLine: 3, text: "one\n\n  two" }]);
  expect(reader.count("\\r")).toBe(3);
  expect(reader.count("\\r\\n")).toBe(3);
});

test("a line longer than a window is searched whole", async () => {
  const text = `${"x".repeat(4_194_300)}needle in a long line${"y".repeat(5_000_000)}needle\n`;
  const reader = await textReader(text);
  expect(reader.search("needle in a long").hits).toMatchObject([{ line: 1, match: "needle in a long" }]);
  expect(reader.count("needle")).toBe(2);
  expect(reader.count("^")).toBe(1);
});

test("many matches on a minified line are given with the text round each", async () => {
  const line = Array.from({ length: 11_000 }, (_, i) => `f(${i}),😀words;`).join("");
  expect(line.length).toBeGreaterThan(165_000);
  const reader = await textReader(`// head\n${line}\n`);
  const { hits, total } = reader.search("f\\(\\d+\\)", { limit: 20_000 });
  expect(total).toBe(11_000);
  expect(hits.every((hit) => hit.line === 2 && hit.text.length <= 400 && hit.text.includes(hit.match))).toBe(true);
  expect(hits.every((hit) => hit.text.isWellFormed())).toBe(true);
});

test("patterns as other languages write them are understood", async () => {
  const reader = await readerOf({ "a.py": "import os\nfrom os import os\nAZ = 1\n" });
  const matches = (pattern: string) => reader.search(pattern).hits.map((hit) => hit.match);
  expect(matches("(?i)\\AIMPORT")).toEqual(["import"]);
  expect(matches("os\\Z")).toEqual(["os", "os"]);
  expect(matches("(?P<m>os) import (?P=m)")).toEqual(["os import os"]);
  expect(matches("(?s)import.*1")).toEqual(["import os\nfrom os import os\nAZ = 1"]);
  expect(matches("\\\\A")).toEqual([]);
});

test("printed hits show the lines round them once, and where lines are left out", async () => {
  const reader = await readerOf({ "a.txt": "1\nx2\n3\nx4\n5\n6\n7\n8\nx9\n", "b.txt": "x\n" });
  expect(reader.formatHits(reader.search("x", { before: 1, after: 1 }))).toBe(
    [
      "a.txt",
      "  1- 1",
      "  2: x2",
      "  3- 3",
      "  4: x4",
      "  5- 5",
      "  --",
      "  8- 8",
      "  9: x9",
      "b.txt",
      "  1: x",
      "[4 hits in 2 files]",
    ].join("\n"),
  );
});
