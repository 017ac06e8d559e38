import { randomInt, randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { runEventSchema } from "../../src/rlm/events.ts";
import { answer, cell, replies, someFiles } from "../support/asking.ts";
import { type Script, type ScriptedServerOptions, sendJson, startScriptedServer } from "../support/scripted-server.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { rlm, startRlm } from "./rlm.ts";

async function serve(script: Script, options: ScriptedServerOptions = {}) {
  const server = await startScriptedServer(script, options);
  onTestFinished(() => server.close());
  return server;
}

const loop = ["--direct-below", "0"];
const oneLine = (text: string) => text.trim().split("\n").at(-1) ?? "";

describe("rlm ask", () => {
  test("answers offline without a key, and says so: the answer alone on stdout, the story on stderr", async () => {
    const limit = randomInt(100, 999);
    const cwd = tempFolder({
      ...someFiles,
      "src/upload.ts": `export function uploadLimit() {\n  // The largest upload in megabytes.\n  return ${limit};\n}\n`,
    });
    const { code, stdout, stderr } = await rlm(["ask", "What is the largest upload?"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain(`return ${limit};`);
    expect(stdout).toMatch(/\[src\/upload\.ts:\d+(-\d+)?\]/);
    expect(stdout).toContain("without a language model");
    expect(stderr).toContain("Offline: found by search, without a language model.");
    expect(stderr).toMatch(/\d turns · 0 sub-calls/);
    expect(stderr).not.toContain("\x1b");
  });

  test("asks the only model of an endpoint, and prints one object with --json", async () => {
    const word = randomUUID();
    const server = await serve(
      replies([cell("show('a.txt')"), (seen) => answer(`${/1: (.*)/.exec(seen)?.[1]} [a.txt:1]`)]),
      {
        apiKey: "k",
      },
    );
    const env = { OPENAI_API_KEY: "k", OPENAI_BASE_URL: server.baseUrl };
    const { code, stdout } = await rlm(["ask", "--json", ...loop, "Which word?"], {
      cwd: tempFolder({ "a.txt": `${word}\n` }),
      env,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      answer: `${word} [a.txt:1]`,
      stopReason: "answered",
      runId: expect.any(String),
      turns: 2,
      calls: 0,
      usage: { input: expect.any(Number), cachedInput: 0, output: expect.any(Number), costUsd: null },
      citations: [{ path: "a.txt", from: 1, to: 1, status: "quoted" }],
      coverage: { files: 1, listed: 1, searched: 1, read: 1, shown: 1, lines: 1, shownLines: 1 },
      wallMs: expect.any(Number),
    });
  });

  test("shows child runs below their cell, and takes a model of their own for them", async () => {
    const server = await serve((request) => {
      const isChild = request.messages[1]?.content.includes("# Question\n\nWhat is in it?") === true;
      const root = cell('list();\nFINAL(await rlm_query("What is in it?", ["a.txt"]))');
      return replies([isChild ? cell('show("a.txt");\nFINAL("words")') : root])(request);
    });
    const prices = ["--price", "scripted=1000,2000", "--price", "small=1,2,0.5"];
    const flags = ["--base-url", server.baseUrl, "--child-model", "small", "--max-cost", "50", ...prices, ...loop];
    const { code, stdout, stderr } = await rlm(["ask", ...flags, "Which?"], {
      cwd: tempFolder({ "a.txt": "words\n" }),
    });
    expect([code, stdout]).toEqual([0, "words\n"]);
    expect(server.requests.map(({ model }) => model)).toEqual(["scripted", "small"]);
    expect(stderr).toMatch(/^ {4}Child run: What is in it\? · .*\n {6}Turn 1 · .*\n {8}show\("a\.txt"\)/m);
    expect(stderr).toContain("1 turn · 0 sub-calls · 1 child run · ");
    // More than a thousand tokens at a tenth of a cent, and nothing unknown.
    expect(Number(/ · \$([\d.]+) · [\d.]+ m?s\n$/.exec(stderr)?.[1])).toBeGreaterThan(1);
  });

  test.each([
    [["--max-cost", "much"], /--max-cost takes an amount of US dollars/],
    [["--price", "m=1"], /--price takes MODEL=IN,OUT/],
    [["--price", "m=a,b"], /--price takes MODEL=IN,OUT/],
    [["--max-depth", "0"], /--max-depth takes a whole number of at least 1/],
  ])("refuses %j", async (flags, message) => {
    const { code, stderr } = await rlm(["ask", ...flags, "Why?"]);
    expect([code, message.test(stderr)]).toEqual([2, true]);
  });

  test("takes several contexts, paths from stdin, and a text from stdin", async () => {
    const server = await serve(replies([cell("FINAL(list())")]));
    const folder = tempFolder({ "one/a.ts": "a", "two/b.ts": "b", "two/c.ts": "c" });
    const ask = (args: string[], stdin?: string) =>
      rlm(["ask", "--base-url", server.baseUrl, ...loop, ...args, "Which?"], {
        cwd: folder,
        ...(stdin === undefined ? {} : { stdin }),
      });
    const named = await ask(["--context", "one", "--context", "two/b.ts"]);
    expect(JSON.parse(named.stdout)).toEqual(["b.ts", "one/a.ts"]);
    const listed = await ask(["--context", "-"], "two/b.ts\ntwo/c.ts\n");
    expect(JSON.parse(listed.stdout)).toEqual(["b.ts", "c.ts"]);
    const text = await serve(replies([cell("FINAL(context.toUpperCase())")]));
    const piped = await rlm(["ask", "--base-url", text.baseUrl, ...loop, "--text", "-", "Which?"], {
      stdin: "some text",
    });
    expect(piped.stdout).toBe("SOME TEXT\n");
  });

  test("--trace writes each event as a JSON line that only the owner may read, without pieces of replies", async () => {
    const server = await serve(replies([cell("list()"), answer("x")]));
    const cwd = tempFolder(someFiles);
    await rlm(["ask", "--base-url", server.baseUrl, ...loop, "--trace", "t.jsonl", "Why?"], { cwd });
    const lines = readFileSync(path.join(cwd, "t.jsonl"), "utf8").trim().split("\n");
    const events = lines.map((line) => runEventSchema.parse(JSON.parse(line)));
    expect(events.at(0)).toMatchObject({ type: "run.started", question: "Why?" });
    expect(events.at(-1)).toMatchObject({ type: "run.finished", answer: "x" });
    expect(events.some((event) => event.type === "reply.delta")).toBe(false);
    expect(statSync(path.join(cwd, "t.jsonl")).mode & 0o777).toBe(0o600);
  });

  test("a citation that is not in the files is named on stderr", async () => {
    const server = await serve(replies([cell("list()"), answer("See [gone.ts:3-4].")]));
    const { code, stderr } = await rlm(["ask", "--base-url", server.baseUrl, ...loop, "Why?"], {
      cwd: tempFolder(someFiles),
    });
    expect(code).toBe(0);
    expect(oneLine(stderr)).toBe("rlm: Not in the files: gone.ts:3-4.");
  });

  test("of many citations that are not in the files five are named, each once, and the rest are counted", async () => {
    const many = Array.from({ length: 1_007 }, (_, i) => `[gone${i}.ts:1] [gone${i}.ts:1]`);
    const server = await serve(replies([cell("list()"), answer(many.join(" "))]));
    const { stderr } = await rlm(["ask", "--base-url", server.baseUrl, ...loop, "Why?"], {
      cwd: tempFolder(someFiles),
    });
    const named = [0, 1, 2, 3, 4].map((i) => `gone${i}.ts:1`).join(", ");
    expect(oneLine(stderr)).toBe(`rlm: Not in the files: ${named} and 1,002 more.`);
  });

  test("a question may begin with a dash after --", async () => {
    const server = await serve(replies([answer("x")]));
    const args = ["ask", "--json", "--base-url", server.baseUrl, "--", "--json is what?"];
    const { code } = await rlm(args, { cwd: tempFolder(someFiles) });
    expect(code).toBe(0);
    expect(server.requests[0]?.messages.at(-1)?.content).toContain("--json is what?");
  });

  test("a failed try is told in a sentence, and one line is 1 line", async () => {
    const server = await serve(({ index }) =>
      index > 0 ? "x" : { raw: (_req, res) => sendJson(res, 500, { error: { message: "boom" } }) },
    );
    const { stderr } = await rlm(["ask", "--base-url", server.baseUrl, "--text", "-", "Why?"], { stdin: "one line" });
    expect(stderr).toMatch(/boom\. Trying again in /);
    expect(stderr).toMatch(/^stdin: 1 line · /m);
  });
});

describe("rlm ask ends with one clear line and the right exit code", () => {
  test("a wrong key: 1", async () => {
    const server = await serve(replies([answer("x")]), { apiKey: "right" });
    const env = { OPENAI_API_KEY: "sk-wrong-0123456789", OPENAI_BASE_URL: server.baseUrl };
    const { code, stdout, stderr } = await rlm(["ask", "--model", "m", "Why?"], { cwd: tempFolder(someFiles), env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(oneLine(stderr)).toMatch(/^rlm: .*key.*refused.*401.*OPENAI_API_KEY/);
    expect(stderr).not.toContain("sk-wrong");
    expect(stderr).not.toMatch(/\n\s+at /);
  });
  test("a server that is gone: 1", async () => {
    const server = await startScriptedServer(() => "x");
    await server.close();
    const { code, stderr } = await rlm(["ask", "--base-url", server.baseUrl, "--model", "m", "Why?"], {
      cwd: tempFolder(someFiles),
    });
    expect(code).toBe(1);
    expect(oneLine(stderr)).toMatch(/^rlm: .*127\.0\.0\.1/);
  });
  test("an unknown model: 1, with those that exist", async () => {
    const server = await serve(
      () => ({
        raw: (_req, res) =>
          void res
            .writeHead(404, { "content-type": "application/json" })
            .end('{"error":{"code":"model_not_found","message":"no"}}'),
      }),
      { models: ["alpha", "beta"] },
    );
    const { code, stderr } = await rlm(["ask", "--base-url", server.baseUrl, "--model", "gamma", "Why?"], {
      cwd: tempFolder(someFiles),
    });
    expect(code).toBe(1);
    expect(oneLine(stderr)).toMatch(/gamma.*alpha, beta/);
  });
  test("a limit: 3, with the partial answer", async () => {
    const server = await serve(replies([(seen) => (/No more cells/.test(seen) ? answer("half") : cell("list()"))]));
    const { code, stdout, stderr } = await rlm(
      ["ask", "--base-url", server.baseUrl, ...loop, "--max-turns", "2", "Why?"],
      { cwd: tempFolder(someFiles) },
    );
    expect({ code, stdout }).toEqual({ code: 3, stdout: "half\n" });
    expect(oneLine(stderr)).toBe("rlm: Stopped at the limit of turns (--max-turns): partial answer.");
  });
  test("Ctrl-C: 130, with the request dropped and a whole trace", async () => {
    const server = await serve(() => ({ text: "late", delayMs: 60_000 }));
    const cwd = tempFolder(someFiles);
    const { child, finished } = startRlm(["ask", "--base-url", server.baseUrl, ...loop, "--trace", "t.jsonl", "Why?"], {
      cwd,
    });
    await expect.poll(() => server.inFlight, { timeout: 10_000 }).toBe(1);
    child.kill("SIGINT");
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(oneLine(stderr)).toBe("rlm: Cancelled.");
    await expect.poll(() => server.abandoned).toBe(1);
    const last = readFileSync(path.join(cwd, "t.jsonl"), "utf8").trim().split("\n").at(-1) ?? "";
    expect(JSON.parse(last)).toMatchObject({ type: "run.finished", stopReason: "cancelled" });
  });
  test.each([
    [["ask"], /What is the question/],
    [["ask", "--nope", "Why?"], /Unknown option '--nope'/],
    [["ask", "--max-turns", "many", "Why?"], /--max-turns takes a whole number of at least 1, not "many"/],
    [["ask", "--model", "gpt-5", "Why?"], /needs an endpoint: set OPENAI_API_KEY/],
    [["ask", "--base-url", "ftp://x", "Why?"], /--base-url takes an http or https URL/],
    [["ask", "--context", "a", "--text", "b", "Why?"], /either --context or --text/],
    [
      ["ask", "--trace", "/no/such/t", "Why?"],
      /^rlm: The trace can't be written to \/no\/such\/t: no such file or directory\.$/,
    ],
    [["ask", "--trace", "src", "Why?"], /^rlm: The trace can't be written to src: illegal operation on a directory\.$/],
    [["ask", "-Wall?"], /Unknown option '-W'\. Write -- before a question that begins with a dash\. See rlm --help\.$/],
    [["ask", "-v is what?"], /Write -- before a question that begins with a dash\. See rlm --help\.$/],
    [["answer"], /There is no command "answer"/],
    [["context", "--nope"], /Unknown option '--nope'/],
  ])("wrong use %j: 2", async (args, message) => {
    const { code, stdout, stderr } = await rlm(args, { cwd: tempFolder(someFiles) });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(oneLine(stderr)).toMatch(message);
  });
  test("an endpoint with several models and none named: 2, with some of them", async () => {
    const server = await serve(replies([answer("x")]), { models: ["alpha", "beta"] });
    const { code, stderr } = await rlm(["ask", "--base-url", server.baseUrl, "Why?"], { cwd: tempFolder(someFiles) });
    expect(code).toBe(2);
    expect(oneLine(stderr)).toBe("rlm: Which model? Name one with --model, for example: alpha, beta.");
  });
  test("names of models that have no end are cut", async () => {
    const server = await serve(replies([answer("x")]), { models: ["a".repeat(5_000), "b".repeat(100), "beta"] });
    const { stderr } = await rlm(["ask", "--base-url", server.baseUrl, "Why?"], { cwd: tempFolder(someFiles) });
    expect(oneLine(stderr)).toBe(
      `rlm: Which model? Name one with --model, for example: ${"a".repeat(59)}…, ${"b".repeat(59)}…, beta.`,
    );
  });
  test.each([
    [["--context", "src", "--context", "nowhere"], 'rlm: There is no file or folder "nowhere".'],
    [["--context", "nowhere/*.ts"], 'rlm: No file matches "nowhere/*.ts".'],
    [["--text", "nowhere.txt"], 'rlm: There is no file "nowhere.txt".'],
  ])("a context that is not there %j: 2, and no endpoint is asked", async (args, line) => {
    const server = await serve(replies([answer("x")]), { models: ["alpha", "beta"] });
    const flags = ["--base-url", server.baseUrl, ...args];
    const { code, stderr } = await rlm(["ask", ...flags, "Why?"], { cwd: tempFolder(someFiles) });
    expect({ code, stderr }).toEqual({ code: 2, stderr: `${line}\n` });
  });
  test("a glob that matches nothing: 2", async () => {
    const { code, stderr } = await rlm(["ask", "--context", "src/*.py", "Why?"], { cwd: tempFolder(someFiles) });
    expect(code).toBe(2);
    expect(oneLine(stderr)).toBe('rlm: No file matches "src/*.py".');
  });
});

describe("the other commands", () => {
  test("rlm context shows what would be asked about and each file left out with its reason", async () => {
    const cwd = tempFolder({
      ...someFiles,
      ".gitignore": "*.log\n",
      "a.log": "x",
      ".env": "KEY=1",
      "image.bin": "\0\x01\x02\0",
    });
    const { code, stdout } = await rlm(["context", "."], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/ignored\s+a\.log/);
    expect(stdout).toMatch(/binary\s+image\.bin/);
    expect(stdout).toMatch(/secret\s+\.env/);
    expect(stdout).toContain("src/");
  });
  test("rlm context lists each file where all are left out", async () => {
    const cwd = tempFolder({ ".gitignore": "*\n", "a.log": "x", ".env": "KEY=1" });
    const { code, stdout, stderr } = await rlm(["context"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Left out \(3\):$/m);
    expect(stdout).toMatch(/^ {2}ignored +a\.log/m);
    expect(stdout).toMatch(/^ {2}secret +\.env/m);
    expect(stderr).toBe("rlm: Nothing there may be asked about: all is left out.\n");
  });
  test("rlm demo finds the needle in a million lines, offline", async () => {
    const { code, stdout, stderr } = await rlm(["demo"]);
    expect(code).toBe(0);
    const number = /Found it: (\d+)\./.exec(stderr)?.[1] ?? "";
    expect(stdout).toContain(number);
    expect(number).toMatch(/^\d{7}$/);
  });
  test("rlm demo finds the needle with a model", async () => {
    const server = await serve(
      replies([
        cell("search(/magic number is \\d+/)"),
        (seen) => answer(/magic number is (\d+)/.exec(seen)?.[1] ?? "none"),
      ]),
    );
    const { code, stderr } = await rlm(["demo", "--base-url", server.baseUrl]);
    expect(code).toBe(0);
    expect(oneLine(stderr)).toMatch(/^Found it: \d{7}\.$/);
  });
  test("rlm --version and --help", async () => {
    expect((await rlm(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await rlm(["ask", "--help"])).toMatchObject({ code: 0, stdout: expect.stringContaining("Usage: rlm ask") });
  });
});
