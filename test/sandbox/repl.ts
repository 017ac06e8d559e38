import { onTestFinished } from "vitest";
import type { AskRequest } from "../../src/ask.ts";
import { collect } from "../../src/context/collect.ts";
import type { ContextSource } from "../../src/context/collector-protocol.ts";
import { CancelSource } from "../../src/rlm/cancel.ts";
import type { CallResult, CellCall, CellOutcome, Sandbox } from "../../src/rlm/sandbox.ts";
import { SandboxPool } from "../../src/sandbox/pool.ts";
import { defaultSandboxLimits, type SandboxLimits } from "../../src/sandbox/worker-protocol.ts";
import { someFiles } from "../support/asking.ts";
import { tempFolder } from "../support/temp-folder.ts";

export interface ReplOptions {
  readonly history?: AskRequest["history"];
  readonly files?: Readonly<Record<string, string>>;
  readonly context?: ContextSource;
  readonly limits?: Partial<SandboxLimits>;
  /** Answers each prompt of `llm_query`. */
  readonly onSubCall?: (call: { readonly prompt: string }) => Promise<string>;
  /** Instead: answers the calls as they come. */
  readonly onCall?: (call: CellCall) => Promise<readonly CallResult[]>;
}

interface Shown extends CellOutcome {
  readonly output: string;
}

export interface Repl {
  readonly sandbox: Sandbox;
  readonly cancel: CancelSource;
  /** Runs cells one after the other. @returns what the last one showed */
  run(...cells: readonly string[]): Promise<Shown>;
  close(): Promise<void>;
}

/** A real sandbox over a real corpus, without a model; it ends with the test. */
export async function startRepl(options: ReplOptions = {}): Promise<Repl> {
  const folder = () => tempFolder(options.files ?? someFiles);
  const repl = await openRepl({
    ...options,
    context: options.context ?? { kind: "paths", paths: [folder()], cwd: "/" },
  });
  onTestFinished(() => repl.close());
  return repl;
}

/** A sandbox for many tests, whose cells do each other no harm; the caller closes it. */
export async function openRepl(options: ReplOptions & { readonly context: ContextSource }): Promise<Repl> {
  const source = options.context;
  const cancel = new CancelSource();
  const corpus = collect(source, { signal: cancel });
  const pool = new SandboxPool({ limits: { ...defaultSandboxLimits, ...options.limits } });
  const sandbox = pool.start(
    Promise.resolve(corpus).then((collected) => ({ corpus: collected, history: options.history ?? [] })),
  );
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
      onCall:
        options.onCall ?? ((call) => answerEach(call, options.onSubCall ?? (async ({ prompt }) => `seen ${prompt}`))),
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
  return { sandbox, cancel, run, close: () => pool.close() };
}

async function answerEach(
  call: CellCall,
  answer: (call: { readonly prompt: string }) => Promise<string>,
): Promise<CallResult[]> {
  const prompts = call.kind === "llm" ? call.prompts : call.items.map(({ question }) => question);
  return Promise.all(
    prompts.map((prompt) =>
      answer({ prompt }).then(
        (text) => ({ ok: true, text }) as const,
        (error: Error) => ({ ok: false, message: error.message }) as const,
      ),
    ),
  );
}
