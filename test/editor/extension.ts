// The packaged extension in a real editor: what its tests have in common. workbench.ts has what any extension's would.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FrameLocator, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { packageExtension } from "../support/packaged.ts";
import type { ScriptedReply } from "../support/scripted-server.ts";
import { type EditorOptions, type OpenEditor, openEditor, screenshot } from "./editor.ts";
import { answerQuickInput, appears, notification, quickInput, runCommand, webview } from "./workbench.ts";

/** One editor with the extension for all tests of a file; a test that fails leaves a picture of it. */
export function sharedEditor(options: () => Promise<EditorOptions>): () => OpenEditor {
  let editor: OpenEditor | undefined;
  beforeAll(async () => {
    const { vsix = [], ...others } = await options();
    editor = await openEditor({ ...others, vsix: [await packageExtension(), ...vsix] });
  });
  afterEach(async ({ task }) => {
    if (!editor || task.result?.state !== "fail") return;
    const picture = await screenshot(editor.page, `failed-${task.id}`).catch(() => "none");
    process.stderr.write(`“${task.name}” failed; the editor as it was: ${picture}\n`);
  });
  afterAll(() => editor?.close());
  return () => {
    if (!editor) throw new Error("The editor is not open.");
    return editor;
  };
}

/** The page of the trace panel in sight. */
export function trace(page: Page): FrameLocator {
  return webview(page, { extension: "recursive-lm.rlm-vscode" });
}

/** The page of the chat. */
export function chat(page: Page): FrameLocator {
  return webview(page, { extension: "recursive-lm.rlm-vscode", in: "view" });
}

/** The line that says what the run does, or how it ended. */
function status(page: Page): Locator {
  return trace(page).getByRole("status");
}

/**
 * Opens the box for a question about the workspace.
 * @param answeredBy words of the line that says who will answer; the box is opened again until they are there, as a
 *   setting that has just been written takes a moment to arrive, and whatever takes the focus closes the box
 */
export async function openQuestion(page: Page, answeredBy: string): Promise<void> {
  const box = quickInput(page, "RLM: Ask About");
  for (let tries = 0; tries < 20; tries += 1) {
    await runCommand(page, "RLM: Ask About Workspace…");
    if ((await appears(box, 10_000)) && (await box.textContent())?.includes(answeredBy)) return;
    await page.keyboard.press("Escape");
    await box.waitFor({ state: "hidden" });
  }
  throw new Error(`The question is never said to be answered by “${answeredBy}”.`);
}

/** Asks about the workspace; `answeredBy` as for `openQuestion`. */
export async function ask(page: Page, question: string, answeredBy: string): Promise<void> {
  await openQuestion(page, answeredBy);
  await answerQuickInput(page, question, "RLM: Ask About");
}

/** Waits until the run has ended so. */
export async function ended(page: Page, how: string | RegExp): Promise<void> {
  await status(page).filter({ hasText: how }).waitFor();
}

/**
 * Opens a workspace file in the window, and waits until one of its folders is in the explorer. On a busy machine VS Code
 * now and then comes up without the folders and stays so: then it is loaded again.
 */
export async function openWorkspaceFile(page: Page, file: string, folder: string): Promise<void> {
  const { origin } = new URL(page.url());
  const shown = page.locator(".explorer-folders-view .monaco-list-row", { hasText: folder });
  for (let tries = 0; tries < 3; tries += 1) {
    await page.goto(`${origin}/?${new URLSearchParams({ workspace: file })}`);
    await page.locator(".monaco-workbench.vs-dark").waitFor();
    await runCommand(page, "View: Show Explorer");
    if (await appears(shown.first(), 15_000)) return;
  }
  throw new Error(`The window of ${file} shows no folder “${folder}”.`);
}

/** Writes settings of the machine, as a user does in `settings.json`; the others stay. */
export function setMachineSettings({ profile }: OpenEditor, change: Readonly<Record<string, unknown>>): void {
  const file = machineSettingsFile(profile.userData);
  const before: unknown = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...(before as object), ...change }, null, 2));
}

export function machineSettingsFile(userData: string): string {
  return join(userData, "Machine/settings.json");
}

/** Closes all editors and notifications, so that the next test finds the window empty. */
export async function tidy(page: Page): Promise<void> {
  await runCommand(page, "Notifications: Clear All Notifications");
  await runCommand(page, "View: Close All Editors");
  await page.locator(".tabs-container .tab").first().waitFor({ state: "detached" });
}

/** Presses the button of a notification that holds these words. */
export async function pressInNotification(page: Page, words: string, button: string): Promise<void> {
  await notification(page, words).getByRole("button", { name: button }).click();
}

/** A door that stays shut until a test opens it. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** A streamed reply that stops after `first` until the gate opens, or for ever. */
export function heldReply(first: string, rest: string, until: Gate | null): ScriptedReply {
  return {
    raw: async (_request, response) => {
      const chunk = (content: string, finish_reason: string | null) => {
        const choices = [{ index: 0, delta: { content }, finish_reason }];
        response.write(
          `data: ${JSON.stringify({ id: "held", object: "chat.completion.chunk", created: 0, model: "held", choices })}\n\n`,
        );
      };
      response.writeHead(200, { "content-type": "text/event-stream" });
      chunk(first, null);
      const gone = new Promise<void>((resolve) => response.once("close", resolve));
      await Promise.race(until ? [until.opened, gone] : [gone]);
      if (response.destroyed) return;
      chunk(rest, "stop");
      response.end("data: [DONE]\n\n");
    },
  };
}
