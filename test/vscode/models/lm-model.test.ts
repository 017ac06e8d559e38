import { describe, expect, it } from "vitest";
import { CancelSource } from "../../../src/rlm/cancel.ts";
import type { ModelRequest } from "../../../src/rlm/model.ts";
import {
  type EditorMessage,
  type EditorModel,
  type EditorModels,
  editorModel,
} from "../../../src/vscode/models/lm-model.ts";

/** Stands for the editor's own error. */
class EditorError extends Error {
  readonly code: string;
  constructor(code: string, message = "") {
    super(message);
    this.code = code;
  }
}

interface Fake extends Partial<EditorModel> {
  readonly pieces?: readonly string[];
  readonly error?: Error;
}

/** One model, `copilot/gpt`, that says these pieces; what it was sent is kept. */
function editorOf(fake: Fake = {}): { models: EditorModels; sent: EditorMessage[][]; signals: CancelSource[] } {
  const sent: EditorMessage[][] = [];
  const signals: CancelSource[] = [];
  const model: EditorModel = {
    countTokens: fake.countTokens ?? (async (text) => text.length),
    send:
      fake.send ??
      (async (messages, signal) => {
        sent.push([...messages]);
        signals.push(signal as CancelSource);
        if (fake.error) throw fake.error;
        return (async function* () {
          yield* fake.pieces ?? ["Hel", "lo"];
        })();
      }),
  };
  const models: EditorModels = {
    find: async (vendor, name) => (`${vendor}/${name}` === "copilot/gpt" ? model : null),
    codeOf: (error) => (error instanceof EditorError ? error.code : null),
  };
  return { models, sent, signals };
}

function request(more: Partial<ModelRequest> = {}): ModelRequest {
  return { messages: [{ role: "user", content: "Hi?" }], signal: new CancelSource(), ...more };
}

const short = { find: 30, count: 30, first: 30, idle: 30 };
const never = new Promise<never>(() => {});

describe("a model of the editor", () => {
  it("streams its reply and counts its tokens; what it costs is not known", async () => {
    const { models } = editorOf();
    const heard: string[] = [];
    const reply = await editorModel("vscode:copilot/gpt", models).reply(
      request({ onDelta: (text) => heard.push(text) }),
    );
    expect(heard).toEqual(["Hel", "lo"]);
    expect(reply).toMatchObject({ text: "Hello", costUsd: null, finishReason: "stop" });
    expect(reply.usage).toEqual({ input: 3, cachedInput: 0, output: 5, reasoning: 0, estimated: false });
  });

  it("costs what the user says that it does", async () => {
    const price = { input: 1, cachedInput: 1, output: 2 };
    const reply = await editorModel("vscode:copilot/gpt", editorOf().models, price).reply(request());
    expect(reply).toMatchObject({ costUsd: 13 / 1_000_000, pricedBy: "setting" });
  });

  it("has no system role: what stands there goes into the user's first message, and turns alternate", async () => {
    const { models, sent } = editorOf();
    await editorModel("vscode:copilot/gpt", models).reply(
      request({
        messages: [
          { role: "system", content: "Rules." },
          { role: "user", content: "One?" },
          { role: "assistant", content: "1" },
          { role: "user", content: "Two?" },
          { role: "user", content: "Three?" },
        ],
      }),
    );
    expect(sent).toEqual([
      [
        { role: "user", content: "Rules.\n\nOne?" },
        { role: "assistant", content: "1" },
        { role: "user", content: "Two?\n\nThree?" },
      ],
    ]);
  });

  it("is asked for JSON in words", async () => {
    const { models, sent } = editorOf();
    await editorModel("vscode:copilot/gpt", models).reply(request({ schema: { type: "object" } }));
    expect(sent[0]?.at(-1)?.content).toContain('{"type":"object"}');
  });

  it("estimates tokens where the editor does not say in time, or refuses to", async () => {
    for (const countTokens of [() => never, () => Promise.reject(new Error("No."))]) {
      const { models } = editorOf({ countTokens });
      const reply = await editorModel("vscode:copilot/gpt", models, null, short).reply(request());
      expect(reply.usage).toEqual({ input: 1, cachedInput: 0, output: 2, reasoning: 0, estimated: true });
    }
  });

  it("cuts a reply off where no more may be written, and lets go of the rest", async () => {
    const { models, signals } = editorOf({ pieces: ["1234", "5678", "9"] });
    const reply = await editorModel("vscode:copilot/gpt", models).reply(request({ allows: (output) => output < 2 }));
    expect(reply).toMatchObject({ text: "12345678", finishReason: "length" });
    expect(signals[0]?.aborted).toBe(true);
  });

  it.each([
    ["consent is refused", new EditorError("NoPermissions"), "consent"],
    ["it was removed meanwhile", new EditorError("NotFound"), "unknown-model"],
    ["its quota is used up", new EditorError("Blocked", "You have exceeded your quota."), "quota"],
    ["its provider blocks it", new EditorError("Blocked", "Not for you."), "blocked"],
    ["something else fails", new EditorError("Unknown", "secret words"), "server"],
  ])("says so where %s", async (_what, error, code) => {
    const failed = editorModel("vscode:copilot/gpt", editorOf({ error }).models).reply(request());
    await expect(failed).rejects.toMatchObject({ code });
    await expect(failed).rejects.not.toThrow(/secret words/);
  });

  it("passes a mistake of our own on as it is", async () => {
    const mistake = new TypeError("x is not a function");
    const failed = editorModel("vscode:copilot/gpt", editorOf({ error: mistake }).models).reply(request());
    await expect(failed).rejects.toBe(mistake);
  });

  it("says so where there is no such model, or its reply is empty", async () => {
    const { models } = editorOf({ pieces: [" "] });
    await expect(editorModel("vscode:copilot/other", models).reply(request())).rejects.toMatchObject({
      code: "unknown-model",
    });
    await expect(editorModel("vscode:copilot/gpt", models).reply(request())).rejects.toMatchObject({
      code: "empty-reply",
    });
  });

  it.each([
    ["is never found", { find: () => never }],
    ["never begins to reply", { send: () => never }],
    ["stops in the middle", { send: stalled }],
  ])("is given up where it %s", async (_what, fake) => {
    const { models } = editorOf("send" in fake ? fake : {});
    const finding = "find" in fake ? { ...models, ...fake } : models;
    const failed = editorModel("vscode:copilot/gpt", finding, null, short).reply(request());
    await expect(failed).rejects.toMatchObject({ code: "timeout" });
  });

  it("ends with the run, whatever it waits for, and the editor is told", async () => {
    const signal = new CancelSource();
    const told: boolean[] = [];
    const send: EditorModel["send"] = (_messages, own) => {
      own.addEventListener("abort", () => told.push(true));
      queueMicrotask(() => signal.abort());
      return never;
    };
    const failed = editorModel("vscode:copilot/gpt", editorOf({ send }).models).reply(request({ signal }));
    await expect(failed).rejects.toMatchObject({ code: "cancelled" });
    expect(told).toEqual([true]);
    const angry = new CancelSource();
    const rejecting: EditorModel["send"] = async () => {
      angry.abort();
      throw new EditorError("Unknown", "Canceled");
    };
    const rejected = editorModel("vscode:copilot/gpt", editorOf({ send: rejecting }).models).reply(
      request({ signal: angry }),
    );
    await expect(rejected).rejects.toMatchObject({ code: "cancelled" });
    const late = editorModel("vscode:copilot/gpt", editorOf().models).reply(request({ signal }));
    await expect(late).rejects.toMatchObject({ code: "cancelled" });
  });
});

async function stalled(): Promise<AsyncIterable<string>> {
  return (async function* () {
    yield "Hel";
    await never;
  })();
}
