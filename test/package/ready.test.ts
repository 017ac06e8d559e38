import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import type { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { root } from "../support/packaged.ts";
import { tempFolder } from "../support/temp-folder.ts";

/**
 * A checkout with the real scripts, an `npm` that installs nothing but a Node, and a build that writes a program which
 * tells its arguments. Both note in `log` that they ran. `npm` may be told to do something else first.
 */
function checkout(npm = ""): string {
  const folder = tempFolder({
    "package.json": '{ "type": "module" }',
    "package-lock.json": "{}",
    "src/a.ts": "",
    "sql/001.sql": "",
    "tmp/.keep": "",
  });
  cpSync(path.join(root, "scripts"), path.join(folder, "scripts"), { recursive: true });
  writeFileSync(path.join(folder, "scripts/build.mjs"), fakeBuild);
  mkdirSync(path.join(folder, "bin"));
  writeFileSync(
    path.join(folder, "bin/npm"),
    `#!/bin/sh
echo "npm $1" >> log
${npm}
sleep 0.3
mkdir -p node_modules/.bin
ln -sf ${process.execPath} node_modules/.bin/node
`,
  );
  chmodSync(path.join(folder, "bin/npm"), 0o755);
  return folder;
}

const fakeBuild = `
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
appendFileSync("log", "build\\n");
mkdirSync("dist", { recursive: true });
writeFileSync("dist/cli.js", "console.log(process.argv.slice(2).join(' '), process.cwd())");
writeFileSync("dist/other.js", "");
writeFileSync("dist/.rlm-built", "cli.js\\nother.js\\n");
`;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function startRlm(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [path.join(folder, "scripts/rlm.mjs"), ...args], {
    cwd: folder,
    env: { PATH: `${folder}/bin:${process.env.PATH}`, TMPDIR: path.join(folder, "tmp"), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { child, ended: endOf(child) };
}

function endOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  return new Promise((resolve) => {
    child.on("close", (code, signal) =>
      resolve({ code: code ?? 128 + constants.signals[signal ?? "SIGKILL"], stdout, stderr }),
    );
  });
}

const rlm = (folder: string, args: readonly string[], env?: Readonly<Record<string, string>>) =>
  startRlm(folder, args, env).ended;

function logOf(folder: string): string[] {
  return readFileSync(path.join(folder, "log"), "utf8").trim().split("\n");
}

const locksIn = (folder: string) => readdirSync(path.join(folder, "tmp")).filter((name) => name.endsWith(".lock"));

describe("the first command in a clone", () => {
  it("installs and builds, once, and runs where the user stands", async () => {
    const folder = checkout();
    const env = { INIT_CWD: path.join(folder, "src") };
    const first = await rlm(folder, ["a", "b c"], env);
    expect(first).toMatchObject({ code: 0, stdout: `a b c ${folder}/src\n` });
    expect(first.stderr).toBe("Installing packages (once)…\nBuilding…\n");
    expect(await rlm(folder, ["x"], env)).toEqual({ code: 0, stdout: `x ${folder}/src\n`, stderr: "" });
    expect(logOf(folder)).toEqual(["npm ci", "build"]);
    expect(locksIn(folder)).toEqual([]);
  });

  it("waits where another one is at it", async () => {
    const folder = checkout();
    const ends = await Promise.all([rlm(folder, ["1"]), rlm(folder, ["2"]), rlm(folder, ["3"])]);
    expect(ends.map(({ code, stdout }) => [code, stdout])).toEqual(
      ["1", "2", "3"].map((args) => [0, `${args} ${folder}\n`]),
    );
    expect(logOf(folder)).toEqual(["npm ci", "build"]);
    expect(ends.filter(({ stderr }) => stderr.startsWith("Waiting for another command"))).toHaveLength(2);
    expect(locksIn(folder)).toEqual([]);
  });

  it("does not wait for one that was killed", async () => {
    const folder = checkout("touch begun; sleep 0.5");
    const { child, ended } = startRlm(folder, ["1"]);
    await expect.poll(() => existsSync(path.join(folder, "begun")), { timeout: 10_000 }).toBe(true);
    child.kill("SIGKILL");
    await ended;
    expect(locksIn(folder)).toHaveLength(1);
    expect((await rlm(folder, ["2"])).code).toBe(0);
    expect(locksIn(folder)).toEqual([]);
  });

  it("stops what it has started when it is stopped, down to the last process", async () => {
    for (const [signal, code] of [["SIGTERM", 143] as const, ["SIGINT", 130] as const]) {
      const folder = checkout(`sh -c "trap '' INT TERM; while true; do echo >> beats; sleep 0.05; done"`);
      const beats = path.join(folder, "beats");
      const { child, ended } = startRlm(folder, ["1"]);
      await expect.poll(() => existsSync(beats), { timeout: 10_000 }).toBe(true);
      child.kill(signal);
      expect((await ended).code).toBe(code);
      const size = statSync(beats).size;
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(statSync(beats).size).toBe(size);
      expect(locksIn(folder)).toEqual([]);
    }
  });
});

it("a signal that npm passes to its shell reaches the program", async () => {
  const folder = checkout();
  await rlm(folder, ["1"]);
  const program = 'process.on("SIGTERM", () => process.exit(77)); console.error("up"); setInterval(() => {}, 1000);';
  writeFileSync(path.join(folder, "dist/cli.js"), program);
  const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const name of ["ask", "demo", "rlm"]) {
    const child = spawn("sh", ["-c", scripts[name] ?? ""], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    const ended = endOf(child);
    await new Promise((resolve) => child.stderr.once("data", resolve));
    child.kill("SIGTERM");
    expect([name, (await ended).code]).toEqual([name, 77]);
  }
});

describe("a clone that is not as it was", () => {
  it.each(["dist/other.js", "dist/cli.js", "dist/.rlm-built"])("is built again without %s", async (file) => {
    const folder = checkout();
    await rlm(folder, ["1"]);
    rmSync(path.join(folder, file));
    expect((await rlm(folder, ["2"])).stderr).toBe("Building…\n");
    expect(existsSync(path.join(folder, file))).toBe(true);
  });

  it("is built again where the marker lists nothing", async () => {
    const folder = checkout();
    await rlm(folder, ["1"]);
    writeFileSync(path.join(folder, "dist/.rlm-built"), "");
    expect((await rlm(folder, ["2"])).stderr).toBe("Building…\n");
  });

  it("is installed again with another lock file, or without the Node in it", async () => {
    const folder = checkout();
    await rlm(folder, ["1"]);
    writeFileSync(path.join(folder, "package-lock.json"), "{ }");
    expect((await rlm(folder, ["2"])).stderr).toContain("Installing packages (once)…");
    rmSync(path.join(folder, "node_modules/.bin/node"));
    expect((await rlm(folder, ["3"])).stderr).toContain("Installing packages (once)…");
    expect(logOf(folder).filter((line) => line === "npm ci")).toHaveLength(3);
  });
});

describe("a clone that can't be made ready says why in one line", () => {
  const oneLine = (stderr: string) => stderr.replace("Installing packages (once)…\n", "");

  it.each([
    [
      "no network",
      'echo "npm error code EAI_AGAIN" >&2; exit 1',
      /^rlm: .*npm does not reach its registry \(EAI_AGAIN\)/,
    ],
    ["a full disk", 'echo "npm error code ENOSPC" >&2; exit 1', /^rlm: .*no space is left/],
  ])("%s", async (_what, npm, line) => {
    const { code, stdout, stderr } = await rlm(checkout(npm), ["1"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(oneLine(stderr)).toMatch(line);
    expect(oneLine(stderr).trim().split("\n")).toHaveLength(1);
  });

  it("no npm", async () => {
    const folder = checkout();
    rmSync(path.join(folder, "bin/npm"));
    const { code, stderr } = await rlm(folder, ["1"], { PATH: path.join(folder, "bin") });
    expect(code).toBe(1);
    expect(oneLine(stderr)).toBe(
      "rlm: Packages can't be installed: npm is not there. Install Node together with npm.\n",
    );
  });

  it("a file system that can't be written, such as one where a file is in the way", async () => {
    const folder = checkout();
    writeFileSync(path.join(folder, "node_modules"), "");
    const { code, stderr } = await rlm(folder, ["1"]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `rlm: Packages can't be installed: ${folder}/node_modules can't be written (ENOTDIR). Use a copy that can be.\n`,
    );
    expect(locksIn(folder)).toEqual([]);
  });

  it("any other failure of npm, after npm's own words", async () => {
    const { code, stderr } = await rlm(checkout('echo "npm error of its own" >&2; exit 1'), ["1"]);
    expect(code).toBe(1);
    expect(oneLine(stderr)).toBe("npm error of its own\nrlm: Installing packages failed.\n");
  });
});

describe("flags that npm took for itself", () => {
  const npm = { npm_command: "run", npm_lifecycle_event: "ask" };

  it("are refused with the line that helps, before anything is installed", async () => {
    const folder = checkout();
    const env = { ...npm, npm_config_context: "src", npm_config_max_turns: "5" };
    expect(await rlm(folder, ["ask", "Why?"], env)).toEqual({
      code: 2,
      stdout: "",
      stderr:
        'rlm: npm took --context, --max-turns for itself. Write -- before the arguments: npm run --silent ask -- --context … "question"\n',
    });
    expect(existsSync(path.join(folder, "log"))).toBe(false);
  });

  it("are known, each that the program has", async () => {
    const { stdout: help } = spawnSync(process.execPath, [path.join(root, "dist/cli.js"), "--help"], {
      encoding: "utf8",
    });
    const flags = [...help.matchAll(/^ {2}--([a-z-]+)/gm)]
      .map((match) => match[1] ?? "")
      .filter((flag) => flag !== "yes");
    expect(flags).toContain("json");
    const folder = checkout();
    for (const flag of flags) {
      const { code } = await rlm(folder, ["ask", "Why?"], { ...npm, [`npm_config_${flag.replaceAll("-", "_")}`]: "1" });
      expect([flag, code]).toEqual([flag, 2]);
    }
  });

  it("are not those that npm has itself, as they may stand in anyone's settings", async () => {
    const folder = checkout();
    expect((await rlm(folder, ["ask", "Why?"], { ...npm, npm_config_yes: "true" })).code).toBe(0);
  });

  it("are no matter outside npm, or where the program got them too", async () => {
    const folder = checkout();
    expect((await rlm(folder, ["ask", "Why?"], { npm_config_json: "true" })).code).toBe(0);
    expect((await rlm(folder, ["ask", "--json", "Why?"], { ...npm, npm_config_json: "true" })).code).toBe(0);
  });
});

it("the Node that is asked for is the one that package.json names", async () => {
  const { nodeComplaint } = await import("../../src/cli/node-version.ts");
  const { engines } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
    engines: { node: string };
  };
  expect(engines.node).toBe("^20.12.0 || >=22");
  for (const version of ["18.20.8", "20.0.0", "20.11.1", "21.7.3"]) {
    expect(nodeComplaint(version)).toBe(`This is Node ${version}; Node 20 (20.12 or newer) or 22 or newer is needed.`);
  }
  for (const version of ["20.12.0", "20.20.2", "22.0.0", "24.1.0"]) expect(nodeComplaint(version)).toBeNull();
});
