import { onTestFinished } from "vitest";
import { collect } from "../../src/context/collect.ts";
import type { ContextSource } from "../../src/context/collector-protocol.ts";
import { CancelSource } from "../../src/rlm/cancel.ts";
import type { CellOutcome, Sandbox, SubCall } from "../../src/rlm/sandbox.ts";
import { defaultSandboxLimits, type SandboxLimits } from "../../src/sandbox/worker-protocol.ts";
import { startSandbox } from "../../src/sandbox/worker-sandbox.ts";
import { someFiles } from "../support/asking.ts";
import { tempFolder } from "../support/temp-folder.ts";

export interface ReplOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly context?: ContextSource;
  readonly limits?: Partial<SandboxLimits>;
  readonly onSubCall?: (call: SubCall) => Promise<string>;
}

interface Shown extends CellOutcome {
  readonly output: string;
}

export interface Repl {
  readonly sandbox: Sandbox;
  readonly cancel: CancelSource;
  /** Runs cells one after the other. @returns what the last one showed */
  run(...cells: readonly string[]): Promise<Shown>;
}

/** A real sandbox over a real corpus, without a model; it ends with the test. */
export async function startRepl(options: ReplOptions = {}): Promise<Repl> {
  const folder = () => tempFolder(options.files ?? someFiles);
  const repl = await openRepl({
    ...options,
    context: options.context ?? { kind: "paths", paths: [folder()], cwd: "/" },
  });
  onTestFinished(() => repl.sandbox.close());
  return repl;
}

/** A sandbox for many tests, whose cells do each other no harm; the caller closes it. */
export async function openRepl(options: ReplOptions & { readonly context: ContextSource }): Promise<Repl> {
  const source = options.context;
  const cancel = new CancelSource();
  const corpus = collect(source, { signal: cancel });
  const sandbox = startSandbox(corpus, { ...defaultSandboxLimits, ...options.limits });
  await corpus;
  let cell = 0;
  const runOne = async (code: string): Promise<Shown> => {
    cell += 1;
    let output = "";
    const outcome = await sandbox.run({
      code,
      turn: 1,
      cell,
      now: 1_000_000,
      signal: cancel,
      onOutput: (text) => {
        output += text;
      },
      onSubCall: options.onSubCall ?? (async (call) => `seen ${call.prompt}`),
      onWarning: () => {},
      budget: () => ({ turns: 19, calls: 200, tokens: 1000, usd: null, seconds: 60 }),
    });
    return { ...outcome, output };
  };
  const run = async (...cells: readonly string[]): Promise<Shown> => {
    let shown: Shown | undefined;
    for (const code of cells) shown = await runOne(code);
    if (!shown) throw new Error("There is no cell to run.");
    return shown;
  };
  return { sandbox, cancel, run };
}
