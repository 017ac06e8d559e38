import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { shell, start, startRlm } from "../cli/rlm.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** Starts `rlm serve` on a free port. */
async function serving(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const { child, finished } = startRlm(["serve", "--port", "0", ...args], { env });
  const url = await new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(String(data).trim())));
  return { child, finished, url };
}

describe("rlm serve", () => {
  test("answers the client, tells each run's iterations, and ends with Ctrl-C", async () => {
    const { child, finished, url } = await serving();
    const client = new OpenAI({ baseURL: url, apiKey: "dummy", maxRetries: 0 });
    const completion = await client.chat.completions.create({
      model: "rlm-gpt-4o-mini",
      messages: [
        { role: "system", content: "The sky is green.\n" },
        { role: "user", content: "What is the sky?" },
      ],
      user: "somebody",
    });
    expect(completion.choices[0]?.message.content).toContain("The sky is green.");
    child.kill("SIGINT");
    const { code, stdout, stderr } = await finished;
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\n$/);
    expect(stderr).toMatch(/^\[\w{8}\] rlm-offline for somebody$/m);
    expect(stderr).toMatch(/^\[\w{8}\] Turn 1 /m);
    expect(stderr).toMatch(/^\[\w{8}\] answered$/m);
    expect(code).toBe(0);
  });

  test("answers curl, plain and streamed, also a body that waits to be asked for", async () => {
    const { url } = await serving();
    const text = "row\n".repeat(500_000);
    const body = {
      model: "rlm-offline",
      messages: [
        { role: "system", content: `${text}The sky is green.` },
        { role: "user", content: "What is the sky?" },
      ],
    };
    const folder = tempFolder({
      "plain.json": JSON.stringify(body),
      "stream.json": JSON.stringify({ ...body, stream: true }),
    });
    const curl = (args: string) =>
      shell(`curl -sS -H 'Content-Type: application/json' ${args} ${url}/chat/completions`, { cwd: folder });
    const plain = await curl("-H 'Expect: 100-continue' --data-binary @plain.json");
    expect(JSON.parse(plain.stdout)).toMatchObject({
      choices: [{ message: { content: expect.stringContaining("The sky is green.") } }],
    });
    const streamed = await curl("-N --data-binary @stream.json");
    const events = streamed.stdout.trim().split("\n\n");
    expect(events.every((event) => event.startsWith("data: "))).toBe(true);
    expect(events.at(-1)).toBe("data: [DONE]");
    const refused = await curl("-w '%{http_code}' -d '{}'");
    expect(refused.stdout).toMatch(/"param":"model".*400$/);
  });

  test.each([
    ["its environment", [], "from-environment"],
    ["a flag before that", ["--token", "from-flag"], "from-flag"],
  ])("takes its token from %s", async (_where, args, token) => {
    const { url } = await serving(args, { RLM_SERVER_TOKEN: "from-environment" });
    const statuses = ["from-environment", "from-flag", "dummy"].map(async (apiKey) => {
      const client = new OpenAI({ baseURL: url, apiKey, maxRetries: 0 });
      const isIn = await client.models.list().then(
        () => true,
        ({ status }: { readonly status: number }) => status,
      );
      return [apiKey, isIn];
    });
    expect((await Promise.all(statuses)).filter(([, isIn]) => isIn === true)).toEqual([[token, true]]);
  });

  test("ends its runs when it is stopped in their midst", async () => {
    const { child, finished, url } = await serving(["--base-url", "http://127.0.0.1:9/v1"]);
    const client = new OpenAI({ baseURL: url, apiKey: "dummy", maxRetries: 0 });
    const asking = client.chat.completions
      .create({ model: "rlm-x", messages: [{ role: "user", content: "?" }] })
      .catch((error: unknown) => error);
    let told = "";
    child.stderr.on("data", (data) => {
      told += data;
    });
    while (!told.includes("rlm-x")) await sleep(5);
    child.kill("SIGTERM");
    expect(await asking).toMatchObject({ status: 503, code: "shutting_down" });
    expect((await finished).code).toBe(0);
  });

  test.each([
    ["another host without a token", ["--host", "0.0.0.0"], "give it a token"],
    ["a port that is none", ["--port", "70000"], "--port takes a port"],
    ["an argument", ["now"], 'takes no argument "now"'],
    ["an unknown flag", ["--prot", "1"], "Unknown option"],
  ])("refuses %s", async (_what, args, message) => {
    const { code, stderr } = await start(process.execPath, [...cli(), "serve", ...args]).finished;
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});

function cli(): string[] {
  return [new URL("../../dist/cli.js", import.meta.url).pathname];
}
