import { execFile } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { startGroup } from "./process-group.ts";
import { environmentOf, type Profile } from "./profile.ts";
import type { Editor } from "./setup.ts";

const run = promisify(execFile);

export interface EditorServer {
  /** `http://127.0.0.1:PORT`: with another host name webviews would have no secure context. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Installs a `.vsix` into a profile, as a user does. @throws Error with the installer's words */
export async function installVsix(editor: Editor, profile: Profile, vsix: string): Promise<void> {
  const args = [editor.entry, ...profileArguments(profile), "--install-extension", vsix];
  const { stdout, stderr } = await run(editor.node, args, { env: environmentOf(profile) });
  // It exits with 0 also where it could not install.
  if (!stdout.includes("was successfully installed")) throw new Error(`${vsix} was not installed: ${stdout}${stderr}`);
}

/**
 * Starts VS Code's server for a profile on a free port of 127.0.0.1, without a password.
 * @param env variables for the extension host, on top of a small clean environment
 * @throws Error with the end of its log where it does not answer within 60 seconds
 */
export async function startServer(
  editor: Editor,
  profile: Profile,
  env: Readonly<Record<string, string>> = {},
): Promise<EditorServer> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const log = openSync(profile.log, "a");
  const server = startGroup(
    editor.node,
    [editor.entry, ...profileArguments(profile), ...serverArguments(url, profile)],
    {
      // Without an empty gallery the workbench asks one on the internet.
      // What it tells of itself goes to a port where nobody listens.
      env: environmentOf(profile, { EXTENSIONS_GALLERY: "{}", CS_TELEMETRY_URL: "http://127.0.0.1:9", ...env }),
      cwd: profile.workspace,
      log,
    },
  );
  closeSync(log);
  let ended = false;
  void server.ended.then(() => {
    ended = true;
  });
  for (const end = Date.now() + 60_000; !(await answers(`${url}/healthz`)); await sleep(50)) {
    if (!ended && Date.now() < end) continue;
    await server.stop();
    throw new Error(`VS Code's server ${ended ? "ended" : "does not answer"}:\n${lastLines(profile.log, 20)}`);
  }
  return { url, stop: server.stop };
}

function profileArguments(profile: Profile): string[] {
  const { config, userData, extensions } = profile;
  return ["--config", config, "--user-data-dir", userData, "--extensions-dir", extensions];
}

function serverArguments(url: string, profile: Profile): string[] {
  return [
    ...["--bind-addr", new URL(url).host, "--auth", "none"],
    ...["--disable-update-check", "--disable-getting-started-override"],
    ...(profile.telemetry ? [] : ["--disable-telemetry"]),
    ...(profile.trusted ? ["--disable-workspace-trust"] : []),
  ];
}

/** The end of a text file, for error messages. */
function lastLines(path: string, lines: number): string {
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = address !== null && typeof address === "object" ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
