import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as z from "zod";
import { commands, runningContext, traceView, usageView } from "../../src/vscode/ids.ts";

const commandId = z.object({ command: z.string() });
const manifest = z
  .object({
    activationEvents: z.array(z.string()),
    contributes: z.object({
      commands: z.array(
        commandId.extend({ category: z.string(), title: z.string(), enablement: z.string().optional() }),
      ),
      menus: z.record(z.string(), z.array(commandId)),
    }),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8")));
const { contributes, activationEvents } = manifest;

it("contributes the commands that the code registers, and no other", () => {
  expect(contributes.commands.map(({ command }) => command).sort()).toEqual(Object.values(commands).sort());
});

it("puts only its own commands into menus", () => {
  const inMenus = Object.values(contributes.menus).flatMap((items) => items.map(({ command }) => command));
  expect(inMenus).not.toEqual([]);
  expect(Object.values(commands)).toEqual(expect.arrayContaining(inMenus));
});

it("enables Stop by the context key that the code sets", () => {
  const stop = contributes.commands.find(({ command }) => command === commands.stop);
  expect(stop?.enablement).toBe(runningContext);
});

it("is started for nothing but the panels that a window had open when it was closed", () => {
  expect(activationEvents).toEqual([`onWebviewPanel:${traceView}`, `onWebviewPanel:${usageView}`]);
});
