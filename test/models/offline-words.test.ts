import { describe, expect, it } from "vitest";
import { isEnglish } from "../../src/models/offline-language.ts";
import { pathShare, pathShareCode } from "../../src/models/offline-paths.ts";
import { patternOf, stemOf, wordsOf } from "../../src/models/offline-stems.ts";
import { readQuestion } from "../../src/models/offline-words.ts";

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

describe("a spelling", () => {
  const finds = (word: string, text: string) =>
    new RegExp(patternOf({ stem: stemOf(word), exact: false, share: 1 })).test(text);

  it.each([
    ["licence", "license"],
    ["colour", "color"],
    ["behaviours", "behavior"],
    ["initialised", "initialize"],
    ["normalising", "normalized"],
    ["organisation", "organization"],
    ["analyse", "analyzed"],
    ["centre", "center"],
    ["cancelled", "canceled"],
    ["dialogue", "dialog"],
  ])("%s is the same word as %s, and either finds both", (british, american) => {
    expect(stemOf(british)).toBe(stemOf(american));
    for (const word of [british, american]) {
      for (const text of [british, american, british.toUpperCase(), `my_${american}`]) {
        expect(finds(word, text), `${word} in ${text}`).toBe(true);
      }
    }
  });

  it.each([
    ["sent", "send"],
    ["thrown", "throws"],
    ["chosen", "choosing"],
    ["built", "builds"],
  ])("%s is a form of the same verb as %s", (past, present) => {
    expect(stemOf(past)).toBe(stemOf(present));
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

describe("a question", () => {
  it.each([
    ["How does src/cli parse flags?", ["src/cli"]],
    ["What is in the sandbox folder?", ["sandbox"]],
    ["Where in directory `net` are sockets opened?", ["net"]],
    ["Which folder holds the tests?", []],
    ["What does src/cli/flags.ts do?", []],
  ])("%s names the folders %j", (question, folders) => {
    expect(readQuestion(question).folders).toEqual(folders);
  });

  it.each([
    ["List all classes", "classes"],
    ["Please show me the exported functions", "functions"],
    ["Which interfaces are there in src/net?", "interfaces"],
    ["How many enums are defined?", "enums"],
    ["What is in the sandbox folder?", "files"],
  ])("%s wants a list of %s", (question, plural) => {
    expect(readQuestion(question).listing?.plural).toBe(plural);
  });

  it.each([
    "Which functions are called when a run ends?",
    "What happens to all types of errors?",
    "Which classes of failures are retried?",
    "How does src/cli parse flags?",
    "What does src/cli/flags.ts do?",
  ])("%s wants no list", (question) => {
    expect(readQuestion(question).listing).toBeNull();
  });

  it.each([
    ["What is this project?", true],
    ["Summarise the architecture", true],
    ["README", true],
    ["What does this project do when a request fails?", false],
    ["What is the purpose of the ledger?", false],
  ])("%s is about the whole: %s", (question, whole) => {
    expect(readQuestion(question).wantsOverview).toBe(whole);
  });
});

describe("a language", () => {
  it.each([
    "Wie wird ein Lauf abgebrochen und was passiert dann?",
    "¿Dónde se comparan los hijos por su clave?",
    "Comment est calculé le prix d'un appel ?",
    "Come vengono gestiti gli errori della rete?",
    "что это за проект?",
    "组件什么时候重新渲染？",
  ])("other than English is told: %s", (question) => {
    expect(isEnglish(question)).toBe(false);
  });

  it.each([
    "Where is it?",
    "What does an `en` locale do in the dates?",
    "die roll",
    "why?",
    "README",
    "Does the parser handle “für” and “groß”?",
    "la liga scores a",
  ])("is taken for English: %s", (question) => {
    expect(isEnglish(question)).toBe(true);
  });
});

describe("a path", () => {
  it.each([
    ["send.ts", "send.d.ts"],
    ["send.ts", "send.test.ts"],
    ["lib/send.rb", "README.md"],
    ["docs/use.md", "CHANGELOG.md"],
  ])("%s weighs more than %s, in a cell as well", (more, less) => {
    const inCell = new Function(`return ${pathShareCode};`)() as (path: string) => number;
    expect(pathShare(more)).toBeGreaterThan(pathShare(less));
    for (const path of [more, less]) expect(inCell(path)).toBe(pathShare(path));
  });
});
