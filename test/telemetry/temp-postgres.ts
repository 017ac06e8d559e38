import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";

export interface PostgresOptions {
  /** Settings of the server, such as `ssl=on`. */
  readonly settings?: readonly string[];
  /** Lines of `pg_hba.conf` in the place of those that let everybody in. */
  readonly hba?: readonly string[];
  /** Runs in the data folder before the server starts, as its user. */
  readonly prepare?: (data: string, run: (command: string, args: readonly string[]) => void) => void;
}

/** A server of its own, on loopback, without a password. */
export interface TempPostgres {
  readonly port: number;
  readonly dsn: string;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const installed = "/usr/lib/postgresql";

/** Where PostgreSQL's programs are; null where it is not installed. `PG_BIN` names another place. */
export function postgresPrograms(): string | null {
  if (process.env.PG_BIN) return process.env.PG_BIN;
  const versions = existsSync(installed) ? readdirSync(installed) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a)).map((version) => `${installed}/${version}/bin`);
  return newest.find((bin) => existsSync(`${bin}/initdb`)) ?? null;
}

/** @throws Error that says what to install */
export async function startPostgres(options: PostgresOptions = {}): Promise<TempPostgres> {
  const bin = postgresPrograms();
  if (bin === null) throw new Error("PostgreSQL is not installed: apt-get install postgresql");
  const user = serverUser();
  const folder = mkdtempSync(path.join(os.tmpdir(), "rlm-postgres-"));
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = path.join(folder, "data");
  const env = { PATH: process.env.PATH ?? "", LC_ALL: "C.UTF-8", HOME: folder };
  const inFolder = { cwd: folder, env, ...user };
  const run = (command: string, args: readonly string[]) =>
    void execFileSync(command, args, { ...inFolder, stdio: "pipe" });
  run(`${bin}/initdb`, ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions"]);
  if (options.hba) writeFileSync(path.join(data, "pg_hba.conf"), `${options.hba.join("\n")}\n`);
  options.prepare?.(data, run);
  const port = await freePort();
  const settings = ["full_page_writes=off", "fsync=off", ...(options.settings ?? [])];
  const args = [
    "-D",
    data,
    "-p",
    String(port),
    "-h",
    "127.0.0.1",
    "-k",
    "",
    ...settings.flatMap((line) => ["-c", line]),
  ];
  let server: ChildProcess | null = null;
  const end = async (signal: NodeJS.Signals) => {
    const running = server;
    server = null;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    running.kill(signal);
    await once(running, "exit");
  };
  const start = async () => {
    server = spawn(`${bin}/postgres`, args, { ...inFolder, stdio: ["ignore", "ignore", "pipe"] });
    await ready(server);
  };
  process.once("exit", () => server?.kill("SIGQUIT"));
  await start();
  return {
    port,
    dsn: `postgres://postgres@127.0.0.1:${port}/postgres`,
    kill: () => end("SIGQUIT"),
    start,
    stop: async () => {
      await end("SIGQUIT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root. */
function serverUser(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

async function ready(server: ChildProcess): Promise<void> {
  let log = "";
  await new Promise<void>((resolve, reject) => {
    server.stderr?.on("data", (data) => {
      log += log.length < 20_000 ? data : "";
      if (/database system is ready to accept connections/.test(log)) resolve();
    });
    server.once("exit", () => reject(new Error(`PostgreSQL did not start:\n${log}`)));
  });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
