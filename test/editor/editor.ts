// A real VS Code in a real browser, for tests; workbench.ts has what can be done in it, extension.ts what tests of ours need.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { openBrowser, type Viewport } from "./browser.ts";
import { createProfile, type Profile, type ProfileOptions, removeProfile } from "./profile.ts";
import { type EditorServer, installVsix, startServer } from "./server.ts";
import { ensureEditor } from "./setup.ts";
import { progress, SetupError } from "./setup-error.ts";
import { openWorkbench } from "./workbench.ts";

export interface EditorOptions extends ProfileOptions {
  /** Packaged extensions to install, as paths. */
  readonly vsix?: readonly string[];
  /** Environment variables for the extension host; it has none of the user's but PATH and the locale. */
  readonly env?: Readonly<Record<string, string>>;
  readonly viewport?: Viewport;
}

/** VS Code with one window open on the profile's workspace. */
export interface OpenEditor {
  readonly page: Page;
  readonly profile: Profile;
  /** Loads the window anew, as "Developer: Reload Window" does: the extension host starts again too. */
  reload(): Promise<void>;
  /** Stops the server and the browser, and removes the profile unless it is to be kept for a look. */
  close(keep?: "keep"): Promise<void>;
}

const out = join(import.meta.dirname, "out");

/**
 * Opens VS Code for a new user, with the extensions and settings given; takes about 10 seconds. Close it in any case.
 * @throws SetupError where the editor can't be installed
 */
export async function openEditor(options: EditorOptions = {}): Promise<OpenEditor> {
  const editor = await ensureEditor();
  const profile = createProfile(options);
  let server: EditorServer | undefined;
  let browser: BrowserContext | undefined;
  const close = async (keep?: "keep"): Promise<void> => {
    await browser?.close().catch(() => {}); // It may have crashed; the rest must go in any case.
    await server?.stop();
    if (keep === undefined) removeProfile(profile);
  };
  try {
    for (const vsix of options.vsix ?? []) await installVsix(editor, profile, vsix);
    server = await startServer(editor, profile, options.env);
    browser = await openBrowser(editor, profile, options.viewport);
    const page = browser.pages()[0] ?? (await browser.newPage());
    const { url } = server;
    const reload = () => openWorkbench(page, url, profile.workspace, profile.theme);
    await reload();
    return { page, profile, reload, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Whether the editor can't be had on this machine, said on stderr: `test.skipIf(await noEditor())`.
 * @throws SetupError with `CI=true`, where no test may be skipped
 */
export async function noEditor(): Promise<boolean> {
  try {
    await ensureEditor();
    return false;
  } catch (error) {
    if (!(error instanceof SetupError) || process.env.CI === "true") throw error;
    progress(`SKIPPED: the tests in a real editor. ${error.message}`);
    return true;
  }
}

/** Writes a picture of the window to `test/editor/out/NAME.png`. @returns its path */
export async function screenshot(page: Page, name: string): Promise<string> {
  const path = join(out, `${name}.png`);
  mkdirSync(dirname(path), { recursive: true });
  await page.screenshot({ path });
  return path;
}
