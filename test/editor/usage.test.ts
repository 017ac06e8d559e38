import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FrameLocator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/telemetry/connect.ts";
import { answer, cell, replies } from "../support/asking.ts";
import { type ScriptedServer, startScriptedServer } from "../support/scripted-server.ts";
import { startPostgres, type TempPostgres } from "../telemetry/temp-postgres.ts";
import { noEditor, screenshot } from "./editor.ts";
import { ask, ended, machineSettingsFile, sharedEditor, tidy } from "./extension.ts";
import { answerQuickInput, notification, pickQuickItem, runCommand, webview } from "./workbench.ts";

const question = "What is the cap?";
const answeredBy = "Answered by writer with reader at";

let server: ScriptedServer;
let database: TempPostgres;

const skipped = await noEditor();

describe.skipIf(skipped)("telemetry and usage in a real editor", () => {
  beforeAll(async () => {
    const script = replies([
      cell('print(await llm_query("Sum up.\\n" + read("retry.ts")));'),
      answer("The cap is 8 s [retry.ts:1]."),
    ]);
    server = await startScriptedServer(script, { models: ["writer", "reader"] });
    database = await startPostgres();
  });

  const editor = sharedEditor(async () => ({
    files: { "retry.ts": "export const cap = 8_000;\n" },
    telemetry: true,
    settings: { "rlm.directBelowTokens": 0 },
    machineSettings: { "rlm.baseUrl": server.baseUrl, "rlm.model": "writer", "rlm.subModel": "reader" },
  }));

  afterAll(async () => {
    await server?.close();
    await database?.stop();
  });

  it("shows what the run logs tell while telemetry is off", async () => {
    const { page } = editor();
    await ask(page, question, answeredBy);
    await ended(page, "Answered");
    await tidy(page);
    await runCommand(page, "RLM: Open Usage");
    const usage = usageView(page);
    await usage.getByText("Telemetry is off: runs are logged on this machine alone.").waitFor();
    await usage.getByText("From the run logs of this workspace").waitFor();
    expect(await usage.locator(".totals > div").last().innerText()).toMatch(/^Calls\s+3$/);
    await usage.getByRole("button", { name: question }).first().click();
    await ended(page, "Answered");
  });

  it("logs to the database once it is configured, its tables are made and it is turned on", async () => {
    const { page } = editor();
    await tidy(page);
    await runCommand(page, "RLM: Configure Telemetry…");
    await answerQuickInput(page, database.dsn, "RLM: Configure Telemetry");
    await notification(page, "has no tables of RLM yet")
      .getByRole("button", { name: "Show and Apply Schema…" })
      .click();
    await page.locator(".monaco-editor", { hasText: "CREATE SCHEMA" }).first().waitFor();
    await pickQuickItem(page, "Apply", "It makes the schema");
    await notification(page, "The tables are of version").getByRole("button", { name: "Turn Telemetry On" }).click();

    await expect
      .poll(() => readFileSync(machineSettingsFile(editor().profile.userData), "utf8"))
      .toContain("rlm.telemetry.enabled");
    // The setting takes a moment to arrive: what is asked before that is not logged.
    await runCommand(page, "View: Revert and Close Editor");
    await runCommand(page, "RLM: Open Usage");
    await usageView(page).getByText("Telemetry is on; no run has begun in this window yet.").waitFor();
    await runCommand(page, "View: Close All Editors");
    await ask(page, question, answeredBy);
    await ended(page, "Answered");
    await runCommand(page, "View: Close All Editors");
    await runCommand(page, "RLM: Open Usage");
    const usage = usageView(page);
    await usage.getByText("Telemetry is on: all is stored.").waitFor();
    await expect
      .poll(() => stored(database.dsn), { timeout: 30_000 })
      .toEqual([
        { model: "reader", kind: "llm", question: null },
        { model: "writer", kind: "turn", question: null },
        { model: "writer", kind: "turn", question: null },
      ]);
    await usage.getByRole("button", { name: "Refresh" }).click();
    await usage.getByText("From the telemetry database").waitFor();
    // One run, though the logs have two. What was shown before stays until the new answer is there.
    await expect.poll(() => usage.locator(".totals > div").last().innerText()).toMatch(/^Calls\s+3$/);
    await screenshot(page, "usage");
    await usage.getByRole("button", { name: question }).first().click();
    await ended(page, "Answered");
  });

  it("says that the database is away, and shows the run logs in its place", async () => {
    const { page } = editor();
    await database.kill();
    await tidy(page);
    await runCommand(page, "RLM: Open Usage");
    const usage = usageView(page);
    await usage.getByText("Nothing listens at").first().waitFor();
    await usage.getByRole("button", { name: "Show Run Logs Instead" }).click();
    await usage.getByText("From the run logs of this workspace").waitFor();
    expect(await usage.locator(".totals > div").last().innerText()).toMatch(/^Calls\s+6$/);
    await database.start();
  });

  it("logs nothing any more once VS Code's own telemetry is off", async () => {
    const { page, profile } = editor();
    const before = (await stored(database.dsn)).length;
    const file = join(profile.userData, "User/settings.json");
    const settings = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...settings, "telemetry.telemetryLevel": "off" }));
    // The view is opened again by itself.
    await runCommand(page, "Developer: Reload Window");
    const usage = usageView(page);
    await usage.getByText("Telemetry is off, because VS Code's own telemetry is.").waitFor();
    await ask(page, question, answeredBy);
    await ended(page, "Answered");
    await runCommand(page, "View: Close All Editors");
    await runCommand(page, "RLM: Open Usage");
    await expect.poll(() => usage.locator(".totals > div").last().innerText()).toMatch(/^Calls\s+9$/);
    expect(await stored(database.dsn)).toHaveLength(before);
  });
});

function usageView(page: Page): FrameLocator {
  return webview(page, { extension: "recursive-lm.rlm-vscode" });
}

/** The calls that the database has, with the questions of their runs. */
async function stored(dsn: string): Promise<unknown[]> {
  const { client } = await connect(dsn);
  const sql = "SELECT model, kind, question FROM rlm.calls JOIN rlm.runs USING (run_id) ORDER BY model, kind";
  const { rows } = await client.query(sql);
  await client.end();
  return rows;
}
