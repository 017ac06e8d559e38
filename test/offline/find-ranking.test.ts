import { expect, test } from "vitest";
import { readerOf } from "../context/support.ts";

test.each([
  ["licence", "license"],
  ["colours", "color"],
  ["behaviour", "behavior"],
  ["initialised", "initialize"],
  ["organisation", "organization"],
  ["analyse", "analyze"],
  ["centre", "center"],
  ["cancelled", "canceled"],
  ["catalogue", "catalog"],
  ["defence", "defense"],
])("find takes %s and %s for the same word", async (british, american) => {
  const filler = Array.from({ length: 60 }, (_, i) => `const other${i} = ${i};`).join("\n");
  const reader = await readerOf({
    "british.ts": `${filler}\nconst ${british} = 1;\n`,
    "american.ts": `${filler}\nconst ${american} = 1;\n`,
    "neither.ts": filler,
  });
  for (const word of [british, american]) {
    const paths = reader.find(`Where is the ${word}?`).map((chunk) => chunk.parts[0]?.path);
    expect(paths.toSorted(), word).toEqual(["american.ts", "british.ts"]);
  }
});

test("words that only look alike are not taken for spellings of one another", async () => {
  const reader = await readerOf({
    "a.ts": "const hour = 1;\n",
    "b.ts": "const horn = 1;\n",
    "c.ts": "const seize = 2;\n",
  });
  expect(reader.find("hour").map((chunk) => chunk.label)).toEqual(["a.ts:1-1"]);
  expect(reader.find("size")).toEqual([]);
});

test("words that stand close together win over the same words far apart, deep in a file and in any script", async () => {
  const filler = Array.from({ length: 150 }, (_, i) => `// größe – 値 ${i} 🦭 of the list`);
  const text = (lines: readonly string[]) => [...filler, ...lines, ...filler].join("\n");
  const reader = await readerOf({
    "a.txt": text(["the walrus sings", "the list", "the penguin dances"]),
    "b.txt": text(["the list", "the walrus and the penguin", "the list"]),
  });
  const [best] = reader.find("walrus penguin", { limit: 2 });
  expect(best?.parts[0]?.path).toBe("b.txt");
  expect(reader.chunkText(best?.parts)).toContain("152: the walrus and the penguin");
});

test("what does something comes before what only declares it", async () => {
  const text = "export function walrus(a: string): void;\n";
  const reader = await readerOf({ "a.d.ts": text, "b.ts": text });
  expect(reader.find("walrus").map((chunk) => chunk.parts[0]?.path)).toEqual(["b.ts", "a.d.ts"]);
});
