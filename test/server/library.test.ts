import { execFile } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { start } from "../cli/rlm.ts";
import { tempFolder } from "../support/temp-folder.ts";

const root = path.resolve(import.meta.dirname, "../..");
const modules = path.join(root, "node_modules");

/** A project that has the package as a dependency, as it would be installed. */
function consumer(): string {
  const folder = tempFolder({ "package.json": '{"type":"module"}' });
  const installed = path.join(folder, "node_modules/rlm-vscode");
  mkdirSync(installed, { recursive: true });
  cpSync(path.join(root, "package.json"), path.join(installed, "package.json"));
  symlinkSync(path.join(root, "dist"), path.join(installed, "dist"));
  return folder;
}

describe("import from rlm-vscode", () => {
  test("asks, from a folder that has nothing else", async () => {
    const folder = consumer();
    const code = `
      import { ask, offlineModel, defaultLimits } from "rlm-vscode";
      const model = offlineModel();
      const context = { kind: "text", name: "a.txt", text: "The answer is 42.\\n" };
      const run = ask({ question: "What is the answer?", context }, { root: model, sub: model, named: () => model });
      const { answer, stopReason } = await run.result;
      console.log(JSON.stringify({ answer, stopReason, turns: defaultLimits.turns }));`;
    writeFileSync(path.join(folder, "a.mjs"), code);
    const { stdout, stderr } = await start(process.execPath, ["a.mjs"], { cwd: folder }).finished;
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      answer: expect.stringContaining("The answer is 42."),
      stopReason: "answered",
      turns: 20,
    });
  });

  test("has types that both kinds of module resolution find, and that refuse what is wrong", {
    timeout: 120_000,
  }, async () => {
    const folder = tempFolder({ "package.json": '{"type":"module"}' });
    const installed = path.join(folder, "node_modules/rlm-vscode");
    const tsc = (args: readonly string[]) =>
      promisify(execFile)(path.join(modules, ".bin/tsc"), args, { cwd: folder }).then(
        ({ stdout }) => stdout,
        (error: { stdout: string }) => error.stdout,
      );
    const types = path.join(installed, "dist/types");
    expect(await tsc(["-p", path.join(root, "tsconfig.types.json"), "--outDir", types])).toBe("");
    cpSync(path.join(root, "package.json"), path.join(installed, "package.json"));
    for (const name of ["zod", "openai", "@types"])
      symlinkSync(path.join(modules, name), path.join(folder, "node_modules", name));
    const code = `
      import { ask, offlineModel, startServer, type RunEvent } from "rlm-vscode";
      const model = offlineModel();
      const context = { kind: "text", name: "a.txt", text: "x" } as const;
      const run = ask({ question: "?", context }, { root: model, sub: model, named: () => model });
      for await (const event of run.events()) { const each: RunEvent = event; void each; }
      export const answer: string | null = (await run.result).answer;
      export const server = startServer;
      export const wrong: number = (await run.result).answer;`;
    writeFileSync(path.join(folder, "a.ts"), code);
    const strict = ["--noEmit", "--strict", "--target", "es2023", "--types", "node"];
    for (const resolution of [
      ["--module", "nodenext"],
      ["--module", "esnext", "--moduleResolution", "bundler"],
    ]) {
      const errors = (await tsc([...strict, ...resolution, "a.ts"]))
        .split("\n")
        .filter((line) => line.includes("error"));
      expect(errors).toEqual([expect.stringMatching(/^a\.ts\(9,20\): error TS2322/)]);
    }
  });
});
