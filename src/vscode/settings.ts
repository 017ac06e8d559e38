import * as vscode from "vscode";
import * as z from "zod";
import { defaultFanOut, type FanOutBounds } from "../rlm/fan-out.ts";
import { defaultDirectBelowTokens, defaultLimits, type Limits } from "../rlm/limits.ts";
import type { StatedPrices } from "../rlm/model.ts";

/** The settings under `rlm.`, checked; a wrong value falls back to its default. */
export interface Settings {
  /** Empty where none is set. */
  readonly baseUrl: string;
  readonly model: string;
  readonly subModel: string;
  /** Empty: the sub-model. */
  readonly childModel: string;
  readonly limits: Partial<Limits>;
  readonly fanOut: FanOutBounds;
  readonly directBelowTokens: number;
  readonly prices: StatedPrices;
  /** Runs whose logs are kept on disk; 0: none is written. */
  readonly keepRuns: number;
  /** The port of `RLM: Start Server`. */
  readonly serverPort: number;
}

/** As `defaultRetention` of the run logs has it. */
const defaultKeepRuns = 500;
const defaultServerPort = 8_000;

const text = z.string().trim().catch("");
const between = (min: number, max: number, fallback: number) => z.number().int().min(min).max(max).catch(fallback);

const dollars = (fallback: number) => z.number().min(0).max(10_000).catch(fallback);

const amount = z.number().min(0);
const prices = z.record(
  z.string(),
  z.object({ input: amount, cachedInput: amount.exactOptional(), output: amount }).nullable().catch(null),
);

/** One wrong price must not hide the others. */
function readPrices(value: unknown): StatedPrices {
  const read = prices.safeParse(value);
  const known = Object.entries(read.data ?? {}).flatMap(([id, price]) => (price ? [[id, price] as const] : []));
  return Object.fromEntries(known);
}

export function readSettings(): Settings {
  const settings = vscode.workspace.getConfiguration("rlm");
  return {
    baseUrl: text.parse(settings.get("baseUrl")),
    model: text.parse(settings.get("model")),
    subModel: text.parse(settings.get("subModel")),
    childModel: text.parse(settings.get("childModel")),
    limits: {
      depth: between(1, 20, defaultLimits.depth).parse(settings.get("limits.depth")),
      usd: dollars(defaultLimits.usd).parse(settings.get("limits.cost")),
      turns: between(1, 200, defaultLimits.turns).parse(settings.get("limits.turns")),
      calls: between(0, 100_000, defaultLimits.calls).parse(settings.get("limits.calls")),
      tokens: between(1_000, 1_000_000_000, defaultLimits.tokens).parse(settings.get("limits.tokens")),
      seconds: between(1, 86_400, defaultLimits.seconds).parse(settings.get("limits.seconds")),
    },
    fanOut: {
      calls: between(0, 100_000, defaultFanOut.calls).parse(settings.get("askBeforeCalls")),
      usd: dollars(defaultFanOut.usd).parse(settings.get("askBeforeCost")),
    },
    directBelowTokens: between(0, 1_000_000, defaultDirectBelowTokens).parse(settings.get("directBelowTokens")),
    prices: readPrices(settings.get("prices")),
    keepRuns: between(0, 10_000, defaultKeepRuns).parse(settings.get("keepRuns")),
    serverPort: between(1, 65_535, defaultServerPort).parse(settings.get("server.port")),
  };
}

const excludeMap = z.record(z.string(), z.unknown()).catch({});
// One wrong entry must not let the others' files be seen.
const patterns = z
  .union([z.string().transform((one) => [one]), z.array(z.string().catch("")).transform((all) => all.filter(Boolean))])
  .catch([]);

/** Patterns of files that the user's settings hide in any of these folders: `files.exclude`, `search.exclude`, `rlm.exclude`. */
export function excludePatterns(scopes: readonly vscode.Uri[]): string[] {
  return [...new Set(scopes.flatMap(patternsFor))];
}

function patternsFor(scope: vscode.Uri): string[] {
  const hidden = ["files.exclude", "search.exclude"].flatMap((name) => {
    const map = excludeMap.parse(vscode.workspace.getConfiguration(undefined, scope).get(name));
    return Object.entries(map)
      .filter(([, on]) => on === true)
      .map(([pattern]) => pattern);
  });
  // A workspace may hide more than the user does, never less.
  const own = vscode.workspace.getConfiguration("rlm", scope).inspect("exclude");
  const levels = [own?.globalValue, own?.workspaceValue, own?.workspaceFolderValue];
  return [...hidden, ...levels.flatMap((level) => (level === undefined ? [] : patterns.parse(level)))];
}
