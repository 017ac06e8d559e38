import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { cellFunctionsPage } from "../../scripts/docs.ts";
import { guestFunctions } from "../../src/rlm/guest-functions.ts";
import { systemMessage } from "../../src/rlm/prompts.ts";
import { startRepl } from "./repl.ts";

test.each(guestFunctions.map((f) => [f.name, f.example] as const))("the example of %s runs", async (_name, example) => {
  const shown = await (await startRepl()).run(example);
  expect(shown.error).toBeUndefined();
  expect(shown.value ?? shown.answer ?? shown.output).toBeTruthy();
});

test("each function is there, and the system message teaches those that are taught", async () => {
  const names = guestFunctions.map((f) => f.name);
  const { run } = await startRepl();
  expect((await run(`${JSON.stringify(names)}.filter((name) => !(name in globalThis))`)).value).toBe("[]");
  for (const f of guestFunctions) expect(systemMessage.includes(f.signature)).toBe(f.taught !== undefined);
});

test("docs/cell-functions.md is what npm run docs writes", () => {
  const docs = readFileSync(path.resolve(import.meta.dirname, "../../docs/cell-functions.md"), "utf8");
  expect(docs).toBe(cellFunctionsPage());
});
