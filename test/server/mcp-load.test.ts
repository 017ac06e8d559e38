import { renameSync, symlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { ResourceListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { expect, onTestFinished, test } from "vitest";
import { openAiModel } from "../../src/models/openai-model.ts";
import { mcpRoots } from "../../src/server/mcp-roots.ts";
import { type McpOptions, mcpServer } from "../../src/server/mcp-server.ts";
import { searchFiles } from "../../src/server/search-thread.ts";
import { answer, cell } from "../support/asking.ts";
import { type Script, startScriptedServer } from "../support/scripted-server.ts";
import { tempFolder } from "../support/temp-folder.ts";

interface Called {
  readonly isError?: boolean;
  readonly content: readonly { readonly text: string }[];
}

const look = `${cell("list()")}\n${answer("so")}`;

/** A client of a server in this process, whose runs ask a scripted endpoint. */
async function connected(script: Script, options: Partial<McpOptions> & { readonly root?: string } = {}) {
  const upstream = await startScriptedServer(script);
  onTestFinished(() => upstream.close());
  const model = openAiModel({ id: "scripted", baseUrl: upstream.baseUrl, apiKey: "key" });
  const server = mcpServer({
    roots: mcpRoots([options.root ?? tempFolder({ "a.txt": "line\n" })], "/"),
    parts: async () => ({ root: model, sub: model, named: () => model }),
    directBelowTokens: 0,
    runsFolder: tempFolder(),
    version: "0",
    ...options,
  });
  const client = new Client({ name: "test", version: "1" });
  const [near, far] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(far), client.connect(near)]);
  onTestFinished(() => client.close());
  const call = async (name: string, args: Record<string, unknown>, signal?: AbortSignal) =>
    (await client.callTool({ name, arguments: args }, undefined, signal ? { signal } : {})) as unknown as Called;
  return { client, call, upstream };
}

test("only so many questions are worked on, the next wait in order, and more are refused in a line", async () => {
  const held: (() => void)[] = [];
  const { call, upstream } = await connected(
    async () => {
      await new Promise<void>((go) => held.push(go));
      return look;
    },
    { places: { runs: 1, waiting: 2 } },
  );
  const controller = new AbortController();
  const first = call("ask_codebase", { question: "one?" });
  const second = call("ask_codebase", { question: "two?" }, controller.signal).catch(() => "gone");
  const third = call("ask_codebase", { question: "three?" });
  const refused = await call("ask_codebase", { question: "four?" });
  expect(refused).toMatchObject({
    isError: true,
    content: [{ text: expect.stringMatching(/^1 runs go on and 2 more/) }],
  });
  while (held.length === 0) await sleep(5);
  controller.abort();
  expect(await second).toBe("gone");
  const releasing = setInterval(() => held.shift()?.(), 5);
  for (const asked of [first, third]) expect((await asked).content[0]?.text).toBe("so");
  clearInterval(releasing);
  const questions = upstream.requests.map(({ messages }) => messages[1]?.content ?? "");
  expect(questions.some((text) => text.includes("two?"))).toBe(false);
  expect(upstream.maxInFlight).toBe(1);
});

test("a search that takes long holds up nobody and can be cancelled", async () => {
  const root = tempFolder({ "a.txt": `${"a".repeat(5_000)}!\n` });
  const { call, client } = await connected(() => look, { root });
  const controller = new AbortController();
  let over = false;
  const slow = call("search_codebase", { pattern: "(a+)+$" }, controller.signal).finally(() => {
    over = true;
  });
  const cancelled = slow.catch((error: unknown) => String(error));
  await sleep(300);
  for (let i = 0; i < 5; i += 1) await client.listResources();
  expect(over).toBe(false);
  controller.abort("enough");
  expect(await cancelled).toContain("enough");
  // Its place is free again.
  const found = await Promise.all([1, 2, 3].map(() => call("search_codebase", { pattern: "!$" })));
  for (const { content } of found) expect(content[0]?.text).toContain("a.txt");
});

test("a search that is cancelled ends with the reason for it", async () => {
  const root = tempFolder({ "a.txt": `${"a".repeat(5_000)}!\n` });
  const controller = new AbortController();
  const searching = searchFiles(
    { kind: "paths", paths: [root], cwd: root },
    { pattern: "(a+)+$" },
    controller.signal,
  ).catch((error: unknown) => error);
  await sleep(1_500);
  controller.abort("enough");
  expect(await searching).toBe("enough");
});

test("a pattern that never ends is said so", async () => {
  const root = tempFolder({ "a.txt": `${"a".repeat(5_000)}!\n` });
  const { call } = await connected(() => look, { root });
  const result = await call("search_codebase", { pattern: "(a+)+$" });
  expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringContaining("took longer than") }] });
});

test("a root that has become a link elsewhere is not followed", async () => {
  const root = tempFolder({ "in/a.txt": "inside\n" });
  const outside = tempFolder({ "a.txt": "outside\n" });
  const { call } = await connected(() => look, { root: `${root}/in` });
  renameSync(`${root}/in`, `${root}/gone`);
  expect(await call("search_codebase", { pattern: "." })).toMatchObject({ isError: true });
  symlinkSync(outside, `${root}/in`);
  for (const paths of [[], ["."], ["a.txt"]]) {
    const result = await call("search_codebase", { pattern: "outside", paths });
    expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(/^There is no/) }] });
  }
});

test("a client is told that there is a new run to read", async () => {
  const { call, client } = await connected(() => look);
  const told = new Promise<void>((resolve) => {
    client.setNotificationHandler(ResourceListChangedNotificationSchema, () => resolve());
  });
  await call("ask_codebase", { question: "What is it?" });
  await told;
  expect((await client.listResources()).resources).toHaveLength(1);
  await expect(client.readResource({ uri: "rlm-run://none" })).rejects.toThrow(/There is no run "none"/);
});
