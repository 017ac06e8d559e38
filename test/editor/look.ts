// Takes a picture of the editor with the extension in it:
// node test/editor/look.ts --vsix rlm.vsix --folder . --theme hc --ask "Where does it start?" --out look.png
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openEditor } from "./editor.ts";
import { type Theme, themes } from "./theme.ts";
import { answerQuickInput, runCommand, webview } from "./workbench.ts";

const usage = `node test/editor/look.ts [--theme ${Object.keys(themes).join("|")}] [--folder PATH] [--vsix FILE]
  [--ask QUESTION] [--wait SECONDS] [--size WIDTHxHEIGHT] [--out FILE]`;

/** What to take a picture of. Paths are absolute. */
interface Look {
  readonly theme: Theme;
  readonly folder: string;
  readonly vsix: readonly string[];
  readonly question: string | undefined;
  /** Milliseconds between the last step and the picture. */
  readonly wait: number;
  readonly viewport: { readonly width: number; readonly height: number };
  readonly out: string;
}

/**
 * @returns null where a value is not as `usage` says
 * @throws TypeError where an option is not
 */
function readArguments(args: string[]): Look | null {
  const option = (value: string) => ({ type: "string", default: value }) as const;
  const { values } = parseArgs({
    args,
    options: {
      theme: option("dark"),
      folder: option("."),
      vsix: { type: "string", multiple: true },
      ask: { type: "string" },
      wait: option("3"),
      size: option("1400x900"),
      out: option("look.png"),
    },
  });
  const [width, height] = values.size.split("x").map(Number);
  const seconds = Number(values.wait);
  if (!isTheme(values.theme) || !width || !height || !(seconds >= 0)) return null;
  return {
    theme: values.theme,
    folder: resolve(values.folder),
    vsix: (values.vsix ?? []).map((path) => resolve(path)),
    question: values.ask,
    wait: seconds * 1000,
    viewport: { width, height },
    out: resolve(values.out),
  };
}

function isTheme(name: string): name is Theme {
  return Object.hasOwn(themes, name);
}

async function takePicture({ question, wait, out, ...options }: Look): Promise<void> {
  const editor = await openEditor({ ...options, machineSettings: { "rlm.model": "offline" } });
  try {
    if (question !== undefined) {
      await runCommand(editor.page, "RLM: Ask About Workspace…");
      await answerQuickInput(editor.page, question, "RLM: Ask About");
      await webview(editor.page, { extension: "recursive-lm.rlm-vscode" }).locator("body").waitFor();
    }
    await sleep(wait);
    await editor.page.screenshot({ path: out });
  } finally {
    await editor.close();
  }
}

/** @returns null where the arguments are not as `usage` says */
function lookFor(args: string[]): Look | null {
  try {
    return readArguments(args);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

const look = lookFor(process.argv.slice(2));
if (look) await takePicture(look);
else {
  process.stderr.write(`${usage}\n`);
  process.exitCode = 2;
}
