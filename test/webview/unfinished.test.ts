import { expect, it } from "vitest";
import { closeUnfinished } from "../../src/webview/chat/unfinished.ts";

it.each([
  ["It is **bo", "It is **bo**"],
  ["It is **bold ", "It is **bold**"],
  ["It is **", "It is "],
  ["It is **bold*", "It is **bold**"],
  ["It is **bold**", "It is **bold**"],
  ["Run `npm te", "Run `npm te`"],
  ["Run `", "Run "],
  ["Run `a ** b` and **then", "Run `a ** b` and **then**"],
  ["It waits [src/ret", "It waits "],
  ["See [the page](https://x.te", "See "],
  ["It waits [src/retry.ts:4].", "It waits [src/retry.ts:4]."],
  ["First **line\n\nSecond", "First **line\n\nSecond"],
  ["```js\nconst a = b ** c[0", "```js\nconst a = b ** c[0"],
  ["```js\nx\n```\nThen **so", "```js\nx\n```\nThen **so**"],
  ["* one", "* one"],
  ["", ""],
])("what is written as %j shows as %j until more comes", (written, shown) => {
  expect(closeUnfinished(written)).toBe(shown);
});
