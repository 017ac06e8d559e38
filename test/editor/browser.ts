import { type BrowserContext, chromium } from "playwright-core";
import { environmentOf, type Profile } from "./profile.ts";
import type { Editor } from "./setup.ts";

export interface Viewport {
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/** A headless Chromium with the profile's own data, which can reach nothing but 127.0.0.1. */
export function openBrowser(
  editor: Editor,
  profile: Profile,
  viewport: Viewport = { width: 1400, height: 900 },
): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile.browser, {
    executablePath: editor.chromium,
    headless: true,
    viewport,
    env: environmentOf(profile),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-proxy-server",
      "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    ],
  });
}
