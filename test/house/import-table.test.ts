import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const planted: string[] = [];

/** Lints a file planted in the tree and returns what the import table says of it. */
async function lint(file: string, code: string): Promise<string> {
  const full = path.join(root, file);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, code);
  planted.push(full);
  const biome = path.join(root, "node_modules/.bin/biome");
  const result = await promisify(execFile)(biome, ["lint", "--only=style/noRestrictedImports", file], {
    cwd: root,
  }).catch((error) => error);
  return `${result.stdout}${result.stderr}`;
}

afterAll(() => {
  for (const file of planted) rmSync(file, { force: true });
});

const forbidden: readonly (readonly [string, string])[] = [
  ["src/rlm/planted-import.ts", 'import { readFileSync } from "node:fs";'],
  ["src/rlm/planted-import.ts", 'import type { Corpus } from "../context/corpus.ts";'],
  ["src/rlm/planted-import.ts", 'export const late = import("openai");'],
  ["src/context/planted-import.ts", 'import { ask } from "../ask.ts";'],
  ["src/context/planted-import.ts", 'import type { SandboxLimits } from "../sandbox/worker-protocol.ts";'],
  ["src/models/planted-import.ts", 'import * as vscode from "vscode";'],
  ["src/sandbox/planted-import.ts", 'import { openAiModel } from "../models/openai-model.ts";'],
  ["src/runs/planted-import.ts", 'import { ask } from "../ask.ts";'],
  ["src/telemetry/planted-import.ts", 'import { openAiModel } from "../models/openai-model.ts";'],
  ["src/server/planted-import.ts", 'import { main } from "../cli/main.ts";'],
  ["src/planted-import.ts", 'import { main } from "./cli/main.ts";'],
  ["src/server/planted-import.ts", 'import { tellLine } from "../cli/failure.ts";'],
  ["src/server/planted-import.ts", 'import * as vscode from "vscode";'],
  ["src/cli/planted-import.ts", 'import { activate } from "../vscode/extension.ts";'],
  ["src/webview/trace/planted-import.ts", 'import { ask } from "../../ask.ts";'],
  ["src/webview/trace/planted-import.ts", 'import { readFileSync } from "node:fs";'],
  ["src/vscode/planted-import.ts", 'import { App } from "../webview/trace/app.tsx";'],
  ["src/vscode/chat/planted-import.ts", 'import { App } from "../../webview/chat/app.tsx";'],
  ["src/vscode/chat/planted-import.ts", 'import { main } from "../../cli/main.ts";'],
];

test.each(forbidden)("the import table forbids in %s: %s", async (file, code) => {
  expect(await lint(file, `${code}\n`)).toContain("lint/style/noRestrictedImports");
});

const allowed: readonly (readonly [string, string])[] = [
  ["src/rlm/planted-import.ts", 'import * as z from "zod";\nimport { readReply } from "./reply.ts";'],
  ["src/sandbox/planted-import.ts", 'import type { Corpus } from "../context/corpus.ts";'],
  ["src/vscode/planted-import.ts", 'import type { ToView } from "../webview/trace/protocol.ts";'],
  ["src/vscode/chat/planted-import.ts", 'import type { ToView } from "../../webview/chat/protocol.ts";'],
];

test.each(allowed)("the import table allows in %s: %s", async (file, code) => {
  expect(await lint(file, `${code}\n`)).not.toContain("noRestrictedImports");
});
