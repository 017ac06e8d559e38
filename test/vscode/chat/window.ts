import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { ContextChoice } from "../../../src/vscode/context/context-choice.ts";
import type { Doors } from "../../../src/vscode/doors.ts";
import { RunStore } from "../../../src/vscode/runs/run-store.ts";
import * as fake from "../../support/fake-vscode.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** Small things that last, kept here. */
export function memento(): Doors["state"] & { readonly kept: Map<string, unknown> } {
  const kept = new Map<string, unknown>();
  return {
    kept,
    keys: () => [...kept.keys()],
    get: (key: string) => kept.get(key) as never,
    update: async (key: string, value: unknown) => void (value === undefined ? kept.delete(key) : kept.set(key, value)),
  };
}

/** What a window's chat works with; windows of one folder are those of one workspace. */
export function windowIn(
  folder = tempFolder(),
  state = memento(),
): Doors & { readonly log: { readonly lines: string[] } } {
  // Conversations are kept while a test goes on to its end.
  onTestFinished(() => setTimeout(20));
  const lines: string[] = [];
  const log = { lines, warn: (line: string) => lines.push(line) };
  const runs = { ids: new Set<string>(), find: () => undefined };
  return {
    keys: { onDidChange: () => new fake.Disposable(() => {}), get: async () => null },
    runs,
    store: new RunStore(path.join(folder, "runs"), runs as never, log as never),
    choice: new ContextChoice(memento()),
    log,
    extensionUri: fake.Uri.file("/ext"),
    storageUri: fake.Uri.file(folder),
    state,
  } as unknown as Doors & { readonly log: { readonly lines: string[] } };
}
