import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parameters } from "../../src/server/parameters.ts";

test("docs/server.md lists every parameter as the server takes it, and no other", () => {
  const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/server.md"), "utf8");
  const table = /## Parameters\n.*?\n\|---\|---\|---\|\n(.*?)\n\n/s.exec(page)?.[1]?.split("\n");
  const rows = Object.entries(parameters).map(([name, { takes, does }]) => `| \`${name}\` | ${takes} | ${does} |`);
  expect(table).toEqual(rows);
});
