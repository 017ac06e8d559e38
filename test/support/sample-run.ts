import type { Citation, RunEvent, StopReason, TextRef, Totals } from "../../src/rlm/events.ts";
import { defaultLimits } from "../../src/rlm/limits.ts";
import { addUsage, noUsage, type Usage } from "../../src/rlm/model.ts";

type WithoutBase<E> = E extends RunEvent ? Omit<E, "seq" | "at" | "runId" | "depth"> : never;
type NewEvent = WithoutBase<RunEvent>;

export const sampleQuestion = "Where are retries handled, and what is the longest wait?";

export const sampleAnswer = `Retries live in \`src/net/retry.ts\`. The wait doubles from 0.5 s and is **capped at 8 s** [src/net/retry.ts:41-52].

| try | wait |
| --- | ---: |
| 1 | 0.5 s |
| 2 | 1 s |
| 5 and later | 8 s |

- A \`Retry-After\` header wins over the computed wait, up to 60 s [src/net/retry.ts:58].
- Only \`429\`, \`408\` and \`5xx\` are tried again [src/net/errors.ts:12-19]; the old notes say otherwise [docs/retries.md:7].

\`\`\`ts
const wait = Math.min(cap, base * 2 ** attempt);
\`\`\`

So the longest wait is **8 s** without the header and **60 s** with it. See [the RFC](https://www.rfc-editor.org/rfc/rfc9110#field.retry-after).`;

const sampleCitations: readonly Citation[] = [
  { path: "src/net/retry.ts", from: 41, to: 52, status: "quoted" },
  { path: "src/net/retry.ts", from: 58, to: 58, status: "seen" },
  { path: "src/net/errors.ts", from: 12, to: 19, status: "exists" },
  { path: "docs/retries.md", from: 7, to: 7, status: "missing" },
];

const sampleCoverage = {
  files: 1_204,
  listed: 1_204,
  searched: 640,
  read: 12,
  shown: 9,
  lines: 214_090,
  shownLines: 812,
};

/** How a sample run ends; `running` stops in the middle of its third turn's sub-calls. */
export type SampleEnd = "answered" | "running" | "writing" | "failed" | "cancelled" | "turns";

/**
 * A run over a small code base: four turns, a cell that fails, twelve sub-calls side by side of which one fails, a
 * retry, warnings and a long output. The same events each time.
 */
export function sampleRun(end: SampleEnd = "answered"): RunEvent[] {
  const run = new SampleRun();
  run.begin();
  run.turnWithSearch();
  run.turnWithError();
  if (end === "failed") return run.failed();
  if (end === "writing") return run.writing();
  run.turnWithSubCalls(end === "running" || end === "cancelled" ? 7 : 12);
  if (end === "running") return run.events;
  if (end === "cancelled") return run.finish(null, "cancelled");
  run.lastTurn(end === "turns");
  return run.finish(sampleAnswer, end);
}

/** A run of exactly `count` events, with few turns and a great many cells and sub-calls. */
export function longRun(count: number): RunEvent[] {
  const run = new SampleRun();
  run.begin();
  for (let turn = 1; run.events.length < count - 1; turn += 1) run.busyTurn(turn, count - 1);
  return run.finish("Done.", "answered");
}

/** A finished run with this answer. */
export function runWithAnswer(answer: string, citations: readonly Citation[] = []): RunEvent[] {
  const run = new SampleRun();
  run.begin();
  run.turnWithSearch();
  return run.finish(answer, "answered", citations);
}

/** How a sample with child runs ends; `running` and `asking` stop in the middle. */
export type SampleTreeEnd = "answered" | "running" | "asking" | "cancelled";

const sampleChildAnswer =
  "The client tries **five** times [src/http/client.ts:88-97]; its notes say three [src/http/README.md:4].";

/**
 * A run with child runs: three side by side, of which the second has a child of its own and the third ends at a limit,
 * then six of which one fails, beside calls whose replies are remembered. `asking`: the last cell waits for the user.
 */
export function sampleTree(end: SampleTreeEnd = "answered"): RunEvent[] {
  const run = new SampleRun();
  run.begin();
  run.turnWithSearch();
  run.turnWithChildren(end === "running" || end === "cancelled");
  if (end === "running") return run.events;
  if (end === "cancelled") return run.finish(null, "cancelled");
  run.turnWithManyChildren(end === "asking");
  if (end === "asking") return run.events;
  run.lastTurn(false);
  return run.finish(sampleAnswer, "answered");
}

/** A run of at least `count` events, nearly all of them in child runs of child runs. */
export function longTree(count: number): RunEvent[] {
  const run = new SampleRun();
  run.begin();
  for (let turn = 1; run.events.length < count - 1; turn += 1) run.busyFamily(turn);
  return run.finish("Done.", "answered");
}

/** The run that events are made for. */
interface Origin {
  readonly runId: string;
  readonly depth: number;
  readonly parent?: { readonly runId: string; readonly callId: string };
  calls: number;
  turns: number;
}

function rootOrigin(): Origin {
  return { runId: "r1", depth: 0, calls: 0, turns: 0 };
}

/** What a sample child run is asked, and how it ends. */
interface SampleChild {
  readonly question: string;
  readonly files: number;
  readonly answer: string | null;
  readonly stopReason?: StopReason;
  readonly citations?: readonly Citation[];
}

class SampleRun {
  readonly events: RunEvent[] = [];
  #origin = rootOrigin();
  #at = Date.UTC(2026, 0, 15, 9, 30);
  #totals: Totals = { turns: 0, calls: 0, usage: noUsage, costUsd: 0 };

  begin(): void {
    this.#emit({
      type: "run.started",
      question: sampleQuestion,
      limits: defaultLimits,
      models: { root: "gpt-5", sub: "gpt-5-mini", offline: false },
    });
    this.#emit({ type: "context.progress", files: 640, bytes: 4_100_000 }, 40);
    this.#emit({
      type: "context.ready",
      manifest: {
        kind: "files",
        name: "payments",
        files: 1_204,
        chars: 8_400_000,
        bytes: 8_412_331,
        lines: 214_090,
        leftOut: { secret: 2, ignored: 318, binary: 41, "too-large": 3 },
      },
      ms: 85,
    });
  }

  turnWithSearch(): void {
    const code = 'const h = search(/retry|backoff/i, { glob: "src/**" }); // all of the client\nshow(h)';
    this.#reply(1, `I will look for the retry code first.\n\n\`\`\`js\n${code}\n\`\`\`\n`, 2_610, 92, 1_900);
    this.#emit({ type: "cell.started", turn: 1, cell: 1, code });
    const lines = Array.from(
      { length: 160 },
      (_, i) => `    ${41 + i}: const wait${i} = Math.min(cap, base * 2 ** attempt);`,
    );
    this.#emit({ type: "cell.output", turn: 1, cell: 1, text: `src/net/retry.ts\n${lines.join("\n")}\n` }, 20);
    this.#emit({
      type: "cell.output",
      turn: 1,
      cell: 1,
      text: "[200 of 263 hits in 39 files; raise limit or narrow glob]\n",
    });
    this.#emit(
      { type: "cell.finished", turn: 1, cell: 1, value: "200 hits in 39 files", cpuMs: 24, ms: 31, memory: "kept" },
      11,
    );
  }

  turnWithError(): void {
    const code = 'const text = read("src/net/retry.ts", 30, 80);\nprint(text);\nprint(maxWait * 2);';
    this.#emit({
      type: "warning",
      code: "cell",
      message: 'search: "retry(" is no regular expression and was searched for literally.',
    });
    this.#emit({ type: "turn.started", turn: 2, of: 20 });
    this.#emit({
      type: "call.retrying",
      code: "rate-limit",
      message: "gpt-5 answered 429: too many requests.",
      waitMs: 4_000,
    });
    this.#deltas(2, "Now the function itself.\n\n");
    this.#finishReply(2, `Now the function itself.\n\n\`\`\`js\n${code}\n\`\`\`\n`, 5_240, 71, 6_200);
    this.#emit({ type: "cell.started", turn: 2, cell: 1, code });
    this.#emit({
      type: "cell.output",
      turn: 2,
      cell: 1,
      text: "export async function retry(call, { base = 500, cap = 8_000 }) {\n",
    });
    this.#emit(
      {
        type: "cell.finished",
        turn: 2,
        cell: 1,
        error: {
          name: "ReferenceError",
          message: "maxWait is not defined",
          line: 3,
          column: 7,
          excerpt: "print(maxWait * 2);\n      ^",
        },
        cpuMs: 3,
        ms: 4,
        memory: "kept",
      },
      4,
    );
  }

  /** Twelve sub-calls, eight at a time, of which `answered` are answered; with all of them the cell ends. */
  turnWithSubCalls(answered: number): void {
    const code = [
      'const parts = chunks({ glob: "src/net/**", maxChars: 40_000 });',
      "const notes = await llm_query_batched(parts.map((part) =>",
      "  `List every place that waits before it tries again.\\n\\n` + part.text));",
      "for (const [i, note] of notes.entries()) print(parts[i].label, note);",
    ].join("\n");
    this.#reply(3, `I ask about each part of the client.\n\n\`\`\`js\n${code}\n\`\`\`\n`, 7_020, 138, 2_200);
    this.#emit({ type: "cell.started", turn: 3, cell: 1, code });
    const prompt = `List every place that waits before it tries again.\n\n${"    41: const wait = Math.min(cap, base * 2 ** attempt);\n".repeat(120)}`;
    this.#emit({ type: "blob.added", sha256: "b1", text: prompt });
    const ids = Array.from({ length: Math.min(12, answered + 8) }, () =>
      this.#startCall(3, { sha256: "b1", chars: prompt.length }),
    );
    for (const [index, callId] of ids.slice(0, answered).entries()) this.#finishCall(3, callId, index === 4);
    if (answered < 12) return;
    this.#emit({
      type: "cell.output",
      turn: 3,
      cell: 1,
      text: "src/net/retry.ts waits in retry(), line 44.\n".repeat(11),
    });
    this.#emit({ type: "cell.finished", turn: 3, cell: 1, cpuMs: 6, ms: 3_100, memory: "kept" }, 20);
  }

  lastTurn(forced: boolean): void {
    const text = `\`\`\`\`answer\n${sampleAnswer}\n\`\`\`\`\n`;
    this.#emit({ type: "turn.started", turn: 4, of: 20, ...(forced ? { last: true } : {}) });
    if (!forced) this.#deltas(4, text);
    this.#finishReply(4, text, 9_480, 310, 3_300);
  }

  writing(): RunEvent[] {
    this.#emit({ type: "turn.started", turn: 3, of: 20 });
    this.#deltas(
      3,
      "`maxWait` is a parameter, not a global. I read its default and ask about each part of the client:\n\n```js\nconst parts = chunks({",
    );
    return this.events;
  }

  /** @param cut true: it stops while the second child waits for its own */
  turnWithChildren(cut: boolean): void {
    const code = [
      "const said = await rlm_query_batched([",
      '  { question: "How does the HTTP client retry?", sub: ["src/http/**"] },',
      '  { question: "How does the queue retry failed jobs?", sub: ["src/queue/**"] },',
      '  { question: "Do the scripts retry anything?", sub: ["scripts/**"] },',
      "]);",
    ].join("\n");
    this.#reply(2, `Each area gets a run of its own.\n\n\`\`\`js\n${code}\n\`\`\`\n`, 7_020, 138, 2_200);
    this.#emit({ type: "cell.started", turn: 2, cell: 1, code });
    const question = "How does the HTTP client retry?";
    const citations: Citation[] = [
      { path: "src/http/client.ts", from: 88, to: 97, status: "seen" },
      { path: "src/http/README.md", from: 4, to: 4, status: "missing" },
    ];
    this.#child(2, 1, { question, files: 214, answer: sampleChildAnswer, citations }, () => {
      this.#cellWithCalls(1, 2);
      this.#reply(2, `\`\`\`\`answer\n${sampleChildAnswer}\n\`\`\`\`\n`, 2_100, 60, 800);
    });
    this.#family("How does the queue retry failed jobs?", 96, cut);
    if (cut) return;
    const third = { question: "Do the scripts retry anything?", files: 12, answer: "Some of them may." };
    this.#child(2, 1, { ...third, stopReason: "turns" }, () => this.#cellWithCalls(1, 0));
    this.#emit({ type: "cell.finished", turn: 2, cell: 1, cpuMs: 6, ms: 9_100, memory: "kept" }, 20);
  }

  /** @param asks true: it stops where its last cell wants many calls and waits for the user */
  turnWithManyChildren(asks: boolean): void {
    const code = "await rlm_query_batched(areas.map((area) => ({ question: `Who calls ${area}?`, sub: [area] })));";
    this.#reply(3, `I ask about every area.\n\n\`\`\`js\n${code}\n\`\`\`\n`, 8_400, 120, 2_000);
    this.#emit({ type: "cell.started", turn: 3, cell: 1, code });
    for (const area of ["http", "queue", "cache", "auth", "jobs", "mail"]) {
      const answer = area === "auth" ? null : `Nobody calls ${area}.`;
      const stopReason = answer === null ? "failed" : "answered";
      this.#child(3, 1, { question: `Who calls src/${area}?`, files: 40, answer, stopReason }, () => {
        this.#cellWithCalls(1, 1);
      });
    }
    this.#remembered(3, "rlm", "How does the HTTP client retry?", sampleChildAnswer);
    this.#remembered(3, "llm", "Is 8 s the cap?", "Yes.");
    this.#finishCall(3, this.#startCall(3, "Is there a cap for jobs?"), false);
    if (asks) {
      const sample = `Does this function wait before it tries again?\n\n${"  41: const wait = Math.min(cap, base * 2 ** attempt);\n".repeat(40)}`;
      this.#emit(
        { type: "fanout.asked", kind: "llm", turn: 3, cell: 1, calls: 120, tokens: 310_000, usd: 0.84, sample },
        30,
      );
      return;
    }
    this.#emit({ type: "cell.finished", turn: 3, cell: 1, cpuMs: 6, ms: 9_100, memory: "kept" }, 20);
  }

  /** A cell with four child runs, each of which has a child with many cells. */
  busyFamily(turn: number): void {
    this.#reply(turn, `Turn ${turn}.`, 900, 20, 500);
    this.#emit({ type: "cell.started", turn, cell: 1, code: "await rlm_query_batched(items)" });
    for (let child = 1; child <= 4; child += 1) {
      this.#child(turn, 1, { question: `Question ${child} of turn ${turn}`, files: 10, answer: "Done." }, () => {
        this.#reply(1, "One.", 90, 2, 50);
        this.#emit({ type: "cell.started", turn: 1, cell: 1, code: "await rlm_query(more)" });
        this.#child(1, 1, { question: "And below?", files: 5, answer: "Done." }, () =>
          this.busyTurn(1, Number.POSITIVE_INFINITY),
        );
        this.#emit({ type: "cell.finished", turn: 1, cell: 1, cpuMs: 1, ms: 2, memory: "kept" });
      });
    }
    this.#emit({ type: "cell.finished", turn, cell: 1, cpuMs: 1, ms: 2, memory: "kept" });
  }

  /** A child run that has one of its own, answered directly. @param cut true: the grandchild goes on */
  #family(question: string, files: number, cut: boolean): void {
    const callId = this.#startCall(2, question, 1, "rlm");
    const close = this.#open(callId, question, files);
    this.#reply(1, "The settings are a matter of their own.", 1_900, 40, 700);
    this.#emit({
      type: "cell.started",
      turn: 1,
      cell: 1,
      code: 'const s = await rlm_query("Which settings change the wait?", text);',
    });
    const below = this.#startCall(1, "Which settings change the wait?", 1, "rlm");
    const closeBelow = this.#open(below, "Which settings change the wait?", 1);
    this.#emit({ type: "turn.started", turn: 1, of: 20 });
    this.#deltas(1, "`retry.base` and");
    if (cut) return;
    this.#finishReply(1, "`retry.base` and `retry.cap`.", 640, 22, 600);
    closeBelow({ answer: "`retry.base` and `retry.cap`.", stopReason: "direct" });
    this.#emit({ type: "cell.finished", turn: 1, cell: 1, cpuMs: 1, ms: 900, memory: "kept" });
    this.#reply(2, "````answer\nNever.\n````", 2_400, 30, 700);
    close({ answer: "Never.", stopReason: "answered" });
  }

  #cellWithCalls(turn: number, calls: number): void {
    const code = 'show(search("retry"))';
    this.#reply(turn, `I look.\n\n\`\`\`js\n${code}\n\`\`\`\n`, 1_400, 31, 600);
    this.#emit({ type: "cell.started", turn, cell: 1, code });
    for (let call = 1; call <= calls; call += 1) {
      this.#finishCall(turn, this.#startCall(turn, `Is line ${call} a retry?`), false);
    }
    this.#emit({ type: "cell.finished", turn, cell: 1, cpuMs: 3, ms: 240, memory: "kept" }, 10);
  }

  #child(turn: number, cell: number, child: SampleChild, work: () => void): void {
    const callId = this.#startCall(turn, child.question, cell, "rlm");
    const close = this.#open(callId, child.question, child.files);
    work();
    close({ stopReason: "answered", ...child });
  }

  /** Begins a child run; what follows is its own, until the function returned is called. */
  #open(callId: string, question: string, files: number): (end: Omit<SampleChild, "question" | "files">) => void {
    const parent = this.#origin;
    const { turn, cell } = this.#cellOf(callId);
    const before = this.#totals;
    this.#totals = { ...before, calls: before.calls + 1 };
    const runId = `${parent.runId}.${callId}`;
    const startedAt = this.#at;
    this.#origin = { runId, depth: parent.depth + 1, parent: { runId: parent.runId, callId }, calls: 0, turns: 0 };
    const limits = { ...defaultLimits, depth: 3, calls: 96, tokens: 980_000, usd: 0.488, seconds: 403.2 };
    const models = { root: "gpt-5-mini", sub: "gpt-5-mini", offline: false };
    this.#emit({ type: "run.started", question, limits, models });
    const manifest = {
      ...{ kind: files === 1 ? ("text" as const) : ("files" as const), name: "payments", files },
      ...{ chars: files * 6_400, bytes: files * 6_410, lines: files * 170, leftOut: {} },
    };
    this.#emit({ type: "context.ready", manifest, ms: 2 });
    return ({ answer, stopReason = "answered", citations = [] }) => {
      const { usage, costUsd } = this.#since(before);
      const { turns, calls } = this.#origin;
      const error = { code: "server", message: "gpt-5-mini answered 500 three times." };
      const failed = stopReason === "failed";
      this.#emit({
        type: "run.finished",
        answer,
        stopReason,
        ...(failed ? { error } : {}),
        totals: { turns, calls, usage, costUsd },
        citations: [...citations],
        coverage: null,
        ms: this.#at - startedAt,
      });
      this.#origin = parent;
      const reply = failed ? { error } : { reply: answer ?? "" };
      this.#emit({ type: "call.finished", turn, cell, callId, ...reply, usage, costUsd, ms: this.#at - startedAt });
    };
  }

  #cellOf(callId: string): { turn: number; cell: number } {
    const started = this.events.findLast((event) => event.type === "call.started" && event.callId === callId);
    return started?.type === "call.started" ? started : { turn: 0, cell: 0 };
  }

  #since(before: Totals): Pick<Totals, "usage" | "costUsd"> {
    const { usage, costUsd } = this.#totals;
    const less = (key: "input" | "cachedInput" | "output" | "reasoning") => usage[key] - before.usage[key];
    return {
      usage: { ...noUsage, input: less("input"), cachedInput: less("cachedInput"), output: less("output") },
      costUsd: (costUsd ?? 0) - (before.costUsd ?? 0),
    };
  }

  #remembered(turn: number, kind: "llm" | "rlm", prompt: string, reply: string): void {
    const callId = this.#startCall(turn, prompt, 1, kind);
    const nothing = { usage: noUsage, costUsd: 0, ms: 0 };
    this.#emit({ type: "call.finished", turn, cell: 1, callId, remembered: true, reply, ...nothing }, 0);
  }

  failed(): RunEvent[] {
    this.#emit({ type: "turn.started", turn: 3, of: 20 });
    this.#deltas(3, "I will now ask");
    this.#emit({
      type: "run.finished",
      answer: null,
      stopReason: "failed",
      error: { code: "auth", message: "api.example.com refused the key (401). Set another with “RLM: Set API Key…”." },
      totals: { ...this.#totals, turns: 3 },
      citations: [],
      coverage: null,
      ms: this.#at - (this.events[0]?.at ?? 0),
    });
    return this.events;
  }

  busyTurn(turn: number, until: number): void {
    this.#reply(turn, `Turn ${turn}.`, 900, 20, 500);
    for (let cell = 1; cell <= 40 && this.events.length < until - 4; cell += 1) {
      this.#emit({ type: "cell.started", turn, cell, code: `print(${cell})` });
      const callId = this.#startCall(turn, `Question ${cell} of turn ${turn}`, cell);
      this.#finishCall(turn, callId, false, cell);
      this.#emit({ type: "cell.finished", turn, cell, cpuMs: 1, ms: 2, memory: "kept" });
    }
    while (until - this.events.length < 5 && this.events.length < until) {
      this.#emit({ type: "warning", code: "cell", message: "The run is long." });
    }
  }

  finish(
    answer: string | null,
    stopReason: StopReason,
    citations = answer === sampleAnswer ? sampleCitations : [],
  ): RunEvent[] {
    this.#origin = rootOrigin();
    const ms = this.#at - (this.events[0]?.at ?? 0);
    this.#emit({
      type: "run.finished",
      answer,
      stopReason,
      totals: this.#totals,
      coverage: sampleCoverage,
      citations: [...citations],
      ms,
    });
    return this.events;
  }

  #reply(turn: number, text: string, input: number, output: number, ms: number): void {
    this.#emit({ type: "turn.started", turn, of: 20 });
    this.#deltas(turn, text);
    this.#finishReply(turn, text, input, output, ms);
  }

  #deltas(turn: number, text: string): void {
    for (const piece of text.match(/[\s\S]{1,24}/g) ?? []) this.#emit({ type: "reply.delta", turn, text: piece }, 15);
  }

  #finishReply(turn: number, text: string, input: number, output: number, ms: number): void {
    const usage: Usage = { input, cachedInput: turn === 1 ? 0 : 2_304, output, reasoning: 0, estimated: false };
    const isRoot = this.#origin.depth === 0;
    const costUsd = ((input * 1.25 + output * 10) / 1_000_000) * (isRoot ? 1 : 0.2);
    const model = isRoot ? "gpt-5" : "gpt-5-mini";
    this.#origin.turns = turn;
    this.#settle(usage, costUsd, isRoot ? { turns: turn } : {});
    this.#emit({ type: "reply.finished", turn, model, text, usage, costUsd, ms, finishReason: "stop" }, ms);
    this.#tellTotals();
  }

  #startCall(turn: number, prompt: TextRef, cell = 1, kind: "llm" | "rlm" = "llm"): string {
    this.#origin.calls += 1;
    const callId = `c${this.#origin.calls}`;
    this.#emit({ type: "call.started", kind, turn, cell, callId, model: "gpt-5-mini", prompt }, 2);
    return callId;
  }

  #finishCall(turn: number, callId: string, fails: boolean, cell = 1): void {
    const usage = fails ? noUsage : { input: 1_520, cachedInput: 0, output: 44, reasoning: 0, estimated: false };
    const costUsd = fails ? 0 : 0.00047;
    const error = { code: "timeout", message: "gpt-5-mini sent nothing for 60 s." };
    this.#settle(usage, costUsd, { calls: this.#totals.calls + 1 });
    this.#emit(
      {
        type: "call.finished",
        turn,
        cell,
        callId,
        ...(fails ? { error } : { reply: "retry(), line 44: doubles from 0.5 s, capped at 8 s." }),
        usage,
        costUsd,
        ms: 900,
      },
      240,
    );
    this.#tellTotals();
  }

  #tellTotals(): void {
    const origin = this.#origin;
    this.#origin = rootOrigin();
    this.#emit({ type: "ledger.changed", totals: this.#totals });
    this.#origin = origin;
  }

  #settle(usage: Usage, costUsd: number, counts: Partial<Totals>): void {
    const { usage: before, costUsd: paid } = this.#totals;
    this.#totals = { ...this.#totals, usage: addUsage(before, usage), costUsd: (paid ?? 0) + costUsd, ...counts };
  }

  #emit(event: NewEvent, later = 1): void {
    this.#at += later;
    const { runId, depth, parent } = this.#origin;
    const of = { seq: this.events.length, at: this.#at, runId, depth, ...(parent ? { parent } : {}) };
    this.events.push({ ...event, ...of } as RunEvent);
  }
}
