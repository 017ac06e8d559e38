import { writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { answer, cell, replies, someFiles } from "../support/asking.ts";
import { type Script, type ScriptedServerOptions, sendJson, startScriptedServer } from "../support/scripted-server.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type Finished, type RlmOptions, shell, startShell } from "./rlm.ts";

async function serve(script: Script, options: ScriptedServerOptions = {}) {
  const server = await startScriptedServer(script, options);
  onTestFinished(() => server.close());
  return server;
}

/** Asks in a terminal of so many columns; what it shows is in `stdout`. `script` is a part of every Linux. */
function askInTerminal(
  baseUrl: string,
  columns: number,
  env: RlmOptions["env"] = {},
  stdin?: string,
): Promise<Finished> {
  const ask = `stty cols ${columns}; exec $rlm ask --direct-below 0 --base-url ${baseUrl} "Why?"`;
  return shell('script -qec "$ask" /dev/null', {
    cwd: tempFolder(someFiles),
    ...(stdin === undefined ? {} : { stdin }),
    env: { TERM: "xterm-256color", SHELL: "/bin/sh", ask, ...env },
  });
}

const clear = "\r\x1b[2K";

/** What the live line has shown, one after the other. */
function liveLines(shown: string): string[] {
  const lines = shown.split(clear).map((part) => /^[\u2800-\u28ff] [^\r\n]*/.exec(part)?.[0] ?? "");
  return lines.filter((line, i) => line !== "" && line.slice(2) !== lines[i - 1]?.slice(2));
}

const slow = replies([cell("list()"), answer("# So\n\nIn `src/main.ts` [src/main.ts:1].")]);
const slowly: Script = async (request) => ({ text: String(await slow(request)), delayMs: 300 });

describe.runIf(process.platform === "linux")("in a terminal", () => {
  test("the answer is styled, and the live line is gone at the end", async () => {
    const { baseUrl } = await serve(slowly);
    const { code, stdout } = await askInTerminal(baseUrl, 80);
    expect(code).toBe(0);
    expect(liveLines(stdout).join("\n")).toContain("Turn 1: waiting for the model");
    const end = stdout.slice(stdout.lastIndexOf(clear) + clear.length);
    expect(end).toContain("\x1b[1m# So\x1b[22m\r\n");
    expect(end).toContain("\x1b[36m`src/main.ts`\x1b[39m \x1b[4m[src/main.ts:1]\x1b[24m");
  });

  test.each([[{ NO_COLOR: "1" }], [{ TERM: "dumb" }]])("%j: not one escape", async (env) => {
    const { baseUrl } = await serve(slowly);
    const { code, stdout } = await askInTerminal(baseUrl, 80, env);
    expect(code).toBe(0);
    expect(stdout).toContain("# So\r\n");
    expect(stdout).toContain("Turn 1 · ");
    expect(stdout).not.toContain("\x1b");
  });

  test.each([40, 20, 12])("the live line fits into %i columns", async (columns) => {
    const { baseUrl } = await serve(slowly);
    const lines = liveLines((await askInTerminal(baseUrl, columns)).stdout);
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line.length).toBeLessThan(columns);
  });

  test("many calls are asked about, and a few of them are made first", async () => {
    const many =
      "list();\nFINAL((await llm_query_batched(Array.from({ length: 60 }, (_, i) => 'q' + i))).filter((r) => r.startsWith('seen')).length)";
    const server = await serve(replies([cell(many)]));
    const { code, stdout } = await askInTerminal(server.baseUrl, 80, {}, "what\nf\ns\n");
    expect(code).toBe(0);
    expect(stdout).toMatch(/A cell wants 60 sub-calls: ≈[\d.]+k? tokens, cost unknown\. One of them:\r\n {2}q0/);
    expect(stdout).toContain("A cell wants 55 sub-calls");
    expect(stdout.trimEnd().endsWith("5")).toBe(true);
    expect(server.requests).toHaveLength(6);
  });

  test("the question about them begins a line, and its choices stay to be read until they are answered", async () => {
    const { baseUrl } = await serve(
      replies([cell('list();\nFINAL((await llm_query_batched(Array(60).fill("q"))).length)')]),
    );
    const pipe = path.join(tempFolder(someFiles), "typed");
    const ask = `exec $rlm ask --direct-below 0 --base-url ${baseUrl} "Why?"`;
    const env = { TERM: "xterm-256color", SHELL: "/bin/sh", ask, pipe };
    const line = 'mkfifo "$pipe"; exec 3<>"$pipe"; script -qec "$ask" /dev/null <&3';
    const { child, finished } = startShell(line, { cwd: tempFolder(someFiles), env });
    let shown = "";
    const isAsked = new Promise<void>((resolve) => {
      child.stdout.on("data", (data) => {
        shown += data;
        if (shown.includes("these calls: ")) resolve();
      });
    });
    await isAsked;
    // What would wipe the question comes with the next events and frames.
    await sleep(300);
    writeFileSync(pipe, "all\n");
    const { code, stdout } = await finished;
    expect(code).toBe(0);
    expect(stdout).toContain(`${clear}A cell wants 60 sub-calls`);
    expect(stdout).toContain("these calls: all\r\n");
  });

  test("the wait that an endpoint asks for counts down", async () => {
    const limited: Script = ({ index }) =>
      index > 0
        ? answer("x")
        : { raw: (_req, res) => sendJson(res, 429, { error: { message: "slow down" } }, { "retry-after": "2" }) };
    const { baseUrl } = await serve(limited);
    const { stdout } = await askInTerminal(baseUrl, 80);
    const seconds = liveLines(stdout).flatMap((line) => /Rate limited; again in (\d) s/.exec(line)?.[1] ?? []);
    expect(seconds).toEqual(["3", "2", "1"].slice(-seconds.length));
    expect(seconds.length).toBeGreaterThanOrEqual(2);
    expect(stdout).toMatch(/\(429\)\. Trying again in 2\.\d s\./);
  });
});
