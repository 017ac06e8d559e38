import { symlinkSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { answer, cell, replies } from "../support/asking.ts";
import { startScriptedServer } from "../support/scripted-server.ts";
import { tempFolder } from "../support/temp-folder.ts";

const program = path.resolve(import.meta.dirname, "../../dist/mcp.js");
const files = {
  "src/limits.ts": "export const mostTurns = 20;\nexport const mostCalls = 200;\n",
  "docs/notes.md": "# Notes\n",
  ".env": "SECRET=sesame\n",
};

interface Called {
  readonly isError?: boolean;
  readonly content: readonly { readonly text: string }[];
  readonly structuredContent?: Readonly<Record<string, unknown>>;
}

/** A client of the built program, over stdio; state is in a folder of the test's own. */
async function connected(roots: readonly string[], env: Readonly<Record<string, string>> = {}, state = tempFolder()) {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [program, ...roots.flatMap((root) => ["--root", root])],
    env: { ...getDefaultEnvironment(), XDG_STATE_HOME: state, ...env },
    stderr: "pipe",
  });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  onTestFinished(() => client.close());
  const call = async (name: string, args: Record<string, unknown>) =>
    (await client.callTool({ name, arguments: args })) as unknown as Called;
  return { client, call, transport, state };
}

describe("rlm mcp", () => {
  test("has three tools, each with its schemas", async () => {
    const { client } = await connected([tempFolder(files)]);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["ask_codebase", "search_codebase", "read_run"]);
    expect(
      tools.every(({ inputSchema, annotations }) => inputSchema.type === "object" && annotations?.readOnlyHint),
    ).toBe(true);
  });

  test("answers a question, tells its progress, and keeps the run as a resource", async () => {
    const { client, call } = await connected([tempFolder(files)]);
    const told: string[] = [];
    const result = (await client.callTool(
      { name: "ask_codebase", arguments: { question: "What is mostTurns?" } },
      undefined,
      { onprogress: ({ message }) => told.push(message ?? "") },
    )) as unknown as Called;
    expect(result.content[0]?.text).toContain("export const mostTurns = 20;");
    expect(result.structuredContent).toMatchObject({
      stop_reason: "answered",
      citations: [expect.objectContaining({ path: "src/limits.ts", status: "quoted" })],
    });
    expect(told.some((message) => message.startsWith("Turn 1"))).toBe(true);
    const runId = String(result.structuredContent?.run_id);
    expect((await call("read_run", { run_id: runId })).content[0]?.text).toMatch(/## Question\s+> What is mostTurns\?/);
    const { resources } = await client.listResources();
    expect(resources).toMatchObject([{ uri: `rlm-run://${runId}`, name: "What is mostTurns?" }]);
    const { contents } = await client.readResource({ uri: `rlm-run://${runId}` });
    expect(contents[0]).toMatchObject({ mimeType: "text/markdown", text: expect.stringContaining("mostTurns = 20") });
  });

  test("searches with lines, in a part of the root too, and never in secret files", async () => {
    const { call } = await connected([tempFolder(files)]);
    const found = await call("search_codebase", { pattern: "most\\w+", paths: ["src"] });
    expect(found.structuredContent).toMatchObject({ total: 2, files: 1, truncated: false });
    expect(found.content[0]?.text).toContain("src/limits.ts");
    expect((await call("search_codebase", { pattern: "sesame" })).structuredContent).toMatchObject({ total: 0 });
    const few = await call("search_codebase", { pattern: "MOST", ignore_case: true, glob: "*.ts", limit: 1 });
    expect(few.structuredContent).toMatchObject({ total: 2, truncated: true });
  });

  test("tells nothing outside of its roots", async () => {
    const outside = tempFolder({ "key.txt": "outside\n" });
    const root = tempFolder(files);
    symlinkSync(outside, path.join(root, "link"));
    const { call } = await connected([root]);
    const relative = path.relative(root, path.join(outside, "key.txt"));
    for (const named of [outside, path.join(outside, "key.txt"), relative, "link", "link/key.txt", "/etc", "../"]) {
      for (const [tool, args] of [
        ["search_codebase", { pattern: "." }],
        ["ask_codebase", { question: "What is there?" }],
      ] as const) {
        const result = await call(tool, { ...args, paths: [named] });
        expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(/^There is no/) }] });
      }
    }
    expect((await call("search_codebase", { pattern: "outside" })).structuredContent).toMatchObject({ total: 0 });
  });

  test("shows no runs about other roots", async () => {
    const state = tempFolder();
    const first = await connected([tempFolder(files)], {}, state);
    const asked = await first.call("ask_codebase", { question: "What is mostCalls?" });
    const second = await connected([tempFolder(files)], {}, state);
    expect((await second.client.listResources()).resources).toEqual([]);
    const read = await second.call("read_run", { run_id: String(asked.structuredContent?.run_id) });
    expect(read).toMatchObject({ isError: true });
    expect(await second.call("read_run", { run_id: "../../x" })).toMatchObject({ isError: true });
  });

  test("says in one line what is wrong", async () => {
    const { call } = await connected([tempFolder(files)]);
    expect(await call("search_codebase", { pattern: "x", paths: ["nowhere"] })).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('There is no "nowhere"') }],
    });
    expect(await call("ask_codebase", { question: " " })).toMatchObject({ isError: true });
  });

  test("asks the endpoint of its environment, and a cancelled question ends its run", async () => {
    const upstream = await startScriptedServer(({ messages }) =>
      messages[1]?.content.includes("for ever")
        ? { delayMs: 60_000, text: "late" }
        : replies([`${cell("list()")}\n${answer("from the endpoint")}`])({
            messages,
            model: "",
            stream: true,
            headers: {},
            body: {},
            index: 0,
          }),
    );
    onTestFinished(() => upstream.close());
    const env = { OPENAI_BASE_URL: upstream.baseUrl, OPENAI_API_KEY: "key" };
    const many = { "a.txt": "line\n".repeat(20_000) };
    const { client, call } = await connected([tempFolder(many)], env);
    expect((await call("ask_codebase", { question: "What is it?" })).content[0]?.text).toBe("from the endpoint");
    const controller = new AbortController();
    const asking = client
      .callTool({ name: "ask_codebase", arguments: { question: "for ever" } }, undefined, { signal: controller.signal })
      .catch(() => "gone");
    while (upstream.inFlight === 0) await sleep(5);
    controller.abort();
    expect(await asking).toBe("gone");
    while (upstream.inFlight > 0) await sleep(5);
    expect((await call("search_codebase", { pattern: "nothing" })).structuredContent).toMatchObject({ total: 0 });
  });

  test("ends when its client goes, in the midst of a run too", async () => {
    const upstream = await startScriptedServer(() => ({ delayMs: 60_000, text: "late" }));
    onTestFinished(() => upstream.close());
    const env = { OPENAI_BASE_URL: upstream.baseUrl };
    const { client, transport } = await connected([tempFolder({ "a.txt": "line\n".repeat(20_000) })], env);
    const asking = client.callTool({ name: "ask_codebase", arguments: { question: "?" } }).catch(() => "gone");
    while (upstream.inFlight === 0) await sleep(5);
    const { pid } = transport;
    await client.close();
    expect(await asking).toBe("gone");
    while (upstream.inFlight > 0 || isAlive(pid)) await sleep(5);
  });
});

function isAlive(pid: number | null): boolean {
  try {
    return pid !== null && process.kill(pid, 0);
  } catch {
    return false;
  }
}
