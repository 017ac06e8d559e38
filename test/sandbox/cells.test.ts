import { afterAll, beforeAll, expect, test } from "vitest";
import { openRepl, type Repl, startRepl } from "./repl.ts";

let shared: Repl;
beforeAll(async () => {
  shared = await openRepl({ context: { kind: "text", name: "t", text: "one two" } });
});
afterAll(() => shared.close());

test.each([
  ["a const", "const x = 5", "x", "5"],
  ["a let without a value", "let y", "y === undefined", "true"],
  ["destructuring with await", "const { a, b: [q] } = await Promise.resolve({ a: 1, b: [2] })", "[a, q]", "[1, 2]"],
  ["a class", "class P { v() { return 1 } }", "new P().v()", "1"],
  ["a function", "function f() { return 7 }", "f()", "7"],
  ["an async function", "async function g() { return 7 }", "await g()", "7"],
  ["a closure", "let n = 0; const next = () => ++n; next()", "next()", "2"],
  ["a variable of a cell with return", "const r = 1;\nreturn r + 1", "r", "1"],
  ["what was set before an error", "const kept = 3; nowhere()", "kept", "3"],
  ["an undeclared variable", "loose = 4", "loose", "4"],
])("%s outlives its cell", async (_what, first, second, value) => {
  expect((await shared.run(first, second)).value).toBe(value);
});

test.each([
  ["const a = 1", "const a = 2;\na", "2"],
  ["class C { v() { return 1 } }", "class C { v() { return 2 } }\nnew C().v()", "2"],
  ["let a = 1", "let a;\na === undefined", "true"],
  ["function f() { return 1 }", "function f() { return 2 }\nf()", "2"],
])("%j may be declared again", async (first, second, value) => {
  expect((await shared.run(first, second)).value).toBe(value);
});

test.each([
  ["1 + 1", "2"],
  ["'text'", "text"],
  ["({ a: [1, 'x'] })", '{a: [1, "x"]}'],
  ["new Map([[1, { a: 2 }]])", "Map {1 => {a: 2}}"],
  ["10n ** 20n", "100000000000000000000n"],
  ["const o = {}; o.o = o; o", "{o: [circular]}"],
  ["await Promise.resolve(6)", "6"],
  ["Promise.resolve(6)", "6"],
  ["const fs = []; for (let i = 0; i < 3; i++) fs.push(() => i); fs.map((f) => f())", "[0, 1, 2]"],
  ["const n: number = 4;\ninterface A { x: string }\nn", "4"],
  ["if (true) return 'early'; 1", "early"],
  ["// const let class\n`const ${'let'}`", "const let"],
])("the last expression's value of %j is shown", async (code, value) => {
  expect((await shared.run(code)).value).toBe(value);
});

test.each([
  ["const a = 1"],
  ["a = 1"],
  ["undefined"],
  ["print('x')"],
  [""],
  ["// nothing"],
  ["for (const x of [1]) x"],
])("%j shows no value", async (code) => {
  expect(await shared.run(code)).not.toHaveProperty("value");
});

test("a long value is cut, and says so", async () => {
  const { value } = await shared.run("'a' + 'x'.repeat(9000) + 'z'");
  expect(value?.length).toBeLessThan(4_100);
  expect(value).toMatch(/^ax+\n\[… 5,002 characters left out …\]\nx+z$/);
});

test.each([
  ["let a = 1;\n  nowhere()", "ReferenceError", 2, "2 |   nowhere()\n      ^"],
  ["await 0;\n\nnull.x", "TypeError", 3, "3 | null.x\n        ^"],
  [
    "const f = () => {\n  throw new RangeError('r');\n};\nf()",
    "RangeError",
    2,
    "2 |   throw new RangeError('r');\n                          ^",
  ],
  ["let ok = 1;\nif (ok { }", "SyntaxError", 2, "2 | if (ok { }\n           ^"],
  ["nope(); return 1", "ReferenceError", 1, "1 | nope(); return 1\n    ^"],
  ["const h = 1;\n\nconst p = h.a.b;", "TypeError", 3, "3 | const p = h.a.b;\n                 ^"],
])("the error of %j has the cell's own line", async (code, name, line, excerpt) => {
  expect((await shared.run(code)).error).toMatchObject({ name, line, excerpt });
});

test.each([
  ["for x in context:\n    print(x)", /looks like Python/],
  ['print(f"hello {x}")', /looks like Python/],
  ['import fs from "fs"', /no import and no export/],
  ["throw 'plain'", /^plain$/],
  ["throw null", /^null$/],
  ["await new Promise(() => {})", /nothing will ever settle/],
  ["await Promise.reject(new Error('rejected'))", /^rejected$/],
])("%j fails with a clear line", async (code, message) => {
  expect((await shared.run(code)).error?.message).toMatch(message);
});

test.each([
  ["llm_query('q').length"],
  ["`${llm_query('q')}`"],
  ["print(llm_query('q'))"],
  ["llm_query('q').split('\\n')"],
  ["const r = llm_query('q'); r + 'x'"],
  ["FINAL(llm_query('q'))"],
  ["llm_query(llm_query('q'))"],
  ["llm_query_batched(['q']).map((x) => x)"],
  ["for (const x of llm_query_batched(['q'])) print(x)"],
])("%j is told to await", async (code) => {
  expect((await shared.run(code)).error?.message).toMatch(/await llm_query/);
});

test("a cell ends when every call that it started has settled", async () => {
  const settled: string[] = [];
  const { run } = await startRepl({
    onSubCall: async ({ prompt }) => {
      await new Promise((wait) => setTimeout(wait, 30));
      settled.push(prompt);
      return prompt;
    },
  });
  expect((await run("llm_query('forgotten').then((r) => print('late', r)); 3")).output).toBe("late forgotten\n");
  expect(settled).toEqual(["forgotten"]);
});

test("the functions that a cell overwrites are back in the next one, and it is told", async () => {
  const { run } = await startRepl();
  const { value, output } = await run("const list = [1], context = 2; list", "list().length + context['README.md']");
  expect(value).toBe("2# Readme\n");
  expect(output).toMatch(/^Note: list, context: /);
});

test("time stands still and chance repeats, so that a run can be replayed", async () => {
  const cell = "[Date.now(), new Date().getTime(), Math.random(), Math.random()]";
  const [first, second] = [await shared.run(cell), await (await startRepl()).run(cell)];
  expect(first.value).toBe(second.value);
  expect(first.value).toMatch(/^\[1000000, 1000000, 0\.\d+, 0\.\d+\]$/);
});

test("the context of files reads like an object and can't be changed", async () => {
  const { run } = await startRepl();
  expect((await run("[[...context], Object.keys(context), 'README.md' in context, 'x' in context]")).value).toBe(
    '[["README.md", "src/main.ts"], ["README.md", "src/main.ts"], true, false]',
  );
  expect((await run("context['README.md']")).value).toBe("# Readme\n");
  expect((await run("context['READNE.md']")).error?.message).toMatch(/No file "READNE.md". Did you mean "README.md"\?/);
  expect((await run("context.x = 1")).error?.message).toBe("context can't be changed.");
});

test("a text is a real string, and one of more than 16 MB has its reading methods", async () => {
  const small = await startRepl({ context: { kind: "text", name: "t", text: "one two\nthree" } });
  expect(
    (await small.run("[typeof context, context.split(' ').length, read(2, 2), search('three')[0].line]")).value,
  ).toBe('["string", 2, "three", 2]');
  const long = `${"line of text\n".repeat(1_500_000)}the needle 42\n`;
  const large = await startRepl({ context: { kind: "text", name: "t", text: long } });
  const cell = `[context.length, context.slice(0, 4), context.indexOf("needle"), context.match(/needle (\\d+)/)[1],
    [...context.matchAll(/needle/g)].length, context.lines(1, 2).length, context.includes("nothing")]`;
  expect((await large.run(cell)).value).toBe(`[${long.length}, "line", ${long.indexOf("needle")}, "42", 1, 2, false]`);
  expect((await large.run("context.split('x')")).error?.message).toMatch(/use chunks\(\), search\(\) or lines/);
});

test("a variable called answer is a variable", async () => {
  const { run, sandbox } = await startRepl();
  expect((await run("const answer = 'mine'; FINAL_VAR('answer')")).answer).toBe("mine");
  expect(await sandbox.variable("answer")).toEqual({ found: true, text: "mine" });
});

test("an answer that was not taken is not handed in again by the next cell", async () => {
  const { run } = await startRepl();
  expect((await run("answer.content = 'early'; answer.ready = true")).answer).toBe("early");
  expect(await run("list()")).not.toHaveProperty("answer");
});

test("history is what was asked before, can't be changed, and yields to a variable of that name", async () => {
  const history = [{ question: "Where?", answer: "There [a.ts:1]." }];
  const { run } = await startRepl({ history });
  expect((await run("history.map((h) => h.question + ' ' + h.answer)")).value).toBe('["Where? There [a.ts:1]."]');
  expect((await run("history[0].answer = 'no'; history.push(1)")).error?.name).toBe("TypeError");
  expect((await run("history[0].answer")).value).toBe("There [a.ts:1].");
  expect((await run("const history = 7;", "history")).value).toBe("7");
});
