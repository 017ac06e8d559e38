import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { root } from "../support/packaged.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** A copy of what a build needs. */
function checkout(): string {
  const folder = tempFolder();
  for (const name of ["src", "sql", "scripts", "package.json"]) {
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  }
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  return folder;
}

function build(folder: string): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: folder, encoding: "utf8" });
}

/** Names of all files in `dist`, sorted. */
function filesIn(folder: string): string[] {
  const names = readdirSync(path.join(folder, "dist"), { recursive: true, encoding: "utf8" });
  return names.filter((name) => name !== "webview" && name !== "sql").sort();
}

it("lists what it has built, and leaves nothing else behind", () => {
  const folder = checkout();
  mkdirSync(path.join(folder, "dist/.new-999999999"), { recursive: true });
  writeFileSync(path.join(folder, "dist/cli-OLDCHUNK.js"), "");
  expect(build(folder).status).toBe(0);
  const files = filesIn(folder);
  expect(files).toEqual(expect.arrayContaining(["cli.js", "extension.cjs", "quickjs.wasm", "webview/trace.js"]));
  const listed = readFileSync(path.join(folder, "dist/.rlm-built"), "utf8").trim().split("\n");
  expect([...listed, ".rlm-built"].sort()).toEqual(files);
});

it("leaves the last build as it was where it fails", () => {
  const folder = checkout();
  expect(build(folder).status).toBe(0);
  const before = filesIn(folder);
  writeFileSync(path.join(folder, "src/cli/main.ts"), 'import "./nowhere.ts";\n');
  const { status, stderr } = build(folder);
  expect(status).not.toBe(0);
  expect(stderr).toContain("nowhere.ts");
  expect(filesIn(folder)).toEqual(before);
  expect(existsSync(path.join(folder, "dist/cli.js"))).toBe(true);
});
