import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { someFiles } from "../support/asking.ts";
import { startScriptedServer } from "../support/scripted-server.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { type Finished, shell, start, startRlm } from "./rlm.ts";

/** A run that waits for its model. */
async function waiting(flags: readonly string[] = []) {
  const server = await startScriptedServer(() => ({ text: "late", delayMs: 60_000 }));
  onTestFinished(() => server.close());
  const run = startRlm(["ask", ...flags, "--base-url", server.baseUrl, "Why?"], { cwd: tempFolder(someFiles) });
  await expect.poll(() => server.inFlight, { timeout: 10_000 }).toBe(1);
  return run;
}

/** A run that no cancelling ends: a thread hangs in a system call, as nobody reads the pipe that the trace goes to. */
async function hanging(flags: readonly string[] = []) {
  const server = await startScriptedServer(() => "x");
  onTestFinished(() => server.close());
  const cwd = tempFolder(someFiles);
  await shell("mkfifo pipe", { cwd });
  const args = ["ask", ...flags, "--trace", "pipe", "--base-url", server.baseUrl, "--model", "m", "Why?"];
  const preload = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(tellWhenListening)}` };
  const run = startRlm(args, { cwd, env: preload });
  await told(run, "listening");
  return run;
}

const tellWhenListening = `
  process.on("newListener", (name) => {
    if (name === "SIGTERM") setImmediate(() => process.stderr.write("listening\\n"));
  });
`;

function told({ child }: ReturnType<typeof start>, word: string): Promise<void> {
  return new Promise((resolve) => {
    child.stderr.on("data", (data) => {
      if (String(data).includes(word)) resolve();
    });
  });
}

const lastLine = ({ stderr }: Finished) => stderr.trim().split("\n").at(-1);

describe("a run that can be cancelled", () => {
  test.each([["SIGINT", 130] as const, ["SIGTERM", 143] as const])("ends by %s with code %i", async (signal, code) => {
    const { child, finished } = await waiting();
    child.kill(signal);
    const end = await finished;
    expect(end).toMatchObject({ code, stdout: "" });
    expect(lastLine(end)).toBe("rlm: Cancelled.");
  });

  test("tells with --json that it was cancelled", async () => {
    const { child, finished } = await waiting(["--json"]);
    child.kill("SIGINT");
    const { code, stdout } = await finished;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ answer: null, stopReason: "cancelled", runId: expect.any(String) });
  });

  test("takes signals that come together for one Ctrl-C", async () => {
    const { child, finished } = await waiting();
    child.kill("SIGINT");
    child.kill("SIGTERM");
    expect(lastLine(await finished)).toBe("rlm: Cancelled.");
  });
});

describe("a run that hangs", () => {
  test.each([["SIGINT", 130] as const, ["SIGTERM", 143] as const])(
    "is ended by %s, and says so",
    async (signal, code) => {
      const { child, finished } = await hanging();
      child.kill(signal);
      const end = await finished;
      expect(end).toMatchObject({ code, stdout: "" });
      expect(lastLine(end)).toBe("rlm: The run did not stop within 2 s, so it was ended.");
    },
  );

  test("prints its object with --json", async () => {
    const { child, finished } = await hanging(["--json"]);
    child.kill("SIGINT");
    const { code, stdout } = await finished;
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ answer: null, stopReason: "cancelled", error: { code: "cancelled" } });
  });

  test("is ended at once by a second Ctrl-C", async () => {
    const { child, finished } = await hanging();
    child.kill("SIGINT");
    const again = setInterval(() => child.kill("SIGINT"), 400);
    const { code, stderr } = await finished;
    clearInterval(again);
    expect(code).toBe(130);
    expect(stderr).not.toContain("did not stop");
  });
});

test("a run that is cancelled while the endpoint lists its models tells so with --json", async () => {
  const asked = Promise.withResolvers<void>();
  const server = createServer(() => asked.resolve());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const args = ["ask", "--json", "--base-url", `http://127.0.0.1:${port}/v1`, "Why?"];
  const { child, finished } = startRlm(args, { cwd: tempFolder(someFiles) });
  await asked.promise;
  child.kill("SIGTERM");
  const { code, stdout } = await finished;
  expect(code).toBe(143);
  expect(JSON.parse(stdout)).toMatchObject({ answer: null, stopReason: "cancelled", error: { code: "cancelled" } });
});

test("the script that starts the program passes signals on and gives its code back", async () => {
  const passOn = path.resolve(import.meta.dirname, "../../scripts/pass-on.mjs");
  const program =
    'process.on("SIGINT", () => process.exit(77)); process.stderr.write("up"); setInterval(() => {}, 1000);';
  const starter = `import { passOn } from ${JSON.stringify(passOn)}; passOn(process.execPath, ["-e", ${JSON.stringify(program)}]);`;
  for (const [signal, code] of [["SIGINT", 77] as const, ["SIGTERM", 143] as const]) {
    const run = start(process.execPath, ["--input-type=module", "-e", starter]);
    await told(run, "up");
    run.child.kill(signal);
    expect((await run.finished).code).toBe(code);
  }
});
