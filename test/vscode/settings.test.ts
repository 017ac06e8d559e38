import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { defaultFanOut } from "../../src/rlm/fan-out.ts";
import { formatCount } from "../../src/rlm/format.ts";
import { defaultDirectBelowTokens, defaultLimits } from "../../src/rlm/limits.ts";

const root = join(import.meta.dirname, "../..");
const property = z.object({
  default: z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.record(z.string(), z.unknown())]),
  scope: z.enum(["machine", "application", "resource"]),
  order: z.number(),
});
const { contributes } = z
  .object({ contributes: z.object({ configuration: z.object({ properties: z.record(z.string(), property) }) }) })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
const settings = contributes.configuration.properties;
const defaults = Object.fromEntries(Object.entries(settings).map(([name, each]) => [name, each.default]));

describe("the settings", () => {
  it("have the defaults that the engine has", () => {
    expect(defaults).toMatchObject({
      "rlm.limits.turns": defaultLimits.turns,
      "rlm.limits.calls": defaultLimits.calls,
      "rlm.limits.tokens": defaultLimits.tokens,
      "rlm.limits.seconds": defaultLimits.seconds,
      "rlm.limits.cost": defaultLimits.usd,
      "rlm.limits.depth": defaultLimits.depth,
      "rlm.askBeforeCalls": defaultFanOut.calls,
      "rlm.askBeforeCost": defaultFanOut.usd,
      "rlm.directBelowTokens": defaultDirectBelowTokens,
    });
  });

  it("let no workspace name an endpoint, a model or a limit", () => {
    const scopes = Object.entries(settings).map(([name, { scope }]) => [name, scope]);
    const own = new Map([["rlm.exclude", "resource"]]);
    const machine = /^rlm\.(baseUrl|model|subModel|childModel|telemetry\.\w+|server\.port)$/;
    expect(scopes).toEqual(
      scopes.map(([name = ""]) => [name, own.get(name) ?? (machine.test(name) ? "machine" : "application")]),
    );
  });

  it("stand in an order of their own each", () => {
    const orders = Object.values(settings).map(({ order }) => order);
    expect([...orders].sort((a, b) => a - b)).toEqual(orders.map((_, index) => index + 1));
  });

  it("are in the README's table, all of them, with their defaults", () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const rows = [...readme.matchAll(/^\| `(rlm\.[\w.]+)` \| (.*?) ?\|/gm)].map(([, name = "", value]) => [
      name,
      value,
    ]);
    const shown = (value: (typeof defaults)[string] | undefined): string => {
      if (typeof value === "number") return Number.isInteger(value) ? formatCount(value) : String(value);
      if (typeof value === "boolean") return value ? "on" : "off";
      return typeof value === "object" ? `\`${JSON.stringify(value)}\`` : (value ?? "");
    };
    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, shown(value)])),
    );
  });
});
