import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { answerAsModel } from "../../../src/vscode/agents/model-answer.ts";
import { answer, cell, replies } from "../../support/asking.ts";
import { type Script, type ScriptedServer, startScriptedServer } from "../../support/scripted-server.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { doorsOf } from "./agent-doors.ts";
import { cancellable, message, open } from "./agent-window.ts";

vi.mock("vscode", async () => (await import("./agent-window.ts")).editor);

const files = {
  "src/retry.ts": "// Retries\nexport const longestRetryWait = 71;\n",
  ".env": "SERVICE_PASSWORD=from-the-file\n",
};
const lookedUp = replies([
  cell('show(search("longestRetryWait"));'),
  (last) => answer(`It is ${/longestRetryWait = (\d+)/.exec(last)?.[1]} [src/retry.ts:2].`),
]);

let folder: string;
let server: ScriptedServer;

async function serve(script: Script, settings: Readonly<Record<string, unknown>> = {}, apiKey?: string): Promise<void> {
  server = await startScriptedServer(script, apiKey === undefined ? {} : { apiKey });
  onTestFinished(() => server.close());
  const asked = { "rlm.baseUrl": server.baseUrl, "rlm.model": "writer", "rlm.directBelowTokens": 0 };
  open([folder], { ...asked, ...settings });
}

beforeEach(() => {
  folder = tempFolder(files);
});

async function reply(messages: readonly never[], { token } = cancellable()): Promise<string> {
  const pieces: string[] = [];
  await answerAsModel(doorsOf(), messages, (text) => pieces.push(text), token);
  return pieces.join("");
}

const sentToModels = () => JSON.stringify(server.requests.map(({ messages }) => messages));

describe("one of our models", () => {
  it("answers with a run over the workspace, which knows the questions before", async () => {
    await serve(lookedUp);
    const first = await reply([message("user", "What is the longest wait?")]);
    expect(first).toContain("\n\nIt is 71 [src/retry.ts:2].\n\n---\n\n*RLM: 2 turns");
    await reply([
      message("user", "What is the longest wait?"),
      message("assistant", first),
      message("user", "And twice that?"),
    ]);
    const asked = server.requests.at(-1)?.messages[1]?.content ?? "";
    expect(asked).toMatch(/^# Question\n\nAnd twice that\?\n\n# Earlier/);
    expect(asked).toContain("It is 71 [src/retry.ts:2].\n\n# Context");
  });

  it("answers two questions at once, each with its own", async () => {
    await serve(({ messages }) => answer(`You asked ${/Question\n\n(\w+)/.exec(messages[1]?.content ?? "")?.[1]}`), {
      "rlm.directBelowTokens": 8_000,
    });
    const both = await Promise.all([reply([message("user", "One")]), reply([message("user", "Two")])]);
    expect(both.map((text) => /You asked \w+/.exec(text)?.[0])).toEqual(["You asked One", "You asked Two"]);
  });

  it("points the run at files that are attached, and masks secrets in texts", async () => {
    await serve(lookedUp);
    const attached = [
      `<attachment id="retry.ts" filePath="${folder}/src/retry.ts">\nCOPIED\n</attachment>`,
      `<attachment id="terminal">\nexit 1 ${"sk-proj-"}${"Ab3dEf6hIj9kLm2nOp5q".repeat(3)}\n</attachment>`,
    ];
    await reply([message("user", `${attached.join("")}<userRequest>Why?</userRequest>`)]);
    expect(sentToModels()).toContain("(I point at: src/retry.ts)");
    expect(sentToModels()).toContain("exit 1");
    expect(sentToModels()).not.toContain("COPIED");
    expect(sentToModels()).not.toContain("Ab3dEf6hIj9kLm2nOp5q");
  });

  it("shows no model what is held back, and says so", async () => {
    await serve(lookedUp);
    const attached = [
      `<attachment id=".env" filePath="${folder}/.env">\nSERVICE_PASSWORD=from-the-file\n</attachment>`,
      '<attachment id="file:.npmrc">\nTOKEN=by-its-name\n</attachment>',
      '<attachment id="hosts" filePath="/etc/hosts">\n10.0.0.1 outside\n</attachment>',
      '<attachment id="x" filePath="vscode-remote://ssh/w/x.ts">\nelsewhere\n</attachment>',
    ];
    const text = await reply([message("user", `${attached.join("")}<userRequest>In #file:.env?</userRequest>`)]);
    expect(text).toMatch(/^> \*Not read: 4 files that may hold secrets/);
    expect(server.requests).toHaveLength(2);
    expect(sentToModels()).not.toMatch(/SERVICE_PASSWORD|by-its-name|outside|elsewhere|\.env|hosts|npmrc/);
  });

  it("answers offline where the workspace is not trusted, whatever the settings name", async () => {
    await serve(lookedUp);
    open([folder], { "rlm.baseUrl": server.baseUrl, "rlm.model": "writer" }, false);
    expect(await reply([message("user", "What is longestRetryWait?")])).toContain("longestRetryWait = 71");
    expect(server.requests).toEqual([]);
  });

  it("starts no run for a chore of the chat, nor without a question or a folder", async () => {
    await serve(lookedUp);
    const chore = [message("system", "You write titles."), message("user", "A title, please")];
    await expect(reply(chore)).rejects.toThrow("RLM: RLM answers questions about the codebase");
    await expect(reply([])).rejects.toThrow("RLM: There is no question.");
    await expect(reply([message("user", "x".repeat(20_001))])).rejects.toThrow("too long");
    open([]);
    await expect(reply([message("user", "Why?")])).rejects.toThrow("There is no folder to ask about.");
    expect(server.requests).toEqual([]);
  });

  it("says in one line why there is no answer", async () => {
    await serve(lookedUp, {}, "another key");
    await expect(reply([message("user", "Why?")])).rejects.toMatchObject({
      code: "NoPermissions",
      message: expect.stringMatching(/^RLM: [^\n]*key[^\n]*$/),
    });
  });

  it("never asks one of our own models", async () => {
    await serve(lookedUp, { "rlm.model": "vscode:rlm/rlm" });
    await expect(reply([message("user", "Why?")])).rejects.toMatchObject({ code: "NotFound" });
  });
});

describe("a request to one of our models that is cancelled", () => {
  it("before it has begun starts nothing", async () => {
    await serve(lookedUp);
    const asked = cancellable();
    asked.cancel();
    const started = vi.fn();
    await answerAsModel(doorsOf(started), [message("user", "Why?")], () => {}, asked.token);
    expect(started).not.toHaveBeenCalled();
  });

  it.each([0, 1])("while the model writes its reply %i ends the run, its requests too", async (turn) => {
    const asked = cancellable();
    await serve((request) => {
      const turns = request.messages.filter(({ role }) => role === "assistant").length;
      if (turns < turn) return cell('search("x")');
      return {
        raw: (_request, response) => {
          response.writeHead(200, { "content-type": "text/event-stream" });
          response.write(": on its way\n\n");
          asked.cancel();
        },
      };
    });
    expect(await reply([message("user", "Why?")], asked)).not.toContain("RLM:");
    await vi.waitFor(() => expect(server.inFlight).toBe(0));
    expect(server.requests).toHaveLength(turn + 1);
  });

  it("while a cell runs ends the run", async () => {
    const asked = cancellable();
    await serve(() => {
      setTimeout(asked.cancel, 50);
      return cell("for (;;) {}");
    });
    expect(await reply([message("user", "Why?")], asked)).not.toContain("RLM:");
    expect(server.requests).toHaveLength(1);
  });
});
