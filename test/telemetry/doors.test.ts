import path from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import OpenAI from "openai";
import { expect, it, onTestFinished } from "vitest";
import { ask } from "../../src/ask.ts";
import { pricesOf } from "../../src/telemetry/prices-of.ts";
import { openTelemetry } from "../../src/telemetry/telemetry.ts";
import { shell, startRlm } from "../cli/rlm.ts";
import { answer, cell, replies, startAsking } from "../support/asking.ts";
import { startScriptedServer } from "../support/scripted-server.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { ownDatabase } from "./own-database.ts";
import { freePort } from "./temp-postgres.ts";

const database = ownDatabase("what each door logs");

const secret = "Marker7391";
const files = { "src/limits.ts": `export const mostTurns = 20; // ${secret}\n` };

/** What turns telemetry on for a program. */
function switches(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return {
    RLM_TELEMETRY: "1",
    RLM_TELEMETRY_DSN: database.server.dsn,
    RLM_TELEMETRY_SPOOL: path.join(tempFolder(), "spool"),
    ...more,
  };
}

interface LoggedRun {
  readonly query_id: string;
  readonly stop_reason: string | null;
  readonly question: string | null;
}

async function loggedRuns(): Promise<readonly LoggedRun[]> {
  const { rows } = await database.client.query(
    "SELECT query_id, stop_reason, question FROM rlm.runs ORDER BY started_at",
  );
  return rows;
}

/** Starts `rlm serve` on a free port and asks it; SIGINT ends it. */
async function askServer(env: Readonly<Record<string, string>>, args: readonly string[] = []) {
  const { child, finished } = startRlm(["serve", "--port", "0", ...args], { env });
  const url = await new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(String(data).trim())));
  const openai = new OpenAI({ baseURL: url, apiKey: "any", maxRetries: 0 });
  const messages = [
    { role: "system" as const, content: `The sky is green. ${secret}\n` },
    { role: "user" as const, content: "What is the sky?" },
  ];
  await openai.chat.completions.create({ model: "rlm-offline", messages, metadata: { query_id: "sky" } });
  await openai.chat.completions.create({ model: "rlm-offline", messages });
  child.kill("SIGINT");
  return finished;
}

database.it("rlm serve logs each run, grouped as its client says, and no text", async () => {
  const { code, stderr } = await askServer(switches());
  expect([code, stderr.includes("Telemetry")]).toEqual([0, false]);
  expect(await loggedRuns()).toEqual([
    { query_id: "sky", stop_reason: expect.any(String), question: null },
    { query_id: expect.stringMatching(/^q-[0-9a-f]{16}$/), stop_reason: expect.any(String), question: null },
  ]);
  const { rows } = await database.client.query(
    "SELECT (SELECT json_agg(r) FROM rlm.runs r)::text || (SELECT json_agg(c) FROM rlm.calls c)::text AS all",
  );
  expect(rows[0].all).not.toContain(secret);
});

database.it("rlm serve logs by its flag too, texts where they are opted into, and nothing unasked", async () => {
  await askServer(switches({ RLM_TELEMETRY: "0" }));
  expect(await loggedRuns()).toEqual([]);
  await askServer(switches({ RLM_TELEMETRY: "", RLM_TELEMETRY_CONTENT: "1" }), ["--telemetry"]);
  expect((await loggedRuns()).map(({ question }) => question)).toEqual(["What is the sky?", "What is the sky?"]);
});

it("rlm serve and rlm mcp say that a database is missing, before anybody asks", async () => {
  for (const args of [["serve", "--port", "0"], ["mcp"]]) {
    const { code, stderr } = await startRlm(args, { env: { RLM_TELEMETRY: "1" } }).finished;
    expect([args[0], code]).toEqual([args[0], 2]);
    expect(stderr).toMatch(/^rlm: Telemetry needs a database: set RLM_TELEMETRY_DSN/);
  }
});

database.it("rlm mcp logs each run under the same switches", async () => {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [path.resolve(import.meta.dirname, "../../dist/mcp.js"), "--root", tempFolder(files)],
    env: { ...getDefaultEnvironment(), XDG_STATE_HOME: tempFolder(), ...switches() },
    stderr: "ignore",
  });
  const mcp = new Client({ name: "test", version: "1" });
  await mcp.connect(transport);
  onTestFinished(() => mcp.close());
  await mcp.callTool({ name: "ask_codebase", arguments: { question: "What is mostTurns?" } });
  await expect
    .poll(loggedRuns, { timeout: 20_000 })
    .toEqual([{ query_id: expect.stringMatching(/^q-/), stop_reason: "answered", question: null }]);
});

database.it(
  "the library logs a run that it is told to follow, with the savings of a model that only a cell names",
  async () => {
    const scripted = await startScriptedServer(
      ({ model, messages }) =>
        model === "named-by-a-cell"
          ? {
              text: "seen",
              usage: { prompt_tokens: 1_000, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 800 } },
            }
          : replies([cell('print(await llm_query("q", { model: "named-by-a-cell" }))'), answer("Done.")])({
              model,
              messages,
            } as never),
      { models: ["scripted", "named-by-a-cell"] },
    );
    onTestFinished(() => scripted.close());
    const { openAiModel } = await import("../../src/models/openai-model.ts");
    const [cheap, dear] = [1, 10].map((input) => ({ input, cachedInput: 1, output: 0 }));
    const named = (id: string) => {
      const price = id === "scripted" ? cheap : dear;
      return openAiModel({ id, baseUrl: scripted.baseUrl, apiKey: "key", ...(price ? { price } : {}) });
    };
    const parts = { root: named("scripted"), sub: named("scripted"), named };
    const telemetry = openTelemetry({
      dsn: database.server.dsn,
      spoolFolder: path.join(tempFolder(), "spool"),
      content: false,
    });
    const context = { kind: "paths" as const, paths: [tempFolder(files)], cwd: "/" };
    const run = ask({ question: "What?", context, directBelowTokens: 0 }, parts);
    await telemetry.follow(run, { queryId: "mine", priceOf: pricesOf(parts) });
    await telemetry.close(20_000);
    expect(await loggedRuns()).toMatchObject([{ query_id: "mine", stop_reason: "answered" }]);
    const { rows } = await database.client.query(
      "SELECT model, cache_savings_usd AS saved FROM rlm.calls WHERE kind = 'llm'",
    );
    expect(rows).toEqual([{ model: "named-by-a-cell", saved: expect.closeTo((800 * 9) / 1e6, 12) }]);
  },
);

database.it("a name of a model that a cell makes up is not stored", async () => {
  const { run } = await startAsking(
    replies([cell(`await llm_query("q", { model: "${secret} and more" }).catch(() => 0)`), answer("Done.")]),
  );
  const telemetry = openTelemetry({
    dsn: database.server.dsn,
    spoolFolder: path.join(tempFolder(), "spool"),
    content: false,
  });
  await telemetry.follow(run);
  await telemetry.close(20_000);
  const { rows } = await database.client.query(
    "SELECT model FROM rlm.calls WHERE kind = 'llm' UNION ALL SELECT model FROM rlm.events WHERE model LIKE '%Marker%'",
  );
  expect(rows).toEqual([{ model: "other" }]);
});

it("rlm ask says that what it would log waits on disk, and answers all the same", async () => {
  const env = { ...switchesTo(`postgres://u:hunter2@127.0.0.1:${await freePort()}/db`), HOME: tempFolder() };
  const { code, stdout, stderr } = await shell('$rlm ask --context src "What is mostTurns?"', {
    cwd: tempFolder(files),
    env,
  });
  expect(code).toBe(0);
  expect(stdout).toContain("mostTurns = 20");
  expect(stderr).toMatch(/^rlm: Telemetry waits on disk for its database\. Nothing listens at 127\.0\.0\.1:/m);
  expect(stderr).not.toContain("hunter2");
});

function switchesTo(dsn: string) {
  return { RLM_TELEMETRY: "1", RLM_TELEMETRY_DSN: dsn, RLM_TELEMETRY_SPOOL: path.join(tempFolder(), "spool") };
}

it("rlm db --json tells a failure as rlm ask does: as an object on stdout, and in a line on stderr", async () => {
  const dsn = `postgres://u:hunter2@127.0.0.1:${await freePort()}/db`;
  const cases: readonly (readonly [string, string | undefined, number])[] = [
    ["db status --json", "refused", 1],
    ["db records --json", "refused", 1],
    ["db stats --json", "refused", 1],
    ["db migrate --json", "refused", 1],
    ["db records --kind nothing --json", "usage", 2],
    ["db nothing --json", "usage", 2],
  ];
  for (const [args, code, exit] of cases) {
    const ended = await startRlm(args.split(" "), { env: { RLM_TELEMETRY_DSN: dsn } }).finished;
    expect([args, ended.code]).toEqual([args, exit]);
    const told = JSON.parse(ended.stdout);
    expect(told).toEqual({
      answer: null,
      stopReason: "failed",
      error: { code: expect.any(String), message: expect.any(String) },
    });
    if (code !== "usage") expect(told.error.code).toBe(code);
    expect(ended.stderr).toBe(`rlm: ${told.error.message}\n`);
    expect(ended.stdout).not.toContain("hunter2");
  }
});
