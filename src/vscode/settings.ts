import * as vscode from "vscode";
import * as z from "zod";
import { defaultDirectBelowTokens, defaultLimits, type Limits } from "../rlm/limits.ts";

/** The settings under `rlm.`, checked; a wrong value falls back to its default. */
export interface Settings {
  /** Empty where none is set. */
  readonly baseUrl: string;
  readonly model: string;
  readonly subModel: string;
  readonly limits: Partial<Limits>;
  readonly directBelowTokens: number;
}

const text = z.string().trim().catch("");
const atLeast = (min: number, fallback: number) => z.number().int().min(min).catch(fallback);

export function readSettings(): Settings {
  const settings = vscode.workspace.getConfiguration("rlm");
  return {
    baseUrl: text.parse(settings.get("baseUrl")),
    model: text.parse(settings.get("model")),
    subModel: text.parse(settings.get("subModel")),
    limits: {
      turns: atLeast(1, defaultLimits.turns).parse(settings.get("limits.turns")),
      calls: atLeast(0, defaultLimits.calls).parse(settings.get("limits.calls")),
      tokens: atLeast(1, defaultLimits.tokens).parse(settings.get("limits.tokens")),
      seconds: atLeast(1, defaultLimits.seconds).parse(settings.get("limits.seconds")),
    },
    directBelowTokens: atLeast(0, defaultDirectBelowTokens).parse(settings.get("directBelowTokens")),
  };
}

const excludeMap = z.record(z.string(), z.unknown()).catch({});
const patterns = z.array(z.string()).catch([]);

/** Patterns of files that the user's settings hide: `files.exclude`, `search.exclude` and `rlm.exclude`. */
export function excludePatterns(scope: vscode.Uri | undefined): string[] {
  const hidden = ["files.exclude", "search.exclude"].flatMap((name) => {
    const map = excludeMap.parse(vscode.workspace.getConfiguration(undefined, scope).get(name));
    return Object.entries(map)
      .filter(([, on]) => on === true)
      .map(([pattern]) => pattern);
  });
  return [...hidden, ...patterns.parse(vscode.workspace.getConfiguration("rlm", scope).get("exclude"))];
}
