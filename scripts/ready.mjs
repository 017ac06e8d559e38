// Makes a clone ready to run: installs packages and builds, if either is missing or out of date. Runs on any Node that
// npm has and needs nothing installed. Quiet when there is nothing to do.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { lock } from "./lock.mjs";
import { runStep } from "./run-step.mjs";

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const packages = path.join(root, "node_modules");
const dist = path.join(root, "dist");
const installed = path.join(packages, ".rlm-installed");
/** Lists the files that were built. */
const built = path.join(dist, ".rlm-built");

/** The Node that the extension host has, installed as a package. */
export const node22 = path.join(packages, ".bin", "node");

/** The environment in which npm's programs find that Node first. */
export const environment = {
  ...process.env,
  PATH: `${path.join(packages, ".bin")}${path.delimiter}${process.env.PATH}`,
};

/** Ends the process with one line where the clone can't be made ready. */
export async function makeReady() {
  refuseOldNode();
  if (isInstalled() && isBuilt()) return;
  const unlock = await lock(root, () => say("Waiting for another command that installs or builds here…"));
  process.once("exit", unlock);
  if (!isInstalled()) await install();
  if (!isBuilt()) await build();
  process.off("exit", unlock);
  unlock();
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major === 20 ? minor >= 12 : major >= 22) return;
  fail(`This is Node ${process.versions.node}; Node 20 (20.12 or newer) or 22 or newer is needed.`);
}

function isInstalled() {
  return read(installed) === lockFile() && existsSync(node22);
}

function lockFile() {
  return readFileSync(path.join(root, "package-lock.json"), "utf8");
}

function isBuilt() {
  const files = (read(built) ?? "").split("\n").filter(Boolean);
  if (files.length === 0 || !files.every((file) => existsSync(path.join(dist, file)))) return false;
  return newest("src", "sql", "scripts", "package.json", "package-lock.json") <= statSync(built).mtimeMs;
}

async function install() {
  refuseReadOnly(packages, "packages can't be installed");
  rmSync(installed, { force: true });
  const wanted = lockFile();
  say("Installing packages (once)…");
  // Whoever works in production wants the tools of the build here too. Without a network npm should not wait for minutes.
  const patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"];
  const flags = ["--include=dev", "--no-audit", "--no-fund", "--loglevel=error", ...patience];
  const step = await runStep("npm", ["ci", ...flags], { cwd: root, env: environment });
  leaveIfStopped(step);
  if (step.code !== 0) failInstalling(step);
  writeFileSync(installed, wanted);
}

const unreachable =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|E?TIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/;

function failInstalling({ output, error }) {
  if (error?.code === "ENOENT") fail("Packages can't be installed: npm is not there. Install Node together with npm.");
  if (error) fail(`Packages can't be installed: ${error.message}.`);
  const code = unreachable.exec(output)?.[1];
  if (code) {
    fail(
      `Packages can't be installed: npm does not reach its registry (${code}). Connect to the network once, or set npm's proxy or registry.`,
    );
  }
  if (/\bENOSPC\b/.test(output)) fail("Packages can't be installed: no space is left on the disk.");
  process.stderr.write(output);
  fail("Installing packages failed.");
}

async function build() {
  refuseReadOnly(dist, "nothing can be built");
  say("Building…");
  const step = await runStep(node22, ["scripts/build.mjs"], { cwd: root, env: environment });
  leaveIfStopped(step);
  if (step.code === 0) return;
  process.stderr.write(step.output);
  fail(step.error ? `Building failed: ${step.error.message}.` : "Building failed.");
}

/** Tries to write, since root may do what the file's mode forbids, but not what the file system does. */
function refuseReadOnly(folder, what) {
  const probe = path.join(folder, `.rlm-probe-${process.pid}`);
  try {
    if (!existsSync(folder)) mkdirSync(folder);
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (error) {
    fail(
      `${what[0].toUpperCase()}${what.slice(1)}: ${folder} can't be written (${error.code}). Use a copy that can be.`,
    );
  }
}

function leaveIfStopped({ stopped }) {
  if (stopped !== null) process.exit(stopped);
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(line) {
  say(`rlm: ${line}`);
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
