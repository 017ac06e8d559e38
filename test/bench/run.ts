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
import type { Measured } from "./subject.ts";
import { haystackLine, type Workload, workloads } from "./workloads.ts";

const runs = 5;
const [subject = "", ...names] = process.argv.slice(2);
const folder = mkdtempSync(path.join(os.tmpdir(), "rlm-bench-"));
const execute = promisify(execFile);

async function haystack(lines: number): Promise<string> {
  const file = path.join(folder, `haystack-${lines}.txt`);
  if (existsSync(file)) return file;
  const stream = createWriteStream(file);
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
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
  return describe(workload, results);
}

function describe(workload: Workload, results: Readonly<Record<string, readonly Measured[]>>): string {
  const seconds = (who: string) => median((results[who] ?? []).map((m) => m.seconds));
  const peak = (who: string) => median((results[who] ?? []).map((m) => m.peakMb));
  const wrong = (results.ours ?? []).filter((m) => !m.right).length;
  const parts = [`${seconds("ours").toFixed(3)} s, ${peak("ours").toFixed(0)} MB`];
  for (const who of ["bare", "peer"]) {
    if (!results[who]) continue;
    const ratio = seconds("ours") / seconds(who);
    parts.push(`${who} ${seconds(who).toFixed(3)} s, ${peak(who).toFixed(0)} MB (× ${ratio.toFixed(2)})`);
  }
  if (workload.name === "iterations") {
    const extra = ((seconds("ours") - seconds("bare")) * 1_000) / (workload.calls?.root ?? 1);
    parts.push(`${extra.toFixed(2)} ms a turn above the bare client`);
  }
  if (wrong) parts.push(`${wrong} WRONG ANSWERS`);
  return `${workload.name.padEnd(10)} ${parts.join(" | ")}`;
}

try {
  for (const workload of workloads) {
    if (names.length === 0 || names.includes(workload.name)) process.stdout.write(`${await bench(workload)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
