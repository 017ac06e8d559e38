import { readdirSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type * as vscode from "vscode";
import type { AskParts, Run } from "../../../src/ask.ts";
import type { RunEvent } from "../../../src/rlm/events.ts";
import type { Telemetry } from "../../../src/telemetry/telemetry.ts";
import { readyServer } from "../../../src/vscode/agents/mcp-servers.ts";
import type { Doors } from "../../../src/vscode/doors.ts";
import type { OutputLog } from "../../../src/vscode/output-log.ts";
import { AbsenceNotice } from "../../../src/vscode/telemetry/absence-notice.ts";
import { WindowTelemetry } from "../../../src/vscode/telemetry/window-telemetry.ts";
import { fakeWindow } from "../../support/fake-vscode.ts";
import { sampleRun } from "../../support/sample-run.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { textIn } from "../../telemetry/support.ts";
import { freePort } from "../../telemetry/temp-postgres.ts";

/** What the user has set. */
const set = vi.hoisted(() => ({
  settings: {} as Record<string, unknown>,
  isTrusted: true,
  isTelemetryEnabled: true,
  changed: [] as ((event: { affectsConfiguration: () => boolean }) => void)[],
}));

vi.mock("vscode", async () => {
  const fake = await import("../../support/fake-vscode.ts");
  const never = () => new fake.Disposable(() => {});
  class McpStdioServerDefinition {
    args: string[] = [];
    env: Record<string, unknown> = {};
  }
  return {
    ...fake,
    McpStdioServerDefinition,
    workspace: {
      ...fake.workspace,
      get isTrusted() {
        return set.isTrusted;
      },
      getConfiguration: (section: string) => ({
        get: (name: string) => set.settings[`${section}.${name}`],
        inspect: () => undefined,
      }),
      onDidChangeConfiguration: (listener: (typeof set.changed)[number]) => {
        set.changed.push(listener);
        return new fake.Disposable(() => {});
      },
    },
    env: {
      ...fake.env,
      get isTelemetryEnabled() {
        return set.isTelemetryEnabled;
      },
      onDidChangeTelemetryEnabled: never,
    },
  };
});

const lines: string[] = [];
const write = (line: string) => void lines.push(line);
const log = { info: write, warn: write, error: write } as unknown as OutputLog;
const [begun] = sampleRun();
const question = begun?.type === "run.started" ? begun.question : "";
const parts = { named: () => ({ price: null }) } as unknown as AskParts;

/** A window with a database that does not answer. */
async function opened(stored = true) {
  const folder = tempFolder();
  const dsn = `postgres://u:hunter2@127.0.0.1:${await freePort()}/db`;
  const secrets = new Map(stored ? [["rlm.telemetry.dsn", dsn]] : []);
  const { EventEmitter, Uri } = await import("vscode");
  const changed = new EventEmitter<vscode.SecretStorageChangeEvent>();
  const storage = {
    get: async (key: string) => secrets.get(key),
    store: async (key: string, value: string) => {
      secrets.set(key, value);
      changed.fire({ key });
    },
    delete: async (key: string) => {
      secrets.delete(key);
      changed.fire({ key });
    },
    onDidChange: changed.event,
  } as unknown as vscode.SecretStorage;
  const telemetry = new WindowTelemetry(storage, Uri.file(folder), log);
  onTestFinished(() => telemetry.close());
  return { telemetry, dsn, spool: path.join(folder, "telemetry"), kept: () => keptIn(path.join(folder, "telemetry")) };
}

function keptIn(folder: string): string {
  try {
    return readdirSync(folder).length > 0 ? textIn(folder) : "";
  } catch {
    return "";
  }
}

function runOf(events: readonly RunEvent[]): Run {
  return {
    events: async function* () {
      yield* events;
    },
  } as unknown as Run;
}

beforeEach(() => {
  fakeWindow.reset();
  lines.length = 0;
  set.settings = { "rlm.telemetry.enabled": true };
  set.isTrusted = true;
  set.isTelemetryEnabled = true;
  set.changed = [];
});

describe("the telemetry of a window", () => {
  it("is off until the user has turned it on, and is as VS Code's own", async () => {
    const { telemetry, kept } = await opened();
    set.settings = {};
    expect(await telemetry.status()).toEqual({ kind: "off", why: "setting" });
    telemetry.record(runOf(sampleRun()), parts);
    set.settings = { "rlm.telemetry.enabled": true };
    set.isTelemetryEnabled = false;
    expect(await telemetry.status()).toEqual({ kind: "off", why: "editor" });
    telemetry.record(runOf(sampleRun()), parts);
    expect(Object.values(await telemetry.environment())).toEqual([null, null, null, null]);
    await telemetry.close();
    expect(kept()).toBe("");
  });

  it("says that it has no database", async () => {
    const { telemetry } = await opened(false);
    expect(await telemetry.status()).toEqual({ kind: "off", why: "dsn" });
  });

  it("says at each moment what is known, and never that all is stored where nothing was", async () => {
    const { telemetry } = await opened();
    expect(await telemetry.status()).toMatchObject({ kind: "on", state: "idle", storedAt: null });
    const told: unknown[] = [];
    telemetry.onDidChange(async () => {
      const status = await telemetry.status();
      if (status.kind === "on") told.push([status.state, status.storedAt]);
    });
    telemetry.record(runOf(sampleRun()), parts);
    await expect.poll(() => told.some((each) => JSON.stringify(each) === '["away",null]')).toBe(true);
    expect(told[0]).toEqual(["opening", null]);
    expect(JSON.stringify(told)).not.toContain('"ok"');
  });

  it("keeps no text where the workspace is not trusted, whatever the setting says", async () => {
    set.settings = { ...set.settings, "rlm.telemetry.content": true };
    for (const isTrusted of [false, true]) {
      set.isTrusted = isTrusted;
      const { telemetry, kept } = await opened();
      expect(await telemetry.status()).toMatchObject({ kind: "on", content: isTrusted });
      telemetry.record(runOf(sampleRun()), parts);
      await telemetry.close();
      expect(kept()).toContain("reply.finished");
      expect([isTrusted, kept().includes(question)]).toEqual([isTrusted, isTrusted]);
    }
  });

  it("keeps no text unless the user has opted into that", async () => {
    const { telemetry, kept } = await opened();
    telemetry.record(runOf(sampleRun()), parts);
    await telemetry.close();
    expect(kept()).toContain("run.finished");
    expect(kept()).not.toContain(question);
  });

  it("logs what a run has told at its very end, also where the window closes then", async () => {
    const { telemetry, kept } = await opened();
    const events = sampleRun();
    const slow = {
      events: async function* () {
        for (const event of events) {
          if (event.type === "run.finished") await new Promise((resolve) => setTimeout(resolve, 30));
          yield event;
        }
      },
    } as unknown as Run;
    telemetry.record(slow, parts, "mine");
    await telemetry.close();
    expect(kept()).toContain("run.finished");
    expect(kept()).toContain('"query_id":"mine"');
  });

  it("writes each state to its log once, with the reason and without the password", async () => {
    const { telemetry } = await opened();
    telemetry.record(runOf(sampleRun()), parts);
    await expect.poll(() => lines.length).toBeGreaterThan(0);
    await telemetry.close();
    expect(lines).toEqual([expect.stringMatching(/^Telemetry: away: Nothing listens at 127/), "Telemetry: off"]);
    expect(lines.join()).not.toContain("hunter2");
  });

  it.each([
    ["was turned off", {}, { kind: "off", why: "setting" }],
    ["was told to log no texts", { "rlm.telemetry.enabled": true }, { kind: "on", content: false }],
  ])("takes nothing more of a run once it %s", async (_what, then, status) => {
    set.settings = { "rlm.telemetry.enabled": true, "rlm.telemetry.content": true };
    const { telemetry, kept } = await opened();
    let go = () => {};
    const rest = new Promise<void>((resolve) => {
      go = resolve;
    });
    const events = sampleRun();
    const run = {
      events: async function* () {
        yield* events.slice(0, 3);
        await rest;
        yield* events.slice(3);
      },
    } as unknown as Run;
    telemetry.record(run, parts);
    await expect.poll(kept).toContain("run.started");
    set.settings = then;
    for (const listener of set.changed) listener({ affectsConfiguration: () => true });
    expect(await telemetry.status()).toMatchObject(status);
    go();
    await telemetry.close();
    expect(kept()).not.toContain("run.finished");
  });

  it("hands its switches on to the MCP server, in the environment alone", async () => {
    const { telemetry, dsn, spool } = await opened();
    const { McpStdioServerDefinition, Uri } = await import("vscode");
    const doors = { extensionUri: Uri.file("/x"), keys: { get: async () => null }, telemetry } as unknown as Doors;
    const started = async () => {
      const server = new McpStdioServerDefinition("RLM", "node", []);
      return (await readyServer(doors, server)) as vscode.McpStdioServerDefinition;
    };
    const on = await started();
    expect(on.env).toMatchObject({ RLM_TELEMETRY: "1", RLM_TELEMETRY_DSN: dsn, RLM_TELEMETRY_SPOOL: spool });
    expect(on.env.RLM_TELEMETRY_CONTENT).toBeNull();
    expect(JSON.stringify(on.args)).not.toContain("hunter2");
    set.settings = {};
    // What the editor was started with counts no more than anything else of it.
    expect((await started()).env).toMatchObject({ RLM_TELEMETRY: null, RLM_TELEMETRY_DSN: null });
  });
});

describe("the notice that the database is away", () => {
  const state = { since: 0, queued: 0, storedAt: null, spooledBytes: 0, dropped: 0 };
  const away: Telemetry["state"] = {
    ...state,
    state: "away",
    lastError: { code: "refused", message: "Nothing listens." },
  };
  const ok: Telemetry["state"] = { ...state, state: "ok", lastError: null };

  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("comes after five minutes, once, with the reason", () => {
    const notice = new AbsenceNotice();
    notice.take(away);
    vi.advanceTimersByTime(4 * 60_000);
    notice.take(away);
    expect(fakeWindow.warnings).toEqual([]);
    vi.advanceTimersByTime(60_000);
    expect(fakeWindow.warnings).toEqual([
      expect.stringContaining("is away; what runs tell waits on disk. Nothing listens."),
    ]);
    notice.take(ok);
    notice.take(away);
    vi.advanceTimersByTime(3_600_000);
    expect(fakeWindow.warnings).toHaveLength(1);
  });

  it("does not come where the database is back before, or the window has closed", () => {
    const notice = new AbsenceNotice();
    notice.take(away);
    vi.advanceTimersByTime(4 * 60_000);
    notice.take(ok);
    vi.advanceTimersByTime(3_600_000);
    notice.take(away);
    notice.dispose();
    vi.advanceTimersByTime(3_600_000);
    expect(fakeWindow.warnings).toEqual([]);
  });

  it("comes at once where rows are lost", () => {
    const notice = new AbsenceNotice();
    notice.take({ ...away, state: "full", dropped: 4 });
    expect(fakeWindow.warnings).toEqual([expect.stringContaining("some of it is lost. Nothing listens.")]);
  });
});
