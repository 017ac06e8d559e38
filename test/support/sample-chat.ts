import { foldEvents } from "../../src/rlm/run-tree.ts";
import { stepsOf } from "../../src/rlm/steps.ts";
import type { ChatChange, Setup, ShownExchange, ShownProgress } from "../../src/webview/chat/protocol.ts";
import { sampleAnswer, sampleQuestion, sampleRun } from "./sample-run.ts";

const { root } = foldEvents(sampleRun("answered"));
const steps = root ? stepsOf(root) : [];
const { root: going } = foldEvents(sampleRun("running"));

export const sampleSetup: Setup = {
  folder: true,
  model: "gpt-5",
  who: "Answered by gpt-5 with gpt-5-mini at api.openai.com.",
  limit: "up to $1.00",
  chips: [{ id: "workspace", label: "workspace", title: "All that is open in the explorer", icon: "root-folder" }],
  canAddWorkspace: false,
  size: "≈1,204 files · ≈2.1M tokens",
  notice: null,
  examples: [
    "What does this project do, and where does it start?",
    "Which modules are there, and how do they depend on each other?",
    "What do the tests cover, and what do they leave out?",
  ],
};

export const attachedSetup: Setup = {
  ...sampleSetup,
  chips: [
    { id: "f", label: "net", title: "src/net", icon: "folder" },
    { id: "s", label: "retry.ts:41-52", title: "src/net/retry.ts:41-52", icon: "selection" },
  ],
  canAddWorkspace: true,
  size: null,
};

/** An answered question, with what is given in its place. */
export function sampleExchange(change: Partial<ShownExchange> = {}): ShownExchange {
  const answer = change.answer === undefined ? sampleAnswer : change.answer;
  return {
    id: "x1",
    question: sampleQuestion,
    about: "workspace · 1,204 files · ≈2.1M tokens",
    state: "done",
    answer,
    answerChars: answer?.length ?? 0,
    citations: [
      { path: "src/net/retry.ts", from: 41, to: 52, status: "quoted" },
      { path: "src/net/retry.ts", from: 58, to: 58, status: "seen" },
      { path: "src/net/errors.ts", from: 12, to: 19, status: "exists" },
      { path: "docs/retries.md", from: 7, to: 7, status: "missing" },
    ],
    stale: [],
    steps,
    end: null,
    help: null,
    figures: ["5 turns", "12 calls", "31k tok (62 % cached)", "$0.018", "12.1 s"],
    hasTrace: true,
    ...change,
  };
}

/** A question whose run goes on. */
export const runningExchange = sampleExchange({
  id: "x2",
  question: "And which of these waits can a user change?",
  state: "running",
  answer: null,
  citations: [],
  steps: [],
  figures: [],
});

export function sampleProgress(change: Partial<ShownProgress> = {}): ShownProgress {
  return {
    exchange: "x2",
    models: "gpt-5 + gpt-5-mini",
    activity: "Asking 12 sub-models: 7 done",
    spoken: "Asking 12 sub-models: 7 done",
    startedAt: 1_000_000,
    now: 1_008_400,
    figures: ["3 turns", "12 calls", "24.6k tok (48 % cached)", "$0.024 of $1.00"],
    steps: going ? stepsOf(going) : [],
    asking: null,
    draft: { from: 0, text: "" },
    ...change,
  };
}

export const sampleAsking: NonNullable<ShownProgress["asking"]> = {
  asked: 71,
  title: "Cell 1 of turn 3 wants 120 sub-calls: ≈310k tokens, ≈$0.840",
  note: "$0.024 is spent so far. Your time limit stands still until you choose.",
  sample: "Does this function wait before it tries again?\n\n  41: const wait = Math.min(cap, base * 2 ** attempt);",
  choices: [
    { choice: "all", label: "Run all" },
    { choice: "five", label: "Run five first" },
    { choice: "stop", label: "Stop these calls" },
  ],
};

/** All that the view shows. */
export function chatSnapshot(
  exchanges: readonly ShownExchange[],
  { setup = sampleSetup, progress = null }: { setup?: Setup; progress?: ShownProgress | null } = {},
): ChatChange {
  return { type: "snapshot", seq: 0, conversation: "c1", setup, exchanges: [...exchanges], progress };
}
