import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { question, send, serve, serveScripted } from "./serving.ts";

const body = { ...question, messages: [...question.messages] };

function post(sent: object | string, head = ""): string {
  const text = typeof sent === "string" ? sent : JSON.stringify(sent);
  const length = `Content-Length: ${Buffer.byteLength(text)}\r\n`;
  return `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${length}${head}\r\n${text}`;
}

const health = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";

/** A connection and all that has come over it. */
function open(url: string): { readonly socket: Socket; readonly text: () => string } {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.setEncoding("utf8").on("data", (data) => {
    text += data;
  });
  socket.on("error", () => {});
  return { socket, text: () => text };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

describe("a client that hangs up", () => {
  test("in the midst of its body leaves its place to the next", async () => {
    const { server, runs, problems } = await serve({ runs: 1, waiting: 0 });
    const { socket } = open(server.url);
    socket.write(post(body).slice(0, -5));
    const isFull = async () => (await send(server, { body: "{" })).status === 429;
    while (!(await isFull())) await sleep(5);
    socket.destroy();
    while (await isFull()) await sleep(5);
    expect({ runs, problems }).toEqual({ runs: [], problems: [] });
    expect(await send(server, { body: { ...body, model: "rlm-offline" } })).toMatchObject({ status: 200 });
  });

  test("ends the run of a request too that waits behind another of its connection", async () => {
    const { server, runs, upstream, problems } = await serveScripted(() => ({ delayMs: 60_000, text: "late" }));
    const { socket } = open(server.url);
    socket.write(post(body) + post({ ...body, stream: true }));
    await until(() => upstream.inFlight === 2);
    socket.destroy();
    for (const { run } of runs) expect(await run.result).toMatchObject({ stopReason: "cancelled" });
    await until(() => upstream.inFlight === 0);
    expect(runs).toHaveLength(2);
    expect(problems).toEqual([]);
  });

  test("while it waits for its turn never has a run", async () => {
    const { server, runs, upstream } = await serveScripted(() => ({ delayMs: 60_000, text: "late" }), {
      runs: 1,
      waiting: 1,
    });
    const [first, second] = [open(server.url), open(server.url)];
    first.socket.write(post(body));
    await until(() => upstream.inFlight === 1);
    second.socket.write(post(body));
    while ((await send(server, { body: "{" })).status !== 429) await sleep(5);
    second.socket.destroy();
    while ((await send(server, { body: "{" })).status === 429) await sleep(5);
    first.socket.destroy();
    await until(() => upstream.inFlight === 0);
    expect(runs).toHaveLength(1);
  });
});

describe("a connection", () => {
  test.each([
    ["a broken body", post("{"), 400],
    ["a model that is not there", post({ ...body, model: "x" }), 404],
    ["a body that was not read", post({ ...body, x: "x".repeat(300_000) }).replace("json", "xml"), 415],
    ["a page's request", post(body, "Origin: https://evil.example\r\n"), 403],
    ["a wrong path", post(body).replace("/completions", "/nothing"), 404],
  ])("can be used again after %s", async (_what, sent, status) => {
    const { server, problems } = await serve();
    const { socket, text } = open(server.url);
    socket.write(sent);
    await until(() => text().includes("\r\n\r\n"));
    expect(text()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    socket.write(health);
    await until(() => text().includes('{"status":"ok"}'));
    expect(problems).toEqual([]);
  });

  test("keeps nothing of the requests that were answered over it", async () => {
    const warnings: string[] = [];
    const note = ({ message }: Error) => void warnings.push(message);
    process.on("warning", note);
    onTestFinished(() => void process.off("warning", note));
    const { server } = await serve();
    const { socket, text } = open(server.url);
    for (let i = 1; i <= 15; i += 1) {
      socket.write(post("{"));
      await until(() => text().split("invalid_json").length > i);
    }
    expect(warnings).toEqual([]);
  });

  test("answers requests that come at once in their order", async () => {
    const { server } = await serve();
    const { socket, text } = open(server.url);
    socket.write(post({ ...body, model: "rlm-offline" }) + post("{") + health);
    await until(() => text().includes('{"status":"ok"}'));
    expect([...text().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(["200", "400", "200"]);
  });
});
