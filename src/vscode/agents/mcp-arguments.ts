import type { Limits } from "../../rlm/limits.ts";
import type { StatedPrices } from "../../rlm/model.ts";
import { isEditorModel } from "../models/lm-model.ts";

/** Who answers the questions of the MCP server: by the user's settings. */
export interface McpModels {
  /** Null: there is none, so that the offline model answers. */
  readonly baseUrl: string | null;
  /** Names as in the settings; empty where none is set. */
  readonly model: string;
  readonly subModel: string;
  readonly childModel: string;
  readonly limits: Partial<Limits>;
  readonly directBelowTokens: number;
  readonly prices: StatedPrices;
}

/**
 * What the program of the MCP server is started with.
 * @param program the absolute path of `mcp.js`
 * @param roots absolute paths of the folders that may be asked about
 */
export function mcpArguments(program: string, roots: readonly string[], models: McpModels): string[] {
  return [program, ...roots.map((root) => `--root=${root}`), ...modelArguments(models), ...limitArguments(models)];
}

/** VS Code's own models can't be asked from another program: the offline one stands in. */
function modelArguments({ baseUrl, model, subModel, childModel, prices }: McpModels): string[] {
  if (baseUrl === null || model === "offline" || isEditorModel(model)) return ["--model=offline"];
  const named = [
    ["model", model],
    ["sub-model", subModel],
    ["child-model", childModel],
  ].flatMap(([flag = "", id = ""]) => (id === "" || isEditorModel(id) ? [] : [`--${flag}=${id}`]));
  const priced = Object.entries(prices).flatMap(([id, price]) => {
    const { input, output, cachedInput } = price;
    const amounts = [input, output, ...(cachedInput === undefined ? [] : [cachedInput])];
    return [`--price=${id}=${amounts.map(asDecimal).join(",")}`];
  });
  return [`--base-url=${baseUrl}`, ...named, ...priced];
}

function limitArguments({ limits, directBelowTokens }: McpModels): string[] {
  const { turns, depth, calls, tokens, usd, seconds } = limits;
  const flags: readonly (readonly [string, number | undefined])[] = [
    ["max-turns", turns],
    ["max-depth", depth],
    ["max-calls", calls],
    ["max-tokens", tokens],
    ["max-cost", usd],
    ["timeout", seconds],
    ["direct-below", directBelowTokens],
  ];
  return flags.flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}=${value}`]));
}

/** Never `1e-7`. */
function asDecimal(amount: number): string {
  return amount.toFixed(9).replace(/\.?0+$/, "");
}
