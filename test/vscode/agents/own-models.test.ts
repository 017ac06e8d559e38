import { readFileSync } from "node:fs";
import { beforeEach, expect, it, vi } from "vitest";
import { registerOwnModels } from "../../../src/vscode/agents/own-models.ts";
import type { Doors } from "../../../src/vscode/doors.ts";
import { editor, message, open, provided } from "./agent-window.ts";

vi.mock("vscode", async () => (await import("./agent-window.ts")).editor);

/** The keys that are stored, by endpoint. */
let keys: Readonly<Record<string, string>>;
/** How often this provider has told of a change. */
let told: { times: number };

beforeEach(() => {
  keys = {};
  const counted = { times: 0 };
  told = counted;
  const stored = { onDidChange: () => new editor.Disposable(() => {}), get: async (url: string) => keys[url] ?? null };
  registerOwnModels({ keys: stored } as unknown as Doors);
  provided.provider.onDidChangeLanguageModelChatInformation?.((() => (counted.times += 1)) as never);
});

const models = async () => (await provided.provider.provideLanguageModelChatInformation?.()) as { name: string }[];
const nameWith = async (settings: Readonly<Record<string, unknown>>, trusted = true) => {
  open(["/w"], settings, trusted);
  const [model, ...others] = await models();
  expect(others).toEqual([]);
  return model?.name;
};

it("is listed under the vendor of the manifest, in all modes of the chat", async () => {
  const manifest = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));
  expect(manifest.contributes.languageModelChatProviders).toMatchObject([{ vendor: provided.vendor }]);
  open(["/w"], { "rlm.baseUrl": "http://127.0.0.1:1/v1", "rlm.model": "writer", "rlm.subModel": "reader" });
  expect(await models()).toMatchObject([
    {
      id: "rlm",
      name: "RLM (writer)",
      family: "writer",
      tooltip: expect.stringContaining("writer with reader"),
      capabilities: { toolCalling: true },
      isUserSelectable: true,
    },
  ]);
});

it("is named after who will answer, as a question's own box says it", async () => {
  const local = { "rlm.baseUrl": "http://127.0.0.1:1/v1" };
  expect(await nameWith({})).toBe("RLM (offline)");
  expect(await nameWith({ "rlm.model": "gpt-4o-mini" })).toBe("RLM (offline)");
  expect(await nameWith({ ...local, "rlm.model": "writer" })).toBe("RLM (writer)");
  expect(await nameWith({ ...local, "rlm.model": "offline" })).toBe("RLM (offline)");
  expect(await nameWith({ ...local, "rlm.model": "writer" }, false)).toBe("RLM (offline)");
  expect(await nameWith(local)).toBe("RLM (127.0.0.1:1)");
  expect(await nameWith({ "rlm.model": "vscode:copilot/gpt-4o" })).toBe("RLM (copilot/gpt-4o)");
  keys = { "https://api.openai.com/v1": "k" };
  expect(await nameWith({ "rlm.model": "gpt-4o-mini" })).toBe("RLM (gpt-4o-mini)");
  expect(await nameWith({})).toBe("RLM (api.openai.com)");
});

it("tells VS Code that it is there, and when the settings name another", async () => {
  await vi.waitFor(() => expect(told.times).toBe(1));
  provided.configured.fire({ affectsConfiguration: (name) => name === "rlm.model" });
  expect(told.times).toBe(2);
  provided.configured.fire({ affectsConfiguration: (name) => name === "rlm.limits" });
  expect(told.times).toBe(2);
});

it("counts the tokens of texts and messages", async () => {
  const count = async (text: unknown) => provided.provider.provideTokenCount?.({} as never, text as never);
  expect(await count("12345678")).toBe(2);
  expect(await count(message("user", "1234567890123456"))).toBe(4);
});
