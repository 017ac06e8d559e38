import fc from "fast-check";
import { expect, it } from "vitest";
import { type MappedFile, mapCoverage } from "../../src/rlm/coverage-map.ts";

const nothing = { listed: false, searched: false, read: false, shown: false };
const file = (path: string, look: Partial<MappedFile> = {}): MappedFile => ({ path, chars: 100, ...nothing, ...look });

it("a small context is mapped file by file", () => {
  const areas = mapCoverage([file("a.ts"), file("b/c.ts", { listed: true, searched: true, read: true })]);
  expect(areas).toEqual([
    { path: "a.ts", files: 1, chars: 100, listed: 0, searched: 0, read: 0, shown: 0 },
    { path: "b/c.ts", files: 1, chars: 100, listed: 1, searched: 1, read: 1, shown: 0 },
  ]);
});

it("a large one is mapped by folder, with the files that a model was shown apart from the rest", () => {
  const files = Array.from({ length: 30_000 }, (_, i) => file(`d${i % 40}/e${i % 400}/f${i}.ts`, { shown: i === 7 }));
  const areas = mapCoverage(files);
  expect(areas.length).toBeLessThan(1_000);
  expect(areas).toContainEqual({ ...nothingCounted, path: "d7/e7/f7.ts", files: 1, chars: 100, shown: 1 });
});

const nothingCounted = { listed: 0, searched: 0, read: 0, shown: 0 };

it("every file is in one area, whatever the tree looks like", () => {
  const name = fc.constantFrom("a", "b", "c", "d e");
  const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => `${parts.join("/")}.ts`);
  const mapped = fc.record({ path, chars: fc.nat(9_999), shown: fc.boolean(), read: fc.boolean() });
  fc.assert(
    fc.property(fc.uniqueArray(mapped, { selector: ({ path }) => path, maxLength: 80 }), (some) => {
      const files = some.map((one) => ({ ...nothing, ...one }));
      const areas = mapCoverage(files);
      const sum = (of: (area: (typeof areas)[number]) => number) => areas.reduce((all, area) => all + of(area), 0);
      expect(sum((area) => area.files)).toBe(files.length);
      expect(sum((area) => area.chars)).toBe(files.reduce((all, { chars }) => all + chars, 0));
      expect(sum((area) => area.shown)).toBe(files.filter(({ shown }) => shown).length);
      expect(new Set(areas.map((area) => area.path)).size).toBe(areas.length);
    }),
  );
});
