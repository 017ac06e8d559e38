// Makes a clone ready to run: installs packages and builds, if either is missing or out of date. Runs on Node 20 and
// needs nothing installed. Quiet when there is nothing to do.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const installed = path.join(root, "node_modules", ".rlm-installed");
const built = path.join(root, "dist", ".rlm-built");

/** The Node that the extension host has, installed as a package. */
export const node22 = path.join(root, "node_modules", ".bin", "node");

/** The environment in which npm's programs find that Node first. */
export const environment = {
  ...process.env,
  PATH: `${path.join(root, "node_modules", ".bin")}${path.delimiter}${process.env.PATH}`,
};

export function makeReady() {
  const lock = readFileSync(path.join(root, "package-lock.json"), "utf8");
  if (read(installed) !== lock) {
    run("Installing packages (once)…", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
    writeFileSync(installed, lock);
  }
  if (!existsSync(built) || newest("src", "scripts", "package.json", "package-lock.json") > statSync(built).mtimeMs) {
    run("Building…", node22, ["scripts/build.mjs"]);
    writeFileSync(built, "");
  }
}

/** Runs a step; its output is shown only if it fails. */
function run(label, command, args) {
  process.stderr.write(`${label}\n`);
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, env: environment, encoding: "utf8" });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ""}${stderr ?? ""}${error ? `${error.message}\n` : ""}${label} failed.\n`);
  process.exit(1);
}

function read(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

function newest(...names) {
  return Math.max(...names.map((name) => newestIn(path.join(root, name))));
}

function newestIn(file) {
  const stat = statSync(file);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(file).map((name) => newestIn(path.join(file, name))));
}
