import { describe, expect, it, vi } from "vitest";
import { limitFlags, modelFlags, readLimits, readModelOptions } from "../../../src/cli/ask-options.ts";
import { parseFlags } from "../../../src/cli/flags.ts";
import { type McpModels, mcpArguments } from "../../../src/vscode/agents/mcp-arguments.ts";

vi.mock("vscode", () => ({}));

const models: McpModels = {
  baseUrl: "http://127.0.0.1:1/v1",
  model: "writer",
  subModel: "reader",
  childModel: "",
  limits: { turns: 7, depth: 3, calls: 0, tokens: 5_000, usd: 0.25, seconds: 60 },
  directBelowTokens: 0,
  prices: { writer: { input: 0.0000001, output: 2 }, reader: { input: 1, output: 2, cachedInput: 0.5 } },
};

/** What the server's program makes of its arguments. */
function read(args: readonly string[]) {
  const flags = { ...modelFlags, ...limitFlags, root: { type: "string", multiple: true } } as const;
  const { values } = parseFlags(args.slice(1), flags);
  return { roots: values.root, ...readModelOptions(values), ...readLimits(values) };
}

describe("the arguments of the MCP server", () => {
  it("say to its program who answers, under which limits, about which folders", () => {
    expect(read(mcpArguments("/x/mcp.js", ["/a b", "/-c"], models))).toEqual({
      roots: ["/a b", "/-c"],
      baseUrl: "http://127.0.0.1:1/v1",
      model: "writer",
      subModel: "reader",
      prices: { writer: { input: 0.0000001, output: 2 }, reader: { input: 1, output: 2, cachedInput: 0.5 } },
      limits: models.limits,
      directBelowTokens: 0,
    });
  });

  it("let the offline model answer where no endpoint is set, or a model of VS Code that only VS Code can ask", () => {
    for (const change of [{ baseUrl: null }, { model: "offline" }, { model: "vscode:copilot/gpt" }]) {
      const { model, baseUrl } = read(mcpArguments("/x/mcp.js", ["/a"], { ...models, ...change }));
      expect({ model, baseUrl }).toEqual({ model: "offline", baseUrl: undefined });
    }
  });

  it("leave the sub-model to the root model where only VS Code can ask it", () => {
    const { subModel } = read(mcpArguments("/x/mcp.js", ["/a"], { ...models, subModel: "vscode:copilot/gpt" }));
    expect(subModel).toBeUndefined();
  });
});
