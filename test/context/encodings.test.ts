import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { sha256Of } from "../../src/context/corpus.ts";
import { ContextReader } from "../../src/context/reader.ts";
import { viewOf } from "../../src/context/view.ts";
import { collectPaths, folderWith, readerOf } from "./support.ts";

const text = "Grüße\nzwei 😀\n";
const utf16 = Buffer.from(`\uFEFF${text}`, "utf16le");
const encoded: Readonly<Record<string, Buffer>> = {
  utf8: Buffer.from(text),
  "utf8 with a byte order mark": Buffer.from(`\uFEFF${text}`),
  "utf16 little-endian": utf16,
  "utf16 big-endian": Buffer.from(utf16).swap16(),
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
