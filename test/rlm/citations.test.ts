import { expect, test } from "vitest";
import { checkCitations, findCitations } from "../../src/rlm/citations.ts";
import { placeKey } from "../../src/rlm/places.ts";

const keys = (answer: string) => findCitations(answer).map(placeKey);

test.each([
  ["See [src/a.ts:4].", ["src/a.ts:4-4"]],
  ["[src/a.ts:4-9] and [src/a.ts:4–9]", ["src/a.ts:4-9"]],
  ["`[a.ts:1]`, [`b.ts:2`]", ["a.ts:1-1"]],
  ["[a.ts:1, b.ts:2-3]", ["a.ts:1-1", "b.ts:2-3"]],
  ["[a.ts:1, 5-7; b.ts:2]", ["a.ts:1-1", "a.ts:5-7", "b.ts:2-2"]],
  ["[app/[id]/page.tsx:3]", ["app/[id]/page.tsx:3-3"]],
  ["[a b/c d.md:12]", ["a b/c d.md:12-12"]],
  ["[Makefile:3]", ["Makefile:3-3"]],
])("%j cites %j", (answer, expected) => {
  expect(keys(answer)).toEqual(expected);
});

test.each([
  ["x[0:5]"],
  ["[1:2]"],
  ["[link](https://a.b:80)"],
  ["[see a.ts:1 for more]"],
  ["[]"],
  ["```\n[a.ts:1]\n```"],
  ["- [ ] todo"],
])("%j cites nothing", (answer) => {
  expect(keys(answer)).toEqual([]);
});

test("a citation is missing where the file or its lines are not there", () => {
  const context = { lines: (path: string) => (path === "a.ts" ? { from: 1, to: 10 } : null), sha256: () => null };
  const status = (answer: string) =>
    checkCitations(answer, { ...context, text: () => [] }, () => false).map((citation) => citation.status);
  expect(status("[a.ts:1] [a.ts:10] [a.ts:3-10]")).toEqual(["exists", "exists", "exists"]);
  expect(status("[a.ts:0] [a.ts:11] [a.ts:9-11] [a.ts:5-4] [b.ts:1]")).toEqual(Array(5).fill("missing"));
});
