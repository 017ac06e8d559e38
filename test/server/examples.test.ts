import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { start } from "../cli/rlm.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { serve } from "./serving.ts";

const root = path.resolve(import.meta.dirname, "../..");
const files = {
  "src/limits.ts": "// The magic constant is here.\nexport const mostTurns = 20;\n",
  "README.md": "# Limits\n",
};

/** Runs an example as a user does. */
function run(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const command = name.endsWith(".sh") ? "sh" : process.execPath;
  return start(command, [path.join(root, "examples", name), ...args], { cwd: root, env }).finished;
}

test("library", async () => {
  const { code, stdout, stderr } = await run("library.mjs", [tempFolder(files), "What is mostTurns?"]);
  expect(stdout).toContain("export const mostTurns = 20;");
  expect(stdout).toMatch(/^src\/limits\.ts:\d+-\d+ quoted$/m);
  expect(stderr).toMatch(/^2 files\nturn 1\n/);
  expect(code).toBe(0);
});

test("a needle in a haystack", async () => {
  const { code, stdout } = await run("needle.mjs", ["100000"]);
  expect(stdout).toContain("The magic number is");
  expect(code).toBe(0);
});

test("a large file over HTTP", async () => {
  const { server } = await serve();
  const lines = Array.from({ length: 50_000 }, (_, i) =>
    i === 31_000 ? "The colour of the sky is green." : `row ${i}`,
  );
  const folder = tempFolder({ "large.txt": lines.join("\n") });
  const args = [path.join(folder, "large.txt"), "What is the colour of the sky?"];
  const { code, stdout, stderr } = await run("large-file.mjs", args, { RLM_URL: server.url });
  expect(stdout).toContain("The colour of the sky is green.");
  expect(stderr).toMatch(/\[Turn 1 of 20\].*\d+ tokens/s);
  expect(code).toBe(0);
});

test("a pipe in the terminal", async () => {
  const RLM = `${process.execPath} ${path.join(root, "dist/cli.js")}`;
  const { code, stdout } = await run("pipe.sh", [], { RLM });
  expect(stdout).toContain("error: the disk is full");
  expect(code).toBe(0);
});

test("MCP", async () => {
  const { code, stdout, stderr } = await run("mcp.mjs", [tempFolder(files), "What is mostTurns?"], {
    XDG_STATE_HOME: tempFolder(),
  });
  expect(stdout).toContain("export const mostTurns = 20;");
  expect(stderr).toMatch(/^tools: ask_codebase, search_codebase, read_run\n.*Turn 1/s);
  expect(code).toBe(0);
});

test("each has a test", () => {
  const names = readdirSync(path.join(root, "examples")).filter((name) => name !== "README.md");
  expect(names.sort()).toEqual(["large-file.mjs", "library.mjs", "mcp.mjs", "needle.mjs", "pipe.sh"]);
});
