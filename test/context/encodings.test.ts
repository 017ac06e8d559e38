import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { sha256Of } from "../../src/context/corpus.ts";
import { ContextReader } from "../../src/context/reader.ts";
import { viewOf } from "../../src/context/view.ts";
import { collectPaths, folderWith, leftOut, readerOf } from "./support.ts";

const text = "Grüße aus dem Süden\nzwei 😀 und noch ein paar Wörter\n";
const utf16 = Buffer.from(text, "utf16le");
const marked = Buffer.from(`\uFEFF${text}`, "utf16le");
const encoded: Readonly<Record<string, Buffer>> = {
  utf8: Buffer.from(text),
  "utf8 with a byte order mark": Buffer.from(`\uFEFF${text}`),
  "utf16 little-endian": marked,
  "utf16 big-endian": Buffer.from(marked).swap16(),
  "utf16 little-endian without a mark": utf16,
  "utf16 big-endian without a mark": Buffer.from(utf16).swap16(),
};

test.each(Object.entries(encoded))(
  "a file in %s is read as its text, and hashed as it is on disk",
  async (_name, bytes) => {
    const corpus = await collectPaths(folderWith({ "a.txt": bytes }));
    expect(new ContextReader(corpus).read("a.txt")).toBe(text);
    expect(corpus.manifest).toMatchObject({ chars: text.length, lines: 2 });
    expect(sha256Of(corpus, 0)).toBe(createHash("sha256").update(bytes).digest("hex"));
  },
);

test("bytes that are no UTF-8 are read as Latin-1, unless they are no text at all", async () => {
  const junk = Buffer.from(Array.from({ length: 500 }, (_, i) => 1 + ((i * 37) % 255)));
  const corpus = await collectPaths(folderWith({ "a.txt": Buffer.from("caf\xe9 au lait", "latin1"), "b.xyz": junk }));
  expect(new ContextReader(corpus).read("a.txt")).toBe("café au lait");
  expect(corpus.leftOut).toMatchObject([{ path: "b.xyz", reason: "binary" }]);
});

test("shown lines never end in a carriage return, while the file stays as it is", async () => {
  const reader = await readerOf({ "a.txt": "one\r\ntwo\r\nthree" });
  expect(reader.read("a.txt")).toBe("one\r\ntwo\r\nthree");
  expect(reader.read("a.txt", 1, 2)).toBe("one\ntwo");
  expect(reader.show("a.txt")).toBe("a.txt:1-3\n1: one\n2: two\n3: three");
  expect(reader.search("o$", "a.txt").hits).toMatchObject([{ line: 2, text: "two" }]);
  expect(reader.search("one", { after: 1 }).hits).toMatchObject([{ after: ["two"] }]);
  const [chunk] = reader.chunks();
  expect(reader.chunkText(chunk?.parts)).toBe("a.txt:1-3\n1: one\n2: two\n3: three");
  expect(chunk?.chars).toBe(reader.chunkText(chunk?.parts).length);
});

test("an empty file has no lines, and a last line needs no line feed", async () => {
  const corpus = await collectPaths(folderWith({ empty: "", bare: "x", ended: "x\n", blank: "\n\n" }));
  const view = viewOf(corpus);
  expect(["empty", "bare", "ended", "blank", "gone"].map((path) => view.lines(path)?.to ?? null)).toEqual([
    0,
    1,
    1,
    2,
    null,
  ]);
  const reader = new ContextReader(corpus);
  expect(reader.read("empty")).toBe("");
  expect(reader.show("empty")).toBe("empty is empty.");
});

test("binary data that begins like UTF-16 or has zeros as UTF-16 does is no text", async () => {
  const zeros = Buffer.from(Array.from({ length: 4_000 }, (_, i) => (i % 2 ? 0 : i % 251)));
  const numbers = Buffer.from(new Uint32Array(1_000).map((_, i) => i * 7).buffer);
  const corpus = await collectPaths(
    folderWith({
      a: "text",
      b: Buffer.concat([Buffer.from([0xff, 0xfe]), zeros.fill(0, 100, 300)]),
      c: numbers,
      d: Buffer.from([0xff, 0xfe, 0, 0, 0x41, 0, 0, 0]),
    }),
  );
  expect(leftOut(corpus)).toEqual({ b: "binary", c: "binary", d: "binary" });
});

test("quotes and dashes of Windows are read as such", async () => {
  const bytes = Buffer.from("say \x93caf\xe9\x94 \x96 10 \x80", "latin1");
  expect((await readerOf({ "a.txt": bytes })).read("a.txt")).toBe("say “café” – 10 €");
});

test("a text in UTF-8 with a few broken bytes stays in UTF-8", async () => {
  const whole = Buffer.from("Grüße an die schönen Städte: Köln, Düsseldorf, Zürich ✓ €");
  const reader = await readerOf({
    cut: whole.subarray(0, -1),
    marked: Buffer.concat([Buffer.from("\uFEFFä"), whole.subarray(0, -1)]),
  });
  expect(reader.read("cut")).toBe("Grüße an die schönen Städte: Köln, Düsseldorf, Zürich ✓ \ufffd");
  expect(reader.read("marked").startsWith("äGrüße")).toBe(true);
});

test("a text that ends its lines in carriage returns alone has lines; a stray one among line feeds ends none", async () => {
  const corpus = await collectPaths(folderWith({ mac: "one\rtwo\rthree", mixed: "a\r\nb\rc\nd\r" }));
  const reader = new ContextReader(corpus);
  expect(reader.show("mac")).toBe("mac:1-3\n1: one\n2: two\n3: three");
  expect(sha256Of(corpus, 0)).toBe(createHash("sha256").update("one\rtwo\rthree").digest("hex"));
  expect(reader.read("mixed")).toBe("a\r\nb\rc\nd\r");
  expect(viewOf(corpus).lines("mixed")?.to).toBe(3);
  expect(reader.search("c", "mixed").hits).toMatchObject([{ line: 2 }]);
});

test.each([
  ["\uFEFF", "utf8"],
  ["é", "latin1"],
  ["\uFEFF", "utf16le"],
] as const)("large texts are read in every encoding: %j in %s", async (first, encoding) => {
  const line = "an ordinary line of text\n";
  const content = `${first}${line.repeat(450_000)}AKIAABCDEFGHIJKLMNOP\nend`;
  const bytes = Buffer.from(content, encoding);
  const cwd = folderWith({ "big.txt": bytes });
  const corpus = await collectPaths(cwd, { paths: ["big.txt"] });
  const reader = new ContextReader(corpus);
  expect(corpus.manifest.lines).toBe(450_002);
  expect(corpus.masked).toEqual({ secrets: 1, files: 1 });
  expect(reader.read("big.txt", 1, 1)).toBe(first === "é" ? `é${line.trim()}` : line.trim());
  expect(reader.read("big.txt", 450_001)).toBe("[masked AWS key]****\nend");
  expect(sha256Of(corpus, 0)).toBe(createHash("sha256").update(bytes).digest("hex"));
});
