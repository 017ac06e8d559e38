// The proof that tests can drive a real VS Code: an extension made up here is packaged, installed, run and seen.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test, vi } from "vitest";
import { noEditor, withEditor } from "./editor.ts";
import { answerQuickInput, notification, pickQuickItem, runCommand, webview } from "./workbench.ts";

const code = `
const vscode = require("vscode");
const page = (id, text) => '<!DOCTYPE html><pre id="' + id + '">' + text + "</pre>";
exports.activate = (context) => {
  const show = vscode.commands.registerCommand("probe.show", async () => {
    const name = await vscode.window.showInputBox({ prompt: "Who are you?" });
    const colour = await vscode.window.showQuickPick(["red", "blue"], { placeHolder: "Which colour?" });
    const files = await vscode.workspace.findFiles("**");
    const facts = {
      name,
      colour,
      files: files.map((file) => file.path.split("/").pop()).sort(),
      handedIn: process.env.PROBE_ENDPOINT,
      userKey: process.env.OPENAI_API_KEY,
      trusted: vscode.workspace.isTrusted,
      machine: vscode.workspace.getConfiguration("probe").get("machine"),
      window: vscode.workspace.getConfiguration("probe").get("window"),
      theme: vscode.ColorThemeKind[vscode.window.activeColorTheme.kind],
    };
    const panel = vscode.window.createWebviewPanel("probe.panel", "Probe", vscode.ViewColumn.One, {});
    panel.webview.html = page("facts", JSON.stringify(facts));
    await vscode.commands.executeCommand("probe.view.focus");
    void vscode.window.showInformationMessage("Probe is done.");
  });
  const view = vscode.window.registerWebviewViewProvider("probe.view", {
    resolveWebviewView: (view) => { view.webview.html = page("view", "in the side bar"); },
  });
  context.subscriptions.push(show, view);
};
`;

const manifest = {
  name: "probe",
  publisher: "example",
  version: "0.0.1",
  license: "MIT",
  engines: { vscode: "^1.106.0" },
  main: "./extension.cjs",
  files: ["extension.cjs", "LICENSE.txt"],
  capabilities: { untrustedWorkspaces: { supported: true } },
  contributes: {
    commands: [{ command: "probe.show", category: "Probe", title: "Show Facts" }],
    views: { explorer: [{ id: "probe.view", name: "Probe", type: "webview" }] },
    configuration: {
      properties: {
        "probe.machine": { type: "string", default: "unset", scope: "machine" },
        "probe.window": { type: "string", default: "unset" },
      },
    },
  },
};

/** Packages the extension. @returns the path of its `.vsix` */
async function packProbe(folder: string): Promise<string> {
  const source = join(folder, "probe");
  mkdirSync(source);
  writeFileSync(join(source, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(source, "extension.cjs"), code);
  writeFileSync(join(source, "README.md"), "Shows what an extension can see.\n");
  writeFileSync(join(source, "LICENSE.txt"), "MIT\n");
  const vsix = join(folder, "probe.vsix");
  const vsce = join(import.meta.dirname, "../../node_modules/@vscode/vsce/vsce");
  const args = ["package", "--no-dependencies", "--allow-missing-repository", "--out", vsix];
  await promisify(execFile)(process.execPath, [vsce, ...args], { cwd: source });
  return vsix;
}

const options = {
  files: { "a.txt": "hello\n", "src/b.ts": "export const b = 1;\n" },
  settings: { "probe.machine": "from the user", "probe.window": "from the user" },
  machineSettings: { "probe.machine": "from the machine" },
  env: { PROBE_ENDPOINT: "http://127.0.0.1:1" },
  theme: "hc-light",
  trusted: false,
} as const;

const seen = {
  name: "nobody",
  colour: "blue",
  files: ["a.txt", "b.ts"],
  handedIn: "http://127.0.0.1:1",
  trusted: false,
  machine: "from the machine",
  window: "from the user",
  theme: "HighContrastLight",
};

const folder = mkdtempSync(join(tmpdir(), "rlm-probe-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.skipIf(await noEditor())(
  "a packaged extension runs in a real editor and sees the files, settings and variables it was given, and no key",
  { timeout: 120_000 },
  async () => {
    vi.stubEnv("OPENAI_API_KEY", "a key of the user");
    await withEditor({ ...options, vsix: [await packProbe(folder)] }, async ({ page }) => {
      await runCommand(page, "Probe: Show Facts");
      await answerQuickInput(page, "nobody", "Who are you?");
      await pickQuickItem(page, "blue", "Which colour?");
      const extension = "example.probe";
      const facts = await webview(page, { extension }).locator("#facts").textContent();
      expect(JSON.parse(facts ?? "")).toEqual(seen);
      const view = webview(page, { extension, in: "view" });
      expect(await view.locator("#view").textContent()).toBe("in the side bar");
      await notification(page, "Probe is done.").waitFor();
    });
  },
);
