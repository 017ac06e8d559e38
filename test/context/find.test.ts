import { expect, test } from "vitest";
import { readerOf, textReader } from "./support.ts";

const filler = (topic: string, lines: number) =>
  Array.from({ length: lines }, (_, i) => `// the ${topic} number ${i} of the whole list is here`).join("\n");

test("a needle among common words is found by the words of the question", async () => {
  const words = "the of number is what common value line word list".split(" ");
  let seed = 7;
  const next = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return words[seed % words.length] ?? "";
  };
  const lines = Array.from({ length: 100_000 }, () => Array.from({ length: 7 }, next).join(" "));
  lines[60_000] = "The magic number is 1298418";
  const reader = await textReader(lines.join("\n"));
  const [best] = reader.find("What is the magic number?", { limit: 1 });
  expect(reader.chunkText(best?.parts)).toContain("60001: The magic number is 1298418");
  expect(best?.chars).toBe(reader.chunkText(best?.parts).length);
});

test("words meet their other forms and the parts of identifiers", async () => {
  const reader = await readerOf({
    "a.ts": `${filler("thing", 80)}\nexport function computeRetryDelay(attempt: number) {}\n`,
    "b.ts": filler("stuff", 80),
    "c.py": "def handle_timeouts(request):\n    pass\n",
    "d.ts": "const concatenate = 1;\nconst carbon = 2;\n",
  });
  const best = (question: string) => reader.find(question, { limit: 1 })[0]?.parts[0]?.path;
  expect(best("How are retries delayed?")).toBe("a.ts");
  expect(best("Where is the timeout handled?")).toBe("c.py");
  expect(reader.find("cat car")).toEqual([]);
});

test("words of the path count, and sources come before tests, changelogs and lock files", async () => {
  const text = "the cache evicts entries\n";
  const reader = await readerOf({
    "CHANGELOG.md": text,
    "package-lock.json": text,
    "test/cache.test.ts": text,
    "src/store.ts": text,
    "src/scheduler.ts": "nothing to see\n",
  });
  expect(reader.find("cache evicts").map((chunk) => chunk.parts[0]?.path)).toEqual([
    "src/store.ts",
    "test/cache.test.ts",
    "CHANGELOG.md",
    "package-lock.json",
  ]);
  expect(reader.find("scheduler")[0]?.label).toBe("src/scheduler.ts:1-1");
  expect(reader.find("cache", { glob: "test" })).toHaveLength(1);
});

test("passages are whole lines of about 2,000 characters, and a long line is cut", async () => {
  const reader = await readerOf({
    "a.txt": `${filler("thing", 200)}\nthe walrus sings\n${filler("thing", 200)}`,
    "one-line.txt": `${"word ".repeat(20_000)}the penguin dances ${"word ".repeat(20_000)}`,
  });
  const [walrus] = reader.find("walrus", { limit: 1 });
  expect(reader.chunkText(walrus?.parts)).toContain("201: the walrus sings");
  expect(walrus?.chars).toBeLessThan(4_000);
  const [penguin] = reader.find("penguin", { limit: 1 });
  expect(reader.chunkText(penguin?.parts)).toContain("penguin dances");
  expect(penguin?.chars).toBeLessThan(4_000);
});

test("no more passages come back than asked for, none of the same lines twice", async () => {
  const reader = await readerOf({ "a.txt": filler("walrus", 500), "b.txt": filler("walrus", 500) });
  const found = reader.find("walrus", { limit: 6 });
  expect(found.length).toBeGreaterThanOrEqual(4);
  expect(found.length).toBeLessThanOrEqual(6);
  expect(new Set(found.map((chunk) => chunk.label)).size).toBe(found.length);
  expect(reader.find("xylophone")).toEqual([]);
});
