/**
 * `npm run bench [-- NAME…]`: medians of several runs, each in a process of its own, ours and what it is held against
 * in turn. With PEER set to a checkout of alexzhang13/rlm, the peer runs beside ours.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { startScriptedServer } from "../support/scripted-server.ts";
import { benchServer } from "./server-row.ts";
import type { Measured } from "./subject.ts";
import { benchTelemetry } from "./telemetry-row.ts";
import { benchTrace } from "./trace.ts";
import { randomFrom, treePattern, writeTree } from "./tree.ts";
import { haystackLine, type Workload, workloads } from "./workloads.ts";

const runs = 5;
/** Workloads over a tree of files, each with what does no more than it must: a command of the shell. */
const treeWorkloads: Readonly<Record<string, string>> = {
  collect: "rg --no-require-git --files --hidden -0 | xargs -0 cat > /dev/null",
  search: `rg --no-require-git --hidden -n '${treePattern}' . > /dev/null`,
};
const [subject = "", ...names] = process.argv.slice(2);
const folder = mkdtempSync(path.join(os.tmpdir(), "rlm-bench-"));
const execute = promisify(execFile);

async function haystack(lines: number): Promise<string> {
  const file = path.join(folder, `haystack-${lines}.txt`);
  if (existsSync(file)) return file;
  const stream = createWriteStream(file);
  const random = randomFrom(7);
  for (let from = 0; from < lines; from += 50_000) {
    const part = Array.from({ length: Math.min(50_000, lines - from) }, (_, i) =>
      haystackLine(from + i, lines, random),
    );
    if (!stream.write(`${from ? "\n" : ""}${part.join("\n")}`)) await once(stream, "drain");
  }
  await new Promise<void>((done) => stream.end(done));
  return file;
}

async function measure(command: string, args: readonly string[]): Promise<Measured> {
  const { stdout } = await execute(command, args, { env: process.env, maxBuffer: 1 << 24 });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Measured;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function benchTree(name: string, command: string): Promise<string> {
  const tree = path.join(folder, "tree");
  if (!existsSync(tree)) writeTree(tree);
  const results: Record<"ours" | "ideal", Measured[]> = { ours: [], ideal: [] };
  for (let run = 0; run < runs; run += 1) {
    results.ideal.push(await shell(command, tree));
    results.ours.push(await measure(process.execPath, [subject, "tree", name, tree]));
  }
  return describe(name, results);
}

/** Runs a command in a folder, twice, of which the second run counts: the files are in memory then. */
async function shell(command: string, cwd: string): Promise<Measured> {
  await execute("sh", ["-c", command], { cwd });
  const startedAt = performance.now();
  await execute("sh", ["-c", command], { cwd });
  return { seconds: (performance.now() - startedAt) / 1_000, peakMb: 0, right: true };
}

async function bench(workload: Workload): Promise<string> {
  const file = await haystack(workload.lines);
  const server = await startScriptedServer(workload.script);
  const peerScript = path.join(import.meta.dirname, "peer.py");
  const rivals: Record<string, () => Promise<Measured>> = {
    ours: () => measure(process.execPath, [subject, "ours", workload.name, server.baseUrl, file]),
  };
  if (workload.calls) rivals.bare = () => measure(process.execPath, [subject, "bare", workload.name, server.baseUrl]);
  if (workload.peer && process.env.PEER) {
    const [name, n] = workload.peer;
    rivals.peer = () => measure("/usr/bin/python3", [peerScript, name, String(n)]);
  }
  const results: Record<string, Measured[]> = {};
  for (let run = 0; run < runs; run += 1) {
    for (const [who, once] of Object.entries(rivals)) {
      results[who] ??= [];
      results[who].push(await once());
    }
  }
  await server.close();
  return describe(workload.name, results, workload.calls?.root);
}

function describe(name: string, results: Readonly<Record<string, readonly Measured[]>>, turns = 1): string {
  const seconds = (who: string) => median((results[who] ?? []).map((m) => m.seconds));
  const peak = (who: string) => median((results[who] ?? []).map((m) => m.peakMb));
  const wrong = (results.ours ?? []).filter((m) => !m.right).length;
  const parts = [`${seconds("ours").toFixed(3)} s, ${peak("ours").toFixed(0)} MB`];
  for (const who of ["bare", "peer", "ideal"]) {
    if (!results[who]) continue;
    const ratio = seconds("ours") / seconds(who);
    const memory = peak(who) > 0 ? `, ${peak(who).toFixed(0)} MB` : "";
    parts.push(`${who} ${seconds(who).toFixed(3)} s${memory} (× ${ratio.toFixed(2)})`);
  }
  if (name === "iterations") {
    const extra = ((seconds("ours") - seconds("bare")) * 1_000) / turns;
    parts.push(`${extra.toFixed(2)} ms a turn above the bare client`);
  }
  if (wrong) parts.push(`${wrong} WRONG ANSWERS`);
  return `${name.padEnd(10)} ${parts.join(" | ")}`;
}

const isWanted = (name: string) => names.length === 0 || names.includes(name);

try {
  for (const workload of workloads) {
    if (isWanted(workload.name)) process.stdout.write(`${await bench(workload)}\n`);
  }
  for (const [name, command] of Object.entries(treeWorkloads)) {
    if (isWanted(name)) process.stdout.write(`${await benchTree(name, command)}\n`);
  }
  if (isWanted("telemetry")) process.stdout.write(`${await benchTelemetry()}\n`);
  if (isWanted("trace")) process.stdout.write(`${await benchTrace(runs)}\n`);
  if (isWanted("server")) process.stdout.write(`${await benchServer()}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
