import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import type { Run, RunResult } from "../../../src/ask.ts";
import { RunMarks } from "../../../src/vscode/runs/run-marks.ts";
import { RunStore } from "../../../src/vscode/runs/run-store.ts";
import { sampleRun } from "../../support/sample-run.ts";
import { tempFolder } from "../../support/temp-folder.ts";

vi.mock("vscode", () => import("../../support/fake-vscode.ts"));

function storeIn(folder: string) {
  const active = { ids: new Set<string>() };
  const lines: string[] = [];
  const log = { warn: (line: string) => lines.push(line) };
  return { store: new RunStore(folder, active as never, log as never), active, lines };
}

/** A run that ends when it is told to. */
function runOf(id: string, startedAt: number): { run: Run; end: () => void } {
  const moved = sampleRun("answered").map((event) => ({ ...event, runId: id, at: event.at + startedAt }));
  let end = () => {};
  const over = new Promise<RunResult>((resolve) => {
    end = () => resolve({} as RunResult);
  });
  const run = {
    id,
    result: over,
    async *events() {
      yield* moved.slice(0, -1);
      await over;
      yield* moved.slice(-1);
    },
  };
  return { run: run as unknown as Run, end };
}

const idOf = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
const logs = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".jsonl"));

describe("the runs of a workspace", () => {
  it("are marked and listed as running until they end, for other windows too", async () => {
    const folder = tempFolder();
    const { store } = storeIn(folder);
    const { run, end } = runOf(idOf(1), 0);
    store.record(run, 10);
    const other = storeIn(folder).store;
    await vi.waitFor(async () => expect((await other.list()).runs[0]?.state).toBe("running"));
    expect(await new RunMarks(folder).alive()).toEqual(new Set([idOf(1)]));
    await expect(other.delete(idOf(1))).rejects.toMatchObject({ code: "running" });
    expect(await other.deleteAll()).toBe(0);
    end();
    await vi.waitFor(async () => expect((await other.summary(idOf(1))).state).toBe("answered"));
    await vi.waitFor(async () => expect(await new RunMarks(folder).alive()).toEqual(new Set()));
    expect((await other.readRun(idOf(1))).events.at(-1)?.type).toBe("run.finished");
    await vi.waitFor(() => other.delete(idOf(1)));
    expect(logs(folder)).toEqual([]);
    await expect(other.readRun(idOf(1))).rejects.toMatchObject({ code: "not-found" });
  });

  it("are kept as many as the settings say, and none where they say none", async () => {
    const folder = tempFolder();
    const { store } = storeIn(folder);
    store.record(runOf(idOf(9), 0).run, 0);
    for (const n of [1, 2, 3]) {
      const { run, end } = runOf(idOf(n), n * 1_000_000);
      let changes = 0;
      const listening = store.onDidChange(() => {
        changes += 1;
      });
      store.record(run, 2);
      end();
      await vi.waitFor(() => expect(changes).toBeGreaterThanOrEqual(2));
      listening.dispose();
    }
    expect((await store.list()).runs.map(({ runId }) => runId)).toEqual([idOf(3), idOf(2)]);
    expect(await store.deleteAll()).toBe(2);
  });

  it("stay marked as running until they end, though their logs have ended early", async () => {
    const folder = tempFolder();
    const { store, lines } = storeIn(folder);
    const { run, end } = runOf(idOf(1), 0);
    const events = async function* () {
      yield* sampleRun("running").slice(0, 2);
      throw new Error("No more.");
    };
    store.record({ ...run, events } as Run, 10);
    await vi.waitFor(() => expect(logs(folder)).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await new RunMarks(folder).alive()).toEqual(new Set([idOf(1)]));
    end();
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    expect(await new RunMarks(folder).alive()).toEqual(new Set());
  });

  it("go on without a log where none can be written, which is said once", async () => {
    const folder = `${tempFolder({ file: "no folder" })}/file`;
    const { store, lines } = storeIn(folder);
    const { window } = await import("../../support/fake-vscode.ts");
    const warned = vi.spyOn(window, "showWarningMessage");
    for (const n of [1, 2]) {
      const { run, end } = runOf(idOf(n), 0);
      store.record(run, 10);
      end();
    }
    await vi.waitFor(() => expect(lines).toHaveLength(2));
    expect(warned).toHaveBeenCalledTimes(1);
    expect(existsSync(folder)).toBe(true);
  });
});
