import { describe, expect, test } from "vitest";
import { pathRedactor, redactEvents } from "../../src/runs/redact-paths.ts";
import { sampleTree } from "../support/sample-run.ts";

describe("home folders become ~", () => {
  test.each([
    ["/home/ann", "/home/ann/src/a.ts:3", "~/src/a.ts:3"],
    ["/home/ann", "in /home/ann.", "in ~."],
    ["/home/ann/", "/home/ann", "~"],
    ["/home/ann", "-I/home/ann/include", "-I~/include"],
    ["/home/ann", "file:///home/ann/x and /home/ann/y", "file://~/x and ~/y"],
    ["/home/ann", "/home//ann/x", "~/x"],
    ["/home/ann", "\u001b[1m/home/ann/x", "\u001b[1m~/x"],
    ["/home/jörg b", "file:///home/j%C3%B6rg%20b/x or /home/jörg b/x", "file://~/x or ~/x"],
    ["/home/a+b(c)", "/home/a+b(c)/x", "~/x"],
    ["C:\\Users\\Ann", "C:\\Users\\Ann\\x, c:/users/ann/x, C:\\\\Users\\\\Ann\\\\x", "~\\x, ~/x, ~\\\\x"],
    ["\\\\server\\home\\ann", "\\\\server\\home\\ann\\x", "\\~\\x"],
    ["/opt", "/opt/x", "~/x"],
  ])("%s in %j", (home, text, clean) => {
    expect(pathRedactor([home])(text)).toBe(clean);
  });
});

describe("what is no home stays", () => {
  test.each([
    ["/home/ann", "/home/anna/x and /home/ann-old and /home/annä"],
    ["/opt", "/srv/opt/x and a/opt/b and /opted"],
    ["/", "/usr/bin and a/b"],
    ["", "/usr/bin"],
    ["C:\\", "C:\\x"],
  ])("%s in %j", (home, text) => {
    expect(pathRedactor([home])(text)).toBe(text);
  });
});

test("a home inside another is found whole", () => {
  expect(pathRedactor(["/home", "/home/ann"])("/home/ann/x")).toBe("~/x");
});

test("all texts of events are clean, and nothing else has changed", () => {
  const home = "/home/ann";
  const events = sampleTree();
  const text = JSON.stringify(events);
  const soiled = JSON.parse(text.replaceAll("src/", `${home}/src/`));
  const clean = redactEvents(soiled, [home]);
  expect(JSON.stringify(clean)).toBe(text.replaceAll("src/", "~/src/"));
});
