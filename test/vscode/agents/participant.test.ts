import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { askAsTool, prepareAsking } from "../../../src/vscode/agents/codebase-tool.ts";
import { answerInChat, followupsOf } from "../../../src/vscode/agents/participant.ts";
import { answer, cell, replies } from "../../support/asking.ts";
import { Uri } from "../../support/fake-vscode.ts";
import { type Script, type ScriptedServer, startScriptedServer } from "../../support/scripted-server.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { doorsOf } from "./agent-doors.ts";
import { cancellable, open, ResponseTurn, type TextPart } from "./agent-window.ts";

vi.mock("vscode", async () => (await import("./agent-window.ts")).editor);

const files = {
  "src/retry.ts": "// Retries\nexport const longestRetryWait = 71;\n",
  "docs/a.md": "# A\n",
  ".env": "SERVICE_PASSWORD=from-the-file\n",
};
const script = replies([
  cell('show(search("longestRetryWait"));'),
  (last) => answer(`It is ${/longestRetryWait = (\d+)/.exec(last)?.[1] ?? "unknown"} [src/retry.ts:2] [gone.ts:1].`),
]);

let folder: string;
let server: ScriptedServer;

async function serve(served: Script, apiKey?: string): Promise<void> {
  server = await startScriptedServer(served, apiKey === undefined ? {} : { apiKey });
  onTestFinished(() => server.close());
  open([folder], settings());
}

const settings = () => ({ "rlm.baseUrl": server.baseUrl, "rlm.model": "writer", "rlm.directBelowTokens": 0 });

beforeEach(async () => {
  folder = tempFolder(files);
  await serve(script);
});

interface Asked {
  readonly command?: string;
  readonly files?: readonly string[];
  readonly earlier?: readonly unknown[];
  readonly asked?: ReturnType<typeof cancellable>;
}

/** What the chat shows of an answer, in order, and what it keeps. */
async function ask(prompt: string, { command, files = [], earlier = [], asked = cancellable() }: Asked = {}) {
  const shown: string[] = [];
  const buttons: string[] = [];
  const stream = {
    progress: (line: string) => shown.push(`… ${line}`),
    markdown: (text: string | { value: string }) => shown.push(typeof text === "string" ? text : text.value),
    anchor: ({ uri, range }: { uri: Uri; range: { start: unknown } }, label: string) =>
      shown.push(`<${label} ${uri.path.slice(folder.length)} ${range.start}>`),
    button: (button: { command: string }) => buttons.push(button.command),
  };
  const references = files.map((file) => ({ id: "vscode.file", value: Uri.file(`${folder}/${file}`) }));
  const request = { prompt, command, references, model: { vendor: "rlm", id: "rlm" } };
  const history = earlier.map((metadata) => new ResponseTurn({ metadata }));
  const given = [doorsOf(), request, { history }, stream, asked.token] as unknown as Parameters<typeof answerInChat>;
  const result = await answerInChat(...given);
  return { text: shown.filter((line) => !line.startsWith("…")).join(""), shown, buttons, result };
}

const question = () => server.requests.at(-1)?.messages[1]?.content ?? "";

describe("@rlm", () => {
  it("tells its steps, then the answer with places to open, then what it took", async () => {
    const { shown, text, buttons, result } = await ask(" How long? ");
    expect(shown[0]).toBe("… Collecting files");
    expect(text).toMatch(
      /^It is 71 <retry\.ts:2 \/src\/retry\.ts 1> \[?«?\[gone\.ts:1: not found\]»?\.\n\n«2 turns, 0 calls, .*cost unknown»$/,
    );
    expect(buttons).toEqual(["rlm.runs.open"]);
    expect(result.metadata).toMatchObject({ question: "How long?", partial: false, runId: expect.any(String) });
    expect(followupsOf(result).map(({ command }) => command)).toEqual(["trace"]);
  });

  it("knows what it has answered before in this chat, and nothing that others have", async () => {
    const turn = { question: "One?", answer: "1.", runId: "a", partial: false };
    await ask("Two?", { earlier: [turn, { question: "Other?" }, { ...turn, question: "Failed?", answer: null }] });
    expect(question()).toContain("## 1. One?\n\n1.");
    expect(question()).not.toMatch(/Other|Failed/);
  });

  it("looks with /deep twice as long", async () => {
    await ask("How long?", { command: "deep" });
    expect(question()).toContain("Left: 40 turns");
  });

  it("offers to look deeper where the answer is partial", async () => {
    await serve(replies([cell("print(1)"), (last) => (last.includes("no more") ? "x" : answer("Perhaps."))]));
    open([folder], { ...settings(), "rlm.limits.turns": 1 });
    const { text, result } = await ask("How long?");
    expect(text).toContain("«Stopped at your limit of 1 turn: partial answer · ");
    expect(followupsOf(result).map(({ command, prompt }) => [command, prompt])).toEqual([
      ["deep", "How long?"],
      ["trace", "Show the trace"],
    ]);
  });

  it("asks about what is attached alone, and of that nothing that is held back", async () => {
    const { shown, text } = await ask("In #file:.env?", { files: ["docs", ".env"] });
    expect(text).toMatch(/^_Not read: 1 file that may hold secrets[^_]*_\n\nIt is unknown /);
    expect(shown[0]).toMatch(/^…/);
    expect(JSON.stringify(server.requests.map(({ messages }) => messages))).not.toMatch(/\.env|SERVICE_PASSWORD/);
    expect(question()).toContain("1 file,");
    const alone = await ask("What?", { files: [".env"] });
    expect(alone.text).toContain("Nothing is left to ask about.");
    expect(server.requests).toHaveLength(2);
  });

  it("says offline why a workspace that is not trusted is answered so", async () => {
    open([folder], settings(), false);
    const { text } = await ask("What is longestRetryWait?");
    expect(text).toMatch(/^_Answered offline, by search, because this workspace is not trusted\._\n\n/);
    expect(text).toContain("longestRetryWait = 71");
    expect(server.requests).toEqual([]);
  });

  it("lists with /files what would be read, without asking a model", async () => {
    const { text, buttons } = await ask("", { command: "files" });
    expect(text).toContain("**2 files");
    expect(text).toContain("- «src/ · 1 file");
    expect(text).toContain("1 left out");
    expect(text).not.toContain(".env");
    expect(buttons).toEqual(["rlm.context.focus"]);
    expect(server.requests).toEqual([]);
  });

  it("says in a line what is wrong, with what mends it", async () => {
    await serve(script, "another key");
    const refused = await ask("How long?");
    expect(refused.result.errorDetails?.message).toMatch(/key/);
    open([]);
    const closed = await ask("How long?");
    expect(closed.text).toBe("There is no folder to ask about. Open one first.");
    expect(closed.buttons).toEqual(["workbench.action.files.openFolder"]);
    expect((await ask("  ")).text).toBe("What do you want to know about this codebase?");
  });

  it("asks no model where it was cancelled before", async () => {
    const asked = cancellable();
    asked.cancel();
    expect((await ask("How long?", { asked })).text).toBe("");
    expect(server.requests).toEqual([]);
  });

  it("ends its run and says no more when it is cancelled", async () => {
    const asked = cancellable();
    await serve(() => ({
      raw: (_request, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        asked.cancel();
      },
    }));
    const { text, result } = await ask("How long?", { asked });
    expect({ text, result }).toEqual({ text: "", result: {} });
    await vi.waitFor(() => expect(server.inFlight).toBe(0));
  });
});

describe("the tool", () => {
  const token = () => cancellable().token;

  it("asks its user first, with all that an agent has written as plain text", async () => {
    const told = async (input: unknown) => {
      const { confirmationMessages } = await prepareAsking(doorsOf(), input);
      return (confirmationMessages?.message as { value: string } | undefined)?.value;
    };
    const some = await told({ question: "*Why*?", paths: ["src"] });
    for (const line of ["«*Why*?»", "«Reads: src»", "«Costs at most $1.00"]) expect(some).toContain(line);
    expect(await told({ question: "Why?" })).toContain("«Reads: all of ");
  });

  it("answers about the paths that it is given, and none that is held back", async () => {
    const { content } = await askAsTool(doorsOf(), { question: "How long?", paths: ["docs"] }, token());
    expect((content as TextPart[])[0]?.value).toContain("It is unknown");
    for (const named of [".env", "../x", "nowhere"]) {
      const refused = askAsTool(doorsOf(), { question: "What?", paths: ["docs", named] }, token());
      await expect(refused).rejects.toMatchObject({ code: "not-found" });
    }
    expect(server.requests).toHaveLength(2);
  });

  it("refuses what is no question, and says where nothing is open", async () => {
    for (const input of [{}, { question: " " }, { question: "x".repeat(20_001) }, { question: "a", paths: [1] }]) {
      await expect(askAsTool(doorsOf(), input, token())).rejects.toMatchObject({ code: "bad-input" });
    }
    open([]);
    await expect(askAsTool(doorsOf(), { question: "Why?" }, token())).rejects.toMatchObject({ code: "nothing-open" });
  });
});
