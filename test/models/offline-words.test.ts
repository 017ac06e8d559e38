import { describe, expect, it } from "vitest";
import { patternOf, stemOf, wordsOf } from "../../src/models/offline-words.ts";

describe("a stem", () => {
  it.each([
    ["retry", "retries", "retried", "retrying"],
    ["request", "requests", "requested", "requesting"],
    ["cache", "caches", "cached", "caching"],
    ["stop", "stops", "stopped", "stopping"],
    ["connect", "connection", "connected"],
    ["match", "matches", "matching"],
  ])("is the same for the forms of %s", (word, ...forms) => {
    for (const form of forms) expect(stemOf(form)).toBe(stemOf(word));
  });

  it.each([
    ["string", "str"],
    ["class", "clas"],
    ["status", "statu"],
    ["bring", "br"],
  ])("of %s is not cut to %s", (word, wrong) => {
    expect(stemOf(word)).not.toBe(wrong);
  });
});

describe("words", () => {
  it("are split at the seams of identifiers", () => {
    expect(wordsOf("parseHTTPHeader max_retry_count XMLFile2")).toEqual([
      "parse",
      "http",
      "header",
      "max",
      "retry",
      "count",
      "xml",
      "file",
      "2",
    ]);
  });
});

describe("a pattern", () => {
  const matches = (word: string, text: string) =>
    new RegExp(patternOf({ stem: stemOf(word), exact: false, share: 1 })).test(text);

  it.each(["wait", "Waiting", "doWait", "max_wait", "WAIT_MS", "x.waits"])(
    "finds a word at the start of a part of %s",
    (text) => {
      expect(matches("wait", text)).toBe(true);
    },
  );

  it.each(["await", "AWAIT", "wai"])("does not find it within %s", (text) => {
    expect(matches("wait", text)).toBe(false);
  });

  it("finds both spellings of an ending in y", () => {
    for (const text of ["retry", "retries", "maxRetries", "RETRIES"]) expect(matches("retried", text)).toBe(true);
  });

  it("takes an exact text as it is", () => {
    expect(new RegExp(patternOf({ stem: "a.b(c)/[d]", exact: true, share: 1 })).test("x a.b(c)/[d] y")).toBe(true);
  });
});
