import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import path from "node:path";
import { createInterface } from "node:readline";
import autocannon from "autocannon";
import { startScriptedServer } from "../support/scripted-server.ts";
import type { ServerEvent } from "./server.ts";
import { serverContext, serverQuestion } from "./server-request.ts";

const requests = 100;
const streams = 20;
const largeRuns = 5;
const largeBytes = 100 * 1024 * 1024;
const program = path.join(import.meta.dirname, "server.ts");

/**
 * The server against `ask()` in process: what a request takes more, how soon a stream begins after its run, how soon a
 * body of 100 MB is at its first turn; and how it holds out against four clients at a time.
 */
export async function benchServer(): Promise<string> {
  const upstream = await startScriptedServer(() => "It is a line of text.");
  const child = spawn(process.execPath, [program, "serve", upstream.baseUrl], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const url = `${(await lines.next()).value}/chat/completions`;
    const events = new Events(lines);
    await load(url, 1, 10);
    const one = await load(url, 1, requests);
    const inProcess = await askedInProcess(upstream.baseUrl);
    const four = await load(url, 4, 4 * requests);
    events.forget();
    const first = await firstBytes(url, events);
    const large = await largeBodies(url, events);
    const parts = [
      `${one.latency.p50.toFixed(1)} ms a request, in process ${inProcess.toFixed(1)} ms (+ ${(one.latency.p50 - inProcess).toFixed(1)} ms)`,
      `first byte ${first.toFixed(1)} ms after the first event`,
      `100 MB at the first turn in ${(large / 1_000).toFixed(2)} s`,
      `4 clients: ${four.requests.average.toFixed(0)} requests/s, p99 ${four.latency.p99.toFixed(0)} ms, ${four.non2xx + four.errors} failed`,
    ];
    return `${"server".padEnd(10)} ${parts.join(" | ")}`;
  } finally {
    await ended(child);
    await upstream.close();
  }
}

function bodyWith(text: string, stream: boolean): string {
  const messages = [
    { role: "system", content: text },
    { role: "user", content: serverQuestion },
  ];
  return JSON.stringify({ model: "rlm-scripted", messages, stream });
}

function load(url: string, connections: number, amount: number): Promise<autocannon.Result> {
  const headers = { "content-type": "application/json" };
  return autocannon({ url, method: "POST", headers, body: bodyWith(serverContext, false), connections, amount });
}

/** Milliseconds of a question that is asked in process, the median. */
async function askedInProcess(baseUrl: string): Promise<number> {
  const child = spawn(process.execPath, [program, "ask", baseUrl, String(requests)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const data of child.stdout) text += data;
  return median(JSON.parse(text) as number[]);
}

/** What the server tells of its runs. */
class Events {
  readonly #lines: AsyncIterator<string>;
  #since = 0;

  constructor(lines: AsyncIterator<string>) {
    this.#lines = lines;
  }

  /** Events up to now don't count any more. */
  forget(): void {
    this.#since = Date.now();
  }

  /** When the next event of this type happened. */
  async next(type: ServerEvent["type"]): Promise<number> {
    for (;;) {
      const { value } = await this.#lines.next();
      const event = JSON.parse(String(value)) as ServerEvent;
      if (event.type === type && event.at >= this.#since) return event.at;
    }
  }
}

async function firstBytes(url: string, events: Events): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < streams; i += 1) {
    const { firstAt } = await posted(url, Buffer.from(bodyWith(serverContext, true)));
    took.push(firstAt - (await events.next("run.started")));
  }
  return median(took);
}

async function largeBodies(url: string, events: Events): Promise<number> {
  const line = 'a line of "text", as there are many\n';
  const body = Buffer.from(bodyWith(line.repeat(largeBytes / line.length), false));
  const took: number[] = [];
  for (let i = 0; i < largeRuns; i += 1) {
    events.forget();
    const { sentAt } = await posted(url, body);
    took.push((await events.next("turn.started")) - sentAt);
  }
  return median(took);
}

/** @returns when the request began and when the first byte of its body came, in milliseconds since 1970 */
async function posted(url: string, body: Buffer): Promise<{ sentAt: number; firstAt: number }> {
  const sentAt = Date.now();
  const headers = { "content-type": "application/json", "content-length": body.length };
  const outgoing = request(url, { method: "POST", headers });
  outgoing.end(body);
  const [response] = await once(outgoing, "response");
  let firstAt = 0;
  for await (const _data of response) firstAt ||= Date.now();
  return { sentAt, firstAt };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}
