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
