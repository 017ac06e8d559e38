import { expect, it } from "vitest";
import { formatMs, formatNumberOf, formatShort, formatTokens, formatUsd } from "../../src/rlm/format.ts";

it.each([
  [0, "0 ms"],
  [31, "31 ms"],
  [999.6, "1.0 s"],
  [1_249, "1.2 s"],
  [59_949, "59.9 s"],
  [59_950, "1 min"],
  [125_000, "2 min 5 s"],
  [900_000, "15 min"],
  [3_599_900, "1 h"],
  [3_840_000, "1 h 4 min"],
])("formats %d milliseconds as %s", (ms, text) => expect(formatMs(ms)).toBe(text));

it.each([
  [0, "0"],
  [999, "999"],
  [1_000, "1k"],
  [14_310, "14.3k"],
  [31_000, "31k"],
  [99_949, "99.9k"],
  [99_950, "100k"],
  [999_499, "999k"],
  [999_500, "1M"],
  [2_140_000, "2.1M"],
  [214_000_000, "214M"],
])("formats the number %d as %s", (count, text) => expect(formatShort(count)).toBe(text));

it.each([
  [null, "unknown"],
  [0, "$0"],
  [0.0004, "<$0.001"],
  [0.0005, "$0.001"],
  [0.042, "$0.042"],
  [0.9994, "$0.999"],
  [0.9996, "$1.00"],
  [12.345, "$12.35"],
])("formats %s dollars as %s", (usd, text) => expect(formatUsd(usd)).toBe(text));

it("marks tokens that are an estimate", () => {
  const usage = { input: 14_000, cachedInput: 0, output: 300, reasoning: 0, estimated: false };
  expect(formatTokens(usage)).toBe("14.3k tok");
  expect(formatTokens({ ...usage, estimated: true })).toBe("≈14.3k tok");
});

it("names one thing and many", () => {
  expect([0, 1, 1_204].map((count) => formatNumberOf(count, "file"))).toEqual(["0 files", "1 file", "1,204 files"]);
  expect(formatNumberOf(2, "reply", "replies")).toBe("2 replies");
});
