import type { LineRange } from "../../src/rlm/coverage.ts";
import type { Citation, CoverageArea, RunEvent } from "../../src/rlm/events.ts";
import { defaultLimits } from "../../src/rlm/limits.ts";
import { addUsage, noUsage, type Usage } from "../../src/rlm/model.ts";
import { sampleAnswer, sampleQuestion } from "./sample-run.ts";

type WithoutBase<E> = E extends RunEvent ? Omit<E, "seq" | "at" | "runId" | "depth"> : never;
type NewEvent = WithoutBase<RunEvent>;

const startedAt = Date.UTC(2026, 0, 15, 9, 30);

/** Of a run that has read these lines: `retry.ts` twice, once by a turn and once by two sub-calls. */
const sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const citations: readonly Citation[] = [
  { path: "src/net/retry.ts", from: 41, to: 52, status: "quoted", sha256 },
  { path: "src/net/retry.ts", from: 58, to: 58, status: "seen", sha256 },
  { path: "src/net/errors.ts", from: 12, to: 19, status: "exists", sha256 },
  { path: "docs/retries.md", from: 7, to: 7, status: "missing" },
];

/** How a rich run ends; `asking` and `running` stop in the middle. */
export type RichEnd = "answered" | "asking" | "running" | "turns";

/**
 * A run of five turns with all that a trace shows: what each turn read, a retry, a failed cell, a question to the user,
 * child runs side by side of which one has a child of its own, twelve sub-calls side by side, and a map of the files.
 */
export function richRun(end: RichEnd = "answered"): RunEvent[] {
  const run = new RichRun();
  const root = run.begin();
  searching(root);
  failing(root);
  const childrenEnd = withChildren(root);
  const asked = withSubCalls(root, childrenEnd);
  const answeredAt = root.turn(5, 17_600, 3_200, `\`\`\`\`answer\n${sampleAnswer}\n\`\`\`\`\n`, [9_480, 7_936, 310]);
  run.finish(answeredAt + 40, end === "turns");
  if (end === "asking") return run.until((event) => event.type === "fanout.decided");
  if (end === "running") return run.until(({ at }) => at > asked + 1_900 + startedAt);
  return run.until(() => false);
}

function searching(root: Scope): void {
  const code = 'const h = search(/retry|backoff/i, { glob: "src/**" }); // all of the client\nshow(h)';
  const at = root.turn(1, 120, 1_900, `I will look for the retry code first.\n\n${fenced(code)}`, [2_610, 0, 92]);
  root.cell(1, at, 31, code, { output: numbered(41, 160), value: "200 hits in 39 files" });
}

function failing(root: Scope): void {
  const code = 'const text = read("src/net/retry.ts", 30, 80);\nprint(text);\nprint(maxWait * 2);';
  root.emit(2_150, {
    type: "warning",
    code: "cell",
    message: 'search: "retry(" is no regular expression and was searched for literally.',
  });
  root.emit(2_400, { type: "call.retrying", code: "rate-limit", message: "gpt-5 answered 429.", waitMs: 1_800 });
  const seen = [{ path: "src/net/retry.ts", from: 41, to: 200 }];
  const text = `Now the function itself.\n\n${fenced(code)}`;
  const at = root.turn(2, 2_200, 3_100, text, [5_240, 2_304, 71], { messages: [numbered(41, 160)], seen });
  const error = { name: "ReferenceError", message: "maxWait is not defined", line: 3, column: 7 };
  root.cell(2, at, 6, code, { output: "export async function retry(call, { base = 500, cap = 8_000 }) {\n", error });
}

/** @returns when the cell has ended */
function withChildren(root: Scope): number {
  const code = [
    "const said = await rlm_query_batched([",
    '  { question: "How does the HTTP client retry?", sub: ["src/http/**"] },',
    '  { question: "How does the queue retry failed jobs?", sub: ["src/queue/**"] },',
    '  { question: "Do the scripts retry anything?", sub: ["scripts/**"] },',
    "]);",
  ].join("\n");
  const seen = [{ path: "src/net/retry.ts", from: 30, to: 80 }];
  const text = `\`maxWait\` is a parameter. Each area gets a run of its own.\n\n${fenced(code)}`;
  const at = root.turn(3, 5_400, 2_300, text, [7_020, 4_864, 138], { messages: ["ReferenceError …"], seen });
  root.cell(3, at, 4_800, code, {});
  const http = root.child(3, "c1", at + 5, "How does the HTTP client retry?", 214);
  const look = http.turn(1, 40, 900, `I look.\n\n${fenced('show("src/http/client.ts:80-120")')}`, [1_400, 0, 31]);
  http.cell(1, look, 12, 'show("src/http/client.ts:80-120")', { output: numbered(80, 41) });
  const said =
    "The client tries **five** times [src/http/client.ts:88-97]; its notes say three [src/http/README.md:4].";
  const toldHttp = http.turn(2, 1_000, 1_100, `\`\`\`\`answer\n${said}\n\`\`\`\`\n`, [2_100, 1_280, 60], {
    messages: [numbered(80, 41)],
    seen: [{ path: "src/http/client.ts", from: 80, to: 120 }],
  });
  http.close(toldHttp, said, [
    { path: "src/http/client.ts", from: 88, to: 97, status: "seen", sha256 },
    { path: "src/http/README.md", from: 4, to: 4, status: "missing" },
  ]);
  queueChild(root, at);
  const scripts = root.child(3, "c3", at + 9, "Do the scripts retry anything?", 12);
  scripts.close(
    scripts.turn(1, 20, 1_500, "````answer\nSome of them may.\n````\n", [1_900, 0, 22]),
    "Some of them may.",
  );
  return at + 4_800;
}

function queueChild(root: Scope, at: number): void {
  const queue = root.child(3, "c2", at + 7, "How does the queue retry failed jobs?", 96);
  const code = 'const s = await rlm_query("Which settings change the wait?", text);';
  const asks = queue.turn(1, 30, 1_200, `The settings are a matter of their own.\n\n${fenced(code)}`, [1_900, 0, 40]);
  queue.cell(1, asks, 1_600, code, {});
  const below = queue.child(1, "d1", asks + 4, "Which settings change the wait?", 1);
  below.close(below.turn(1, 20, 1_300, "`retry.base` and `retry.cap`.", [640, 0, 22]), "`retry.base` and `retry.cap`.");
  queue.close(queue.turn(2, 3_000, 1_400, "````answer\nNever.\n````\n", [2_400, 1_152, 30]), "Never.");
}

/** @returns when the calls began */
function withSubCalls(root: Scope, from: number): number {
  const code = [
    'const parts = chunks({ glob: "src/net/**", maxChars: 40_000 });',
    "const notes = await llm_query_batched(parts.map((part) =>",
    "  `List every place that waits before it tries again.\\n\\n` + part.text));",
    "for (const [i, note] of notes.entries()) print(parts[i].label, note);",
  ].join("\n");
  const at = root.turn(4, from + 20, 1_600, `I ask about each part.\n\n${fenced(code)}`, [8_400, 6_912, 120]);
  root.cell(4, at, 3_700, code, { output: "src/net/retry.ts waits in retry(), line 44.\n".repeat(11) });
  const prompt = `List every place that waits before it tries again.\n\n${numbered(41, 120)}`;
  const asking = {
    type: "fanout.asked",
    kind: "llm",
    turn: 4,
    cell: 1,
    calls: 120,
    tokens: 310_000,
    usd: 0.84,
  } as const;
  root.emit(at + 20, { ...asking, sample: prompt });
  root.emit(at + 1_100, { type: "fanout.decided", turn: 4, cell: 1, choice: "five" });
  root.emit(at + 1_101, { type: "blob.added", sha256: "b1", text: prompt });
  for (let call = 1; call <= 12; call += 1) {
    const begin = at + 1_110 + Math.floor((call - 1) / 8) * 1_000 + call * 3;
    const seen = call > 2 ? [] : [{ path: "src/net/retry.ts", from: call === 1 ? 1 : 49, to: call === 1 ? 48 : 90 }];
    root.call(
      4,
      `s${call}`,
      begin,
      700 + ((call * 137) % 500),
      { sha256: "b1", chars: prompt.length },
      seen,
      call === 5,
    );
  }
  return at;
}

function fenced(code: string): string {
  return `\`\`\`js\n${code}\n\`\`\`\n`;
}

function numbered(from: number, count: number): string {
  const lines = Array.from(
    { length: count },
    (_, i) => `    ${from + i}: const wait${i} = Math.min(cap, base * 2 ** attempt);`,
  );
  return `src/net/retry.ts\n${lines.join("\n")}\n`;
}

type Tokens = readonly [input: number, cached: number, output: number];

/** What a turn reads, and which lines of files stand in it. */
interface TurnInput {
  readonly messages?: readonly string[];
  readonly seen?: readonly LineRange[];
}

/** The run that events are made for; times are milliseconds from its start. */
interface Scope {
  emit(at: number, event: NewEvent): void;
  /** @returns when the reply has come */
  turn(turn: number, at: number, ms: number, text: string, tokens: Tokens, input?: TurnInput): number;
  cell(turn: number, at: number, ms: number, code: string, end: CellEnd): void;
  call(turn: number, callId: string, at: number, ms: number, prompt: Prompt, seen: LineRange[], fails: boolean): void;
  child(turn: number, callId: string, at: number, question: string, files: number): Scope;
  close(at: number, answer: string, citations?: readonly Citation[]): void;
}

type Prompt = { readonly sha256: string; readonly chars: number };

interface CellEnd {
  readonly output?: string;
  readonly value?: string;
  readonly error?: { readonly name: string; readonly message: string; readonly line: number; readonly column: number };
}

class RichRun {
  readonly #events: { readonly order: number; readonly event: RunEvent }[] = [];

  begin(): Scope {
    const root = this.#scope({ runId: "r1", depth: 0 }, 0);
    const models = { root: "gpt-5", sub: "gpt-5-mini", offline: false };
    root.emit(0, { type: "run.started", question: sampleQuestion, limits: defaultLimits, models });
    root.emit(90, { type: "context.ready", manifest: manifestOf(1_204), ms: 85, roots: [{ shown: "", file: "/w" }] });
    root.emit(121, { type: "message.added", turn: 1, role: "system", text: "You answer questions about a code base." });
    root.emit(121, { type: "message.added", turn: 1, role: "user", text: `# Question\n\n${sampleQuestion}\n` });
    return root;
  }

  finish(at: number, partial: boolean): void {
    const root = this.#scope({ runId: "r1", depth: 0 }, 0);
    root.emit(at - 1, { type: "coverage.mapped", areas: sampleAreas() });
    const spent = this.#events.map(({ event }) => event).filter((event) => "costUsd" in event && isOwnCost(event));
    const usage = spent.reduce((sum, event) => ("usage" in event ? addUsage(sum, event.usage) : sum), noUsage);
    const costUsd = spent.reduce((sum, event) => sum + ("costUsd" in event ? (event.costUsd ?? 0) : 0), 0);
    root.emit(at, {
      type: "run.finished",
      answer: sampleAnswer,
      stopReason: partial ? "turns" : "answered",
      totals: { turns: 5, calls: 16, usage, costUsd },
      citations: [...citations],
      coverage: { files: 1_204, listed: 1_204, searched: 640, read: 31, shown: 9, lines: 214_090, shownLines: 812 },
      ms: at,
    });
  }

  /** The events in order and numbered, up to the first that is one of these. */
  until(isEnd: (event: RunEvent) => boolean): RunEvent[] {
    const sorted = this.#events.toSorted((a, b) => a.event.at - b.event.at || a.order - b.order);
    const events = sorted.map(({ event }, seq) => ({ ...event, seq }));
    const end = events.findIndex(isEnd);
    return end < 0 ? events : events.slice(0, end);
  }

  #scope(
    origin: Pick<RunEvent, "runId" | "depth" | "parent">,
    from: number,
    call?: { turn: number; callId: string },
  ): Scope {
    let used: { usage: Usage; costUsd: number } = { usage: noUsage, costUsd: 0 };
    const emit = (at: number, event: NewEvent) => {
      const base = { seq: 0, at: startedAt + from + at, ...origin };
      this.#events.push({ order: this.#events.length, event: { ...event, ...base } as RunEvent });
    };
    const isRoot = origin.depth === 0;
    const spend = ([input, cachedInput, output]: Tokens) => {
      const usage: Usage = {
        input,
        cachedInput,
        output,
        reasoning: isRoot ? Math.floor(output / 3) : 0,
        estimated: false,
      };
      const costUsd = ((input - cachedInput * 0.9) * 1.25 + output * 10) / 1_000_000 / (isRoot ? 1 : 5);
      used = { usage: addUsage(used.usage, usage), costUsd: used.costUsd + costUsd };
      return { usage, costUsd, pricedBy: "table" } as const;
    };
    const scope: Scope = {
      emit,
      turn: (turn, at, ms, text, tokens, { messages = [], seen } = {}) => {
        emit(at, { type: "turn.started", turn, of: 20 });
        for (const message of messages) emit(at, { type: "message.added", turn, role: "user", text: message });
        if (seen) emit(at, { type: "message.seen", turn, seen: [...seen] });
        emit(at + ms * 0.4, { type: "reply.delta", turn, text: text.slice(0, text.length / 2) });
        const model = isRoot ? "gpt-5" : "gpt-5-mini";
        emit(at + ms, { type: "reply.finished", turn, model, text, ...spend(tokens), ms, finishReason: "stop" });
        return at + ms;
      },
      cell: (turn, at, ms, code, { output, ...end }) => {
        emit(at + 1, { type: "cell.started", turn, cell: 1, code });
        if (output) emit(at + ms, { type: "cell.output", turn, cell: 1, text: output });
        emit(at + ms + 1, {
          type: "cell.finished",
          turn,
          cell: 1,
          ...end,
          cpuMs: Math.min(ms, 24),
          ms,
          memory: "kept",
        });
      },
      call: (turn, callId, at, ms, prompt, seen, fails) => {
        emit(at, { type: "call.started", turn, cell: 1, callId, kind: "llm", model: "gpt-5-mini", prompt });
        const error = { code: "timeout", message: "gpt-5-mini sent nothing for 60 s." };
        const end = fails ? { error } : { reply: "retry(), line 44: doubles from 0.5 s, capped at 8 s.", seen };
        const spent = spend(fails ? [0, 0, 0] : [1_520, 640, 44]);
        emit(at + ms, { type: "call.finished", turn, cell: 1, callId, ...end, ...spent, ms });
      },
      child: (turn, callId, at, question, files) => {
        const asks = { type: "call.started", turn, cell: 1, callId, kind: "rlm", model: "gpt-5-mini" } as const;
        emit(at, { ...asks, prompt: question });
        const runId = `${origin.runId}.${callId}`;
        const parent = { runId: origin.runId, callId };
        const child = this.#scope({ runId, depth: origin.depth + 1, parent }, from + at, { turn, callId });
        const limits = { ...defaultLimits, depth: 3, calls: 96, tokens: 980_000, usd: 0.488, seconds: 403.2 };
        const models = { root: "gpt-5-mini", sub: "gpt-5-mini", offline: false };
        child.emit(1, { type: "run.started", question, limits, models });
        child.emit(3, { type: "context.ready", manifest: manifestOf(files), ms: 2 });
        const outer = { ...child };
        return {
          ...outer,
          close: (end, answer, cited = []) => {
            outer.close(end, answer, cited);
            const childUsed = this.#usedIn(runId);
            emit(at + end + 2, {
              type: "call.finished",
              turn,
              cell: 1,
              callId,
              reply: answer,
              seen: placesOf(cited),
              ...childUsed,
              ms: end,
            });
          },
        };
      },
      close: (at, answer, cited = []) => {
        const totals = { turns: 2, calls: call ? 1 : 0, ...used };
        emit(at + 1, {
          type: "run.finished",
          answer,
          stopReason: "answered",
          totals,
          citations: [...cited],
          coverage: null,
          ms: at,
        });
      },
    };
    return scope;
  }

  #usedIn(runId: string): { usage: Usage; costUsd: number; pricedBy: "table" } {
    const own = this.#events
      .map(({ event }) => event)
      .filter((event) => event.runId.startsWith(runId) && isOwnCost(event));
    const usage = own.reduce((sum, event) => ("usage" in event ? addUsage(sum, event.usage) : sum), noUsage);
    const costUsd = own.reduce((sum, event) => sum + ("costUsd" in event ? (event.costUsd ?? 0) : 0), 0);
    return { usage, costUsd, pricedBy: "table" };
  }
}

/** A reply, or a call that is no child run: what all others cost is made of. */
function isOwnCost(event: RunEvent): boolean {
  return event.type === "reply.finished" || (event.type === "call.finished" && event.callId.startsWith("s"));
}

/** Lines that a child's question names count as shown to its call too. */
function placesOf(cited: readonly Citation[]): LineRange[] {
  return cited.map(({ path, from, to }) => ({ path, from, to }));
}

function manifestOf(files: number): Extract<RunEvent, { type: "context.ready" }>["manifest"] {
  const size = { files, chars: files * 6_970, bytes: files * 6_980, lines: files * 178 };
  const leftOut = files === 1_204 ? { secret: 2, ignored: 318, binary: 41, "too-large": 3 } : {};
  return { kind: files === 1 ? "text" : "files", name: "payments", ...size, leftOut };
}

/** Files and folders of a code base, looked at more the nearer they are to retries. */
function sampleAreas(): CoverageArea[] {
  const areas: CoverageArea[] = [];
  const add = (path: string, files: number, chars: number, looks: readonly [number, number, number]) => {
    const [searched, read, shown] = looks;
    areas.push({ path, files, chars, listed: files, searched, read, shown });
  };
  add("src/net/retry.ts", 1, 9_400, [1, 1, 1]);
  add("src/net/errors.ts", 1, 4_100, [1, 1, 1]);
  for (const name of ["client", "server", "socket", "pool", "proxy", "tls", "dns"]) {
    add(`src/net/${name}.ts`, 1, 3_000 + name.length * 1_700, [1, name.length > 4 ? 1 : 0, 0]);
  }
  for (const name of ["client", "headers", "cookies", "cache", "range", "multipart"]) {
    add(`src/http/${name}.ts`, 1, 5_000 + name.length * 2_100, [1, 1, name === "client" ? 1 : 0]);
  }
  for (const folder of ["queue", "jobs", "mail", "auth", "ledger", "billing", "invoices"]) {
    for (let file = 1; file <= 14; file += 1) {
      add(`src/${folder}/${folder}-${file}.ts`, 1, 1_200 + ((file * 7_919) % 21_000), [
        file % 3 ? 1 : 0,
        file % 11 ? 0 : 1,
        0,
      ]);
    }
  }
  add("src/generated/", 420, 2_100_000, [180, 0, 0]);
  for (const page of ["retries", "install", "api", "billing"]) add(`docs/${page}.md`, 1, 14_000, [1, 0, 0]);
  add("test/", 610, 1_900_000, [300, 0, 0]);
  add("scripts/", 12, 60_000, [12, 6, 0]);
  add("README.md", 1, 8_000, [1, 1, 1]);
  add("package.json", 1, 2_000, [1, 1, 0]);
  return areas.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
