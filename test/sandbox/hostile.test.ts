import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRepl, type Repl, startRepl } from "./repl.ts";

const limits = { cellCpuMs: 300 };

describe("a cell that hangs is ended, and what was set before it is kept", () => {
  test.each([
    ["for (;;) {}"],
    ["for (;;) { try { for (;;) {} } catch {} }"],
    ["/(a+)+$/.test('a'.repeat(40) + 'b')"],
    ["await (async () => { for (;;) await null })()"],
    ["(function f() { Promise.resolve().then(f) })(); await new Promise(() => {})"],
    ["const a = []; for (let i = 0; i < 3e6; i++) a.push((i * 7919) % 3000017); a.sort()"],
    ["({ get x() { for (;;) {} } })"],
    ["const e = new Error('m'); Object.defineProperty(e, 'stack', { get() { for (;;) {} } }); throw e"],
  ])("%s", async (code) => {
    const { run } = await startRepl({ limits });
    const shown = await run("var kept = 7", code);
    expect(shown.error?.name ?? "TimeoutError").toMatch(/TimeoutError|Error/);
    expect(shown.memory).not.toBe("lost");
    expect((await run("kept")).value).toBe("7");
  });
});

test("a cell that no interrupt reaches costs its thread, and of the variables only its own", async () => {
  const { run } = await startRepl({ limits });
  const setUp =
    "var kept = 7; const counter = (() => { let n = 0; return () => ++n })(); counter(); class P { #x = 5; get x() { return this.#x } }; var p = new P()";
  const stuck = await run(setUp, "kept = 8; const s = 'a'.repeat(4e6); s.indexOf('a'.repeat(2e6) + 'b')");
  expect(stuck).toMatchObject({ error: { name: "TimeoutError" }, memory: "restored" });
  expect((await run("[kept, counter(), p.x, list().length, typeof s]")).value).toBe('[7, 2, 5, 2, "undefined"]');
  expect((await run("await llm_query('still asks')")).value).toBe("seen still asks");
});

describe("a cell that bloats meets the memory limit", () => {
  test.each([
    ["'a'.repeat(1e9).length"],
    ["const a = []; for (;;) a.push({ x: [1, 2, 3] })"],
    ["new Uint8Array(1e9)"],
    ["const a = []; for (;;) a.push('x'.repeat(1e6) + a.length)"],
    ["let s = 'abc'; for (;;) s += s"],
  ])("%s", async (code) => {
    const { run } = await startRepl({ limits: { memoryBytes: 32 * 1024 * 1024, cellCpuMs: 5_000 } });
    expect((await run(code)).error?.message).toMatch(/out of memory|too long|invalid (array|string) length/i);
    expect((await run("1 + 1")).value).toBe("2");
  });
  test("deep recursion", async () => {
    const { run } = await startRepl();
    expect((await run("(function f() { return f() + 1 })()")).error?.message).toMatch(/stack overflow/);
    expect((await run("JSON.parse('['.repeat(200000) + ']'.repeat(200000))")).error).toBeDefined();
    expect((await run("1 + 1")).value).toBe("2");
  });
});

test("a cell can reach nothing outside", async () => {
  const { run } = await startRepl();
  const names = "process require fetch setTimeout std os Worker WebAssembly performance queueMicrotask";
  const { value } = await run(`"${names}".split(" ").filter((name) => name in globalThis)`);
  expect(value).toBe("[]");
  expect((await run("list.constructor('return typeof process')()")).value).toBe("undefined");
  expect((await run("await import('fs')")).error?.message).toMatch(/could not load module/);
});

test("a flood of output is cut", async () => {
  const { run } = await startRepl({ limits: { outputChars: 10_000 } });
  const { output, error } = await run("for (let i = 0; i < 100000; i++) print('line', i)");
  expect(error).toBeUndefined();
  expect(output.length).toBeLessThan(10_200);
  expect(output).toMatch(/the rest is left out\]\n$/);
});

test("more than a cell may read is refused with what to use instead", async () => {
  const { run } = await startRepl({ files: { "a.txt": "x".repeat(600_000) }, limits: { readChars: 1_000_000 } });
  expect((await run("read('a.txt'); read('a.txt')")).error?.message).toMatch(
    /read in this cell; use search, count or chunks/,
  );
  expect((await run("read('a.txt').length")).value).toBe("600000");
});

describe("lies and wrong types are errors of one line", () => {
  let shared: Repl;
  beforeAll(async () => {
    shared = await openRepl({
      context: { kind: "paths", paths: ["docs"], cwd: path.resolve(import.meta.dirname, "../..") },
    });
  });
  afterAll(() => shared.close());

  test.each([
    ["search()"],
    ["search({})"],
    ["search('x', { path: 'a' })"],
    ["search('x', { limit: -1 })"],
    ["search(Symbol('x'))"],
    ["read(42)"],
    ["read('README.md', 'one')"],
    ["show('nowhere.ts')"],
    ["show({ path: 1 })"],
    ["chunks({ maxChars: 1 })"],
    ["find({})"],
    ["list(() => 1)"],
    ["omitted(3)"],
    ["tree(3)"],
    ["llm_query()"],
    ["llm_query(['a'])"],
    ["llm_query('a', { schema: 'object' })"],
    ["llm_query('a', { schema: null })"],
    ["llm_query('a', { fresh: 1 })"],
    ["llm_query('a', { shema: {} })"],
    ["llm_query('a', [])"],
    ["const s = {}; s.s = s; llm_query('a', { schema: s })"],
    ["llm_query({ toString: () => 'a' })"],
    ["llm_query_batched('a')"],
    ["llm_query_batched([1])"],
    ["llm_query_batched(['a', llm_query('b')])"],
    ["rlm_query()"],
    ["rlm_query('')"],
    ["rlm_query('q', 42)"],
    ["rlm_query('q', [])"],
    ["rlm_query('q', [{}])"],
    ["rlm_query('q', [{ parts: [{ path: 1 }] }])"],
    ["await rlm_query('q', 'no.such'.split('|'))"],
    ["await rlm_query('q', [{ path: 'no.such', line: 1, text: '' }])"],
    ["await rlm_query('q', [{ parts: [{ path: list()[0], from: 'a', to: 2 }] }])"],
    ["await rlm_query('q', [{ parts: [{ path: list()[0], from: 1e9, to: 2e9 }] }])"],
    ["rlm_query('q', llm_query('a'))"],
    ["rlm_query('q', undefined, { model: 'x' })"],
    ["rlm_query_batched('q')"],
    ["rlm_query_batched([null])"],
    ["rlm_query_batched([{ question: 1 }])"],
    ["rlm_query_batched([{ question: 'q', sub: Symbol('s') }])"],
    ["outline(3)"],
    ["outline({ glob: 1 })"],
    ["count(null)"],
    ["search('x'.repeat(1e6), { limit: 1e9 })"],
    ["FINAL()"],
    ["FINAL_VAR('nothing')"],
    ["const o = {}; o.o = o; search('x', o)"],
  ])("%s", async (code) => {
    const { error, memory } = await shared.run(code);
    expect(error?.message).toMatch(/^[^\n]{5,400}$/);
    expect(memory).toBe("kept");
  });
});

test("NUL, lone surrogates and __proto__ pass without harm", async () => {
  const { run } = await startRepl({ onSubCall: async ({ prompt }) => `${prompt}\0end` });
  expect((await run("'a\\0b'")).value).toBe("a\u2400b");
  expect((await run("await llm_query('x\\0y')")).value).toBe("x\u2400y\u2400end");
  expect((await run("'\\ud800'.length")).value).toBe("1");
  expect((await run('FINAL(JSON.parse(\'{"__proto__": {"polluted": 1}}\'))')).answer).toContain("__proto__");
  expect("polluted" in {}).toBe(false);
});

test("cells that break the built-ins break only themselves", async () => {
  const { run } = await startRepl();
  await run(
    "JSON.stringify = null; Array.prototype.map = null; Object.keys = null; Promise.all = null; String.prototype.includes = null",
  );
  expect((await run("print({ a: [1] }); await llm_query('q')")).output).toBe("{a: [1]}\n");
});

test("cancel ends a cell that never ends", async () => {
  const { run, cancel } = await startRepl();
  const running = run("for (;;) {}");
  setTimeout(() => cancel.abort(), 50);
  await expect(running).rejects.toMatchObject({ code: "cancelled" });
});

describe("what the host is told by a guest is checked", () => {
  test("a variable that is a promise, or throws when read, is no answer", async () => {
    const { run, sandbox } = await startRepl();
    await run("var p = llm_query('a'); Object.defineProperty(globalThis, 'g', { get() { throw 1 } })");
    expect(await sandbox.variable("p")).toMatchObject({ found: false });
    expect(await sandbox.variable("g")).toMatchObject({ found: false });
    expect((await run("1 + 1")).value).toBe("2");
  });
  test("an answer is a text whatever the cell has made of String", async () => {
    const { run } = await startRepl();
    const { answer } = await run(
      "String.prototype.includes = () => true; String.prototype.replaceAll = () => ({}); FINAL('x')",
    );
    expect(answer === undefined || typeof answer === "string").toBe(true);
  });
});

test("a late reply to a call of a killed cell never meets a later call", async () => {
  const { run } = await startRepl({
    limits: { cellCpuMs: 300 },
    onSubCall: async ({ prompt }) => {
      await new Promise((wait) => setTimeout(wait, prompt === "first" ? 600 : 900));
      return `reply to ${prompt}`;
    },
  });
  expect((await run("llm_query('first'); for (;;) {}")).error?.name).toBe("TimeoutError");
  expect((await run("await llm_query('second')")).value).toBe("reply to second");
});

test("what was handed in before a time-out counts", async () => {
  const { run } = await startRepl({ limits: { cellCpuMs: 300 } });
  expect(await run("list(); FINAL('kept'); for (;;) {}")).toMatchObject({
    answer: "kept",
    error: { name: "TimeoutError" },
  });
});

test("the values that cells end on are let go", async () => {
  const { run } = await startRepl({ limits: { memoryBytes: 64 * 1024 * 1024 } });
  for (let i = 0; i < 12; i += 1) expect((await run(`var big = "${i}".repeat(10e6)`)).error).toBeUndefined();
  expect((await run("big.length")).value).toBe("20000000");
});

test("a guest that fills its memory is still kept from one cell to the next", async () => {
  const { run } = await startRepl({ limits: { memoryBytes: 48 * 1024 * 1024, cellCpuMs: 2_000 } });
  await run("var kept = 7; var fill = []; try { for (;;) fill.push(new Uint8Array(1e6).fill(1)) } catch {}");
  expect((await run("kept")).value).toBe("7");
});

test("what a getter changes while a variable is asked for is put back before the next cell", async () => {
  const { run, sandbox } = await startRepl({ limits });
  await run("var sly = { toJSON() { JSON.stringify = () => 'poisoned'; return 1 } }");
  await sandbox.variable("sly");
  expect((await run("JSON.stringify([1])")).value).toBe("[1]");
});

test("each guest has the memory limit of its own run, not that of the first one of the process", async () => {
  const code = "new Array(4e6).fill(1.5).length";
  const roomy = await startRepl();
  expect((await roomy.run(code)).value).toBe("4000000");
  const tight = await startRepl({ limits: { memoryBytes: 16 * 1024 * 1024 } });
  expect((await tight.run(code)).error?.message).toMatch(/out of memory/);
});
