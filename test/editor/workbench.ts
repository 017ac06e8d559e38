import type { FrameLocator, Locator, Page } from "playwright-core";
import { type Theme, themes } from "./theme.ts";

/** Opens a folder in the workbench and waits until it shows in its colours. */
export async function openWorkbench(page: Page, url: string, folder: string, theme: Theme): Promise<void> {
  await page.goto(`${url}/?${new URLSearchParams({ folder })}`);
  await page.locator(`.monaco-workbench.${themes[theme].css}`).waitFor({ timeout: 60_000 });
}

/**
 * Runs a command by its label in the palette, such as `RLM: Stop`. The palette lists what is registered at the moment
 * of typing, and an extension's commands arrive seconds after the workbench shows: it is asked again until they are.
 * @throws Error where there is no such command after `timeout` milliseconds
 */
export async function runCommand(page: Page, label: string, timeout = 60_000): Promise<void> {
  const input = quickInput(page).locator("input[type=text]");
  const typed = `>${label}`;
  const row = quickRow(page, label);
  const end = Date.now() + timeout;
  for (let patience = 250; Date.now() < end; patience = Math.min(2 * patience, 2_000)) {
    await page.keyboard.press("F1");
    // A webview may take the focus back a moment after it was lost, which closes the palette.
    const typing = input.fill(typed, { timeout: 2_000 });
    const clicked =
      (await succeeds(typing)) && (await appears(row, patience)) && (await succeeds(row.click({ timeout: 2_000 })));
    if (clicked && (await paletteGone(input, typed))) return;
    await page.keyboard.press("Escape");
  }
  throw new Error(`No command "${label}" in the palette.`);
}

/**
 * Types a text into the quick input that is open, or about to be, and presses Enter.
 * @param prompt words that the right input shows as its title, placeholder or prompt; name them where one input follows
 *   another, so that the text can't land in the wrong one
 */
export async function answerQuickInput(page: Page, text: string, prompt?: string): Promise<void> {
  const input = quickInput(page, prompt).locator("input").first();
  await input.waitFor();
  await input.fill(text);
  await input.press("Enter");
}

/** Chooses the entry of an open quick pick that is labelled exactly so. `prompt` as for `answerQuickInput`. */
export async function pickQuickItem(page: Page, label: string, prompt?: string): Promise<void> {
  await quickInput(page, prompt).waitFor();
  await quickRow(page, label).click();
}

/** Which webview of an extension is meant. */
export interface WebviewOf {
  /** The extension's full name, `publisher.name`. */
  readonly extension: string;
  /** `panel` beside the editors (the default), or `view` in a side bar. */
  readonly in?: "panel" | "view";
}

/** The document inside a webview: an extension's own HTML. Locators wait until it is there. */
export function webview(page: Page, which: WebviewOf): FrameLocator {
  const view = '[src*="purpose=webviewView"]';
  const kind = which.in === "view" ? view : `:not(${view})`;
  // VS Code puts two frames round it: one with the extension's name in its address, and #active-frame.
  const outer = `iframe.webview.ready[src*="extensionId=${which.extension}"]${kind}`;
  return page.frameLocator(outer).frameLocator("iframe#active-frame");
}

/** A notification that holds these words. */
export function notification(page: Page, words: string): Locator {
  return page.locator(".notification-list-item", { hasText: words }).first();
}

/** The quick input that is open; `prompt` as for `answerQuickInput`. */
export function quickInput(page: Page, prompt?: string): Locator {
  const widget = page.locator(".quick-input-widget:visible");
  if (prompt === undefined) return widget;
  const placeholder = page.locator(`input[placeholder*=${JSON.stringify(prompt)}]`);
  return widget.filter({ hasText: prompt }).or(widget.filter({ has: placeholder }));
}

function quickRow(page: Page, label: string): Locator {
  const rows = page.locator(".quick-input-list .monaco-list-row");
  return rows.filter({ has: page.getByText(label, { exact: true }) }).first();
}

/** Whether it comes into sight within `timeout` milliseconds. */
export function appears(locator: Locator, timeout: number): Promise<boolean> {
  return succeeds(locator.waitFor({ timeout }));
}

function succeeds(action: Promise<void>): Promise<boolean> {
  return action.then(
    () => true,
    () => false,
  );
}

/**
 * The next input uses the same widget, so the palette must be gone before anything is typed.
 * @returns false where it stays: the click has met a list that was just drawn anew
 */
async function paletteGone(input: Locator, typed: string): Promise<boolean> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (!(await input.isVisible()) || (await input.inputValue({ timeout: 500 }).catch(() => "")) !== typed) return true;
    await input.page().waitForTimeout(20);
  }
  return false;
}
