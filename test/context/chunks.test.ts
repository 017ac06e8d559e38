import fc from "fast-check";
import { expect, test } from "vitest";
import { ContextReader } from "../../src/context/reader.ts";
import { collectPaths, folderWith, readerOf, textReader } from "./support.ts";

test("small files are packed together, close to the cap and in order", async () => {
  const names = Array.from({ length: 100 }, (_, i) => `f${String(i).padStart(2, "0")}.txt`);
  const reader = await readerOf(Object.fromEntries(names.map((name) => [name, "some words\n".repeat(20)])));
  const chunks = reader.chunks({ maxChars: 5_000 });
  expect(chunks.flatMap((chunk) => chunk.parts.map((part) => part.path))).toEqual(names);
  for (const chunk of chunks.slice(0, -1)) expect(chunk.chars).toBeGreaterThan(4_500);
  expect(chunks[0]?.label).toMatch(/^f00\.txt:1-20 and \d+ more$/);
});

test("the text of a chunk is numbered lines under heads, with blank lines between the files", async () => {
  const reader = await readerOf({ "a.txt": "1\n2\n", "b.txt": "3" });
  const [chunk, ...others] = reader.chunks();
  expect(others).toEqual([]);
  expect(reader.chunkText(chunk?.parts)).toBe("a.txt:1-2\n1: 1\n2: 2\n\nb.txt:1-1\n1: 3");
  expect(reader.chunkText(chunk?.parts, false)).toBe("a.txt:1-2\n1\n2\n\nb.txt:1-1\n3");
  expect((await textReader("1\n2\n")).chunkText([{ path: "stdin", from: 1, to: 2 }], false)).toBe("1\n2");
});

test("a glob narrows the chunks, also given alone", async () => {
  const reader = await readerOf({ "a.txt": "1", "src/b.txt": "2" });
  expect(reader.chunks({ glob: "src" })).toMatchObject([{ parts: [{ path: "src/b.txt", from: 1, to: 1 }] }]);
  expect(reader.chunks(["a.txt"])).toMatchObject([{ parts: [{ path: "a.txt" }] }]);
});

test("every line is in exactly one chunk, and no chunk is longer than the cap or than it says", async () => {
  const line = fc.string({ maxLength: 120, unit: fc.constantFrom("a", "b", " ", "é", "😀", "\r") });
  const file = fc.tuple(fc.array(line, { maxLength: 80 }), fc.constantFrom("\n", "\r\n"), fc.boolean());
  await fc.assert(
    fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 6 }), fc.boolean(), async (contents, numbered) => {
      const files = contents.map(([lines, end, ended], i) => [`f${i}`, lines.join(end) + (ended ? end : "")] as const);
      const reader = new ContextReader(await collectPaths(folderWith(Object.fromEntries(files))));
      const chunks = reader.chunks({ maxChars: 1_000, numbered });
      const seen = new Map<string, string[]>();
      for (const chunk of chunks) {
        expect(reader.chunkText(chunk.parts, chunk.numbered)).toHaveLength(chunk.chars);
        expect(chunk.chars).toBeLessThanOrEqual(1_000);
        for (const part of chunk.parts) {
          const lines = seen.get(part.path) ?? [];
          expect(part.from).toBe(lines.length + 1);
          lines.push(...reader.read(part.path, part.from, part.to).split("\n"));
          seen.set(part.path, lines);
        }
      }
      for (const [path, text] of files) {
        // A text that has no line feeds at all ends its lines in carriage returns.
        const fed = text.includes("\n") ? text : text.replaceAll("\r", "\n");
        const lines = fed.split("\n").map((content) => content.replace(/\r$/, ""));
        if (fed.endsWith("\n") || fed === "") lines.pop();
        expect(seen.get(path) ?? []).toEqual(lines);
      }
    }),
    { numRuns: 15, seed: 7 },
  );
});

test("a line beyond the cap is cut into pieces that give it back whole", async () => {
  const long = Array.from({ length: 3_000 }, (_, i) => `${i},`).join("");
  const reader = await textReader(`first\n${long}\nlast\n`);
  const chunks = reader.chunks({ maxChars: 1_000, numbered: false });
  const texts = chunks.map((chunk) => reader.chunkText(chunk.parts, false));
  expect(texts.join("")).toBe(`first${long}last`);
  for (const [i, text] of texts.entries()) expect(text).toHaveLength(chunks[i]?.chars ?? -1);
  expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(1_000);
});
