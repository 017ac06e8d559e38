import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { FromChatView, ToChatView } from "../../src/webview/chat/protocol.ts";
import type { FromTraceView, ToTraceView } from "../../src/webview/trace/protocol.ts";
import type { FromUsageView, ToUsageView } from "../../src/webview/usage/protocol.ts";
import { fonts, type ThemeName, themes } from "./themes.ts";

/** No request to it leaves the machine: the test answers them itself. */
const origin = "https://webview.test";
const policy = [
  "default-src 'none'",
  `style-src ${origin}`,
  `font-src ${origin}`,
  `img-src ${origin} data:`,
  "script-src 'nonce-test'",
].join("; ");

const types: Readonly<Record<string, string>> = { js: "text/javascript", css: "text/css", ttf: "font/ttf" };

/** Files of the built view by name. */
type Assets = ReadonlyMap<string, Uint8Array>;

/** The views by the names of their folders, with the titles of their pages. */
const views = { trace: "RLM Trace", chat: "RLM Chat", usage: "RLM Usage" } as const;
type ViewName = keyof typeof views;

export const buildTracePanel = (): Promise<Assets> => buildView("trace");

/** Builds a view as `scripts/build.mjs` does, in memory. */
export async function buildView(name: ViewName): Promise<Assets> {
  const { outputFiles } = await build({
    entryPoints: { [name]: `src/webview/${name}/main.tsx` },
    outdir: "webview",
    write: false,
    bundle: true,
    minify: true,
    platform: "browser",
    format: "iife",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    assetNames: "[name]",
    loader: { ".ttf": "file" },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return new Map(outputFiles.map((file) => [file.path.slice(file.path.lastIndexOf("/") + 1), file.contents]));
}

/** A browser with a fresh profile, which `close` removes. */
export async function startBrowser(): Promise<{ context: BrowserContext; close(): Promise<void> }> {
  const home = mkdtempSync(join(tmpdir(), "rlm-webview-"));
  const browser: Browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium-headless-shell",
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
      ...["--disable-component-update", "--disable-sync"],
    ],
    env: { ...process.env, HOME: home },
  });
  const context = await browser.newContext();
  return {
    context,
    close: async () => {
      await browser.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A view alone in a page, with the test in the place of the extension. */
interface ViewPage<FromView, ToView> {
  readonly page: Page;
  /** What the view has sent, in order. */
  readonly sent: readonly FromView[];
  /** Requests that went anywhere but to the view's own files, errors of the page, and violations of its policy. */
  readonly offences: readonly string[];
  /** Sends a message, and waits until it is drawn. */
  send(message: ToView): Promise<void>;
}

export type TracePage = ViewPage<FromTraceView, ToTraceView>;
export type ChatPage = ViewPage<FromChatView, ToChatView>;
export type UsagePage = ViewPage<FromUsageView, ToUsageView>;

export const openTracePage = (
  context: BrowserContext,
  assets: Assets,
  theme?: ThemeName,
  viewport?: { width: number; height: number },
  kept?: unknown,
): Promise<TracePage> => openView("trace", context, assets, theme, viewport, kept);

/** A side bar of the usual width, unless told otherwise. */
export const openChatPage = (
  context: BrowserContext,
  assets: Assets,
  theme?: ThemeName,
  viewport = { width: 400, height: 900 },
  kept?: unknown,
): Promise<ChatPage> => openView("chat", context, assets, theme, viewport, kept);

export const openUsagePage = (
  context: BrowserContext,
  assets: Assets,
  theme?: ThemeName,
  viewport?: { width: number; height: number },
  kept?: unknown,
): Promise<UsagePage> => openView("usage", context, assets, theme, viewport, kept);

/** Opens a view and waits until it says that it is ready. @param kept what the page has kept of itself before */
async function openView<FromView, ToView>(
  name: ViewName,
  context: BrowserContext,
  assets: Assets,
  theme: ThemeName = "dark",
  viewport = { width: 1400, height: 900 },
  kept?: unknown,
): Promise<ViewPage<FromView, ToView>> {
  const page = await context.newPage();
  await page.setViewportSize(viewport);
  const sent: FromView[] = [];
  const offences: string[] = [];
  page.on("pageerror", (error) => offences.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") offences.push(`console: ${message.text()}`);
  });
  await page.exposeFunction("sendToExtension", (message: FromView) => sent.push(message));
  await page.addInitScript(extensionStub(kept));
  await page.route("**/*", async (route) => {
    const url = new URL(route.request().url());
    const file = url.pathname.slice(1);
    const body = file === "theme.css" ? Buffer.from(themeCss(theme)) : assets.get(file);
    if (url.origin !== origin || (file !== "" && !body)) {
      offences.push(`request: ${url.href}`);
      return route.abort();
    }
    if (!body) return route.fulfill({ contentType: "text/html", body: pageHtml(theme, name) });
    const contentType = types[file.slice(file.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    return route.fulfill({ contentType, body: Buffer.from(body) });
  });
  await page.goto(`${origin}/`);
  await page.waitForFunction("window.viewIsReady === true");
  const send = async (message: ToView) => {
    await page.evaluate(`window.postMessage(${JSON.stringify(message)}, "*")`);
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  };
  return { page, sent, offences, send };
}

/** What VS Code puts into a webview before its page. @param kept what the page has kept of itself before */
const extensionStub = (kept: unknown) => `
  let taken = false;
  window.acquireVsCodeApi = () => {
    if (taken) throw new Error("acquireVsCodeApi was called twice");
    taken = true;
    return {
      postMessage(message) {
        if (message.type === "ready") window.viewIsReady = true;
        window.sendToExtension(message);
      },
      getState() { return window.viewState ?? ${JSON.stringify(kept) ?? "undefined"}; },
      setState(state) { window.viewState = state; },
    };
  };
`;

function pageHtml(theme: ThemeName, name: ViewName): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${origin}/theme.css">
<link rel="stylesheet" href="${origin}/${name}.css">
<title>${views[name]}</title>
</head>
<body class="${themes[theme].bodyClass}">
<div id="app"></div>
<script nonce="test" src="${origin}/${name}.js"></script>
</body>
</html>`;
}

/** The theme's tokens as a style sheet. */
function themeCss(theme: ThemeName): string {
  const tokens = Object.entries({ ...fonts, ...themes[theme].colors });
  return `:root { ${tokens.map(([name, value]) => `--vscode-${name}: ${value};`).join(" ")} }`;
}
