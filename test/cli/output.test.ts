import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { answer, cell, replies, someFiles } from "../support/asking.ts";
import { type Script, type ScriptedServerOptions, sendJson, startScriptedServer } from "../support/scripted-server.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { rlm, shell, startRlm } from "./rlm.ts";

async function serve(script: Script, options: ScriptedServerOptions = {}) {
  const server = await startScriptedServer(script, options);
  onTestFinished(() => server.close());
  return server;
}

describe("--json prints one object for every failure", () => {
  const failure = (code: string, message: RegExp) => ({
    answer: null,
    stopReason: "failed",
    error: { code, message: expect.stringMatching(message) },
  });

  test("a key that the endpoint refuses when it is asked for its models", async () => {
    const server = await serve(replies([answer("x")]), { apiKey: "right" });
    const env = { OPENAI_API_KEY: "wrong", OPENAI_BASE_URL: server.baseUrl };
    const { code, stdout } = await rlm(["ask", "--json", "Why?"], { cwd: tempFolder(someFiles), env });
    expect({ code, object: JSON.parse(stdout) }).toEqual({ code: 1, object: failure("auth", /refused/) });
  });

  test("an endpoint that is gone", async () => {
    const server = await startScriptedServer(() => "x");
    await server.close();
    const args = ["ask", "--json", "--base-url", server.baseUrl, "Why?"];
    const { code, stdout } = await rlm(args, { cwd: tempFolder(someFiles) });
    expect({ code, object: JSON.parse(stdout) }).toEqual({ code: 1, object: failure("network", /127\.0\.0\.1/) });
  });

  test("a model that must be named, for rlm demo too", async () => {
    const server = await serve(replies([answer("x")]), { models: ["alpha", "beta"] });
    for (const args of [["ask", "Why?"], ["demo"]]) {
      const { code, stdout } = await rlm([...args, "--json", "--base-url", server.baseUrl], {
        cwd: tempFolder(someFiles),
      });
      expect({ code, object: JSON.parse(stdout) }).toEqual({ code: 2, object: failure("usage", /alpha, beta/) });
    }
  });

  test.each([
    [["--context", "nowhere"], 2, "not-found"],
    [["--trace", "/no/such/t"], 2, "usage"],
    [["--context", "-"], 2, "usage"],
    [["--model", "m"], 2, "usage"],
    [["--text", "src"], 1, "unreadable"],
  ])("%j: %i, %s", async (args, code, errorCode) => {
    const end = await rlm(["ask", "--json", ...args, "Why?"], { cwd: tempFolder(someFiles) });
    expect({ code: end.code, object: JSON.parse(end.stdout) }).toMatchObject({
      code,
      object: failure(errorCode, /./),
    });
    expect(end.stdout.trimEnd()).not.toContain("\n");
  });

  test("a model that fails during the run", async () => {
    const server = await serve(() => ({ raw: (_req, res) => sendJson(res, 401, { error: { message: "no" } }) }));
    const args = ["ask", "--json", "--base-url", server.baseUrl, "--model", "m", "Why?"];
    const { code, stdout } = await rlm(args, { cwd: tempFolder(someFiles) });
    expect({ code, object: JSON.parse(stdout) }).toMatchObject({ code: 1, object: failure("auth", /./) });
  });
});

describe("a stdout that does not take the answer", () => {
  const offline = 'ask --context src "main?"';

  test.runIf(process.platform === "linux")("a full disk: one line, and 1", async () => {
    for (const command of [offline, `${offline} --json`, "--version", "context src"]) {
      const { code, stderr } = await shell(`$rlm ${command} > /dev/full`, { cwd: tempFolder(someFiles) });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^rlm: The answer can't be written: no space left on device\.$/m);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  });

  test("a reader that went away: nothing is said of it", async () => {
    const { child, finished } = startRlm(["ask", "--context", "src", "main?"], { cwd: tempFolder(someFiles) });
    child.stdout.destroy();
    const { code, stderr } = await finished;
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|written|^\s+at /m);
  });

  test.runIf(process.platform === "linux")("a full stderr costs the story, not the answer", async () => {
    const { code, stdout } = await shell(`$rlm ${offline} 2> /dev/full`, { cwd: tempFolder(someFiles) });
    expect(code).toBe(0);
    expect(stdout).toContain("without a language model");
  });
});

describe("--trace", () => {
  const ask = (cwd: string) => rlm(["ask", "--trace", "t.jsonl", "main?"], { cwd });

  test.each([
    ["a text", "Dear diary,\nwhat I kept.\n"],
    ["JSON that is no event", '{"name":"package"}\n'],
    ["lines of another program", '{"type":"run.started"}\n'],
  ])("does not overwrite %s", async (_what, text) => {
    const cwd = tempFolder({ ...someFiles, "t.jsonl": text });
    const { code, stdout, stderr } = await ask(cwd);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(
      "rlm: t.jsonl is there already and is not a trace: it is not overwritten. Name another file.\n",
    );
    expect(readFileSync(path.join(cwd, "t.jsonl"), "utf8")).toBe(text);
  });

  test("overwrites a trace and an empty file, which only the owner may read then", async () => {
    const cwd = tempFolder({ ...someFiles, "t.jsonl": "" });
    const lines: number[] = [];
    for (let run = 0; run < 2; run += 1) {
      expect((await ask(cwd)).code).toBe(0);
      const text = readFileSync(path.join(cwd, "t.jsonl"), "utf8");
      lines.push(text.match(/"type":"run\.started"/g)?.length ?? 0);
      expect(statSync(path.join(cwd, "t.jsonl")).mode & 0o777).toBe(0o600);
    }
    expect(lines).toEqual([1, 1]);
  });

  test("keeps the old trace where no model can be chosen", async () => {
    const cwd = tempFolder(someFiles);
    await ask(cwd);
    const before = readFileSync(path.join(cwd, "t.jsonl"), "utf8");
    const { code } = await rlm(["ask", "--trace", "t.jsonl", "--model", "m", "main?"], { cwd });
    expect(code).toBe(2);
    expect(readFileSync(path.join(cwd, "t.jsonl"), "utf8")).toBe(before);
  });
});

describe("what could harm a terminal", () => {
  const harmful = "a\x1b]0;title\x07b\x9b31mc\u202ed\u2066e\rf\x08";
  const spelled = "a\\x1b]0;title\\x07b\\x9b31mc\\u202ed\\u2066e\\x0df\\x08";

  test("is spelled out in the answer, and stays as it is in --json", async () => {
    const server = await serve(replies([cell("list()"), answer(`${harmful}\r\nnext\tline`)]));
    const args = ["ask", "--direct-below", "0", "--base-url", server.baseUrl, "Why?"];
    const cwd = tempFolder(someFiles);
    expect((await rlm(args, { cwd })).stdout).toBe(`${spelled}\nnext\tline\n`);
    const json = (await rlm([...args, "--json"], { cwd })).stdout;
    expect(JSON.parse(json).answer).toContain(harmful);
    for (const character of "\x1b\x9b\u202e\u2066\r") expect(json).not.toContain(character);
  });

  test("is spelled out in the names of files, which do not begin a line of their own", async () => {
    const cwd = tempFolder({ ...someFiles, "x\x1b[31m\n  secret     y.bin": "\0\x01" });
    const { stdout } = await rlm(["context", "."], { cwd });
    expect(stdout).toMatch(/^ {2}binary +x.*secret {5}y\.bin/m);
    expect(stdout).not.toContain("\x1b");
  });

  test("is spelled out in errors and in what a model says of itself", async () => {
    const message = `no\x1b[2J\nrlm: Answered.`;
    const server = await serve(() => ({ raw: (_req, res) => sendJson(res, 400, { error: { message } }) }));
    const args = ["ask", "--base-url", server.baseUrl, "--model", "m", "Why?"];
    const { stderr } = await rlm(args, { cwd: tempFolder(someFiles) });
    expect(stderr).not.toContain("\x1b");
    expect(stderr).not.toMatch(/^rlm: Answered/m);
  });
});
