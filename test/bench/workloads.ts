import type { Script, ScriptedMessage } from "../support/scripted-server.ts";

/** A piece of work that ours, the bare client and the peer do alike. */
export interface Workload {
  readonly name: string;
  /** Lines of the context's file. */
  readonly lines: number;
  readonly question: string;
  readonly answer: string;
  readonly script: Script;
  readonly concurrency: number;
  /** Calls that the bare client makes, for workloads that are measured against it. */
  readonly calls?: { readonly root: number; readonly sub: number };
  /** Arguments of `peer.py`, for workloads that the peer can do. */
  readonly peer?: readonly [name: string, n: number];
}

const needle = "1298418";

const cell = (code: string) => `Plan.\n\`\`\`js\n${code}\n\`\`\`\n`;
const turnOf = (messages: readonly ScriptedMessage[]) => messages.filter((m) => m.role === "assistant").length;
const isRoot = (messages: readonly ScriptedMessage[]) => messages[0]?.role === "system";

function niah(name: string, lines: number): Workload {
  const cells = [
    cell("print(context.length); print(context.slice(0, 500))"),
    cell(
      "var hits = [...context.matchAll(/magic number is (\\d+)/g)].map((m) => m[1]);\nvar lines = count(/\\n/) + 1;\nprint(hits, lines)",
    ),
    cell("FINAL(hits[0])"),
  ];
  return {
    name,
    lines,
    question: "What is the magic number?",
    answer: needle,
    script: ({ messages }) => cells[Math.min(turnOf(messages), 2)] ?? "",
    concurrency: 8,
    peer: ["niah", lines],
  };
}

function fanout(name: string, prompts: number, concurrency: number, peer: boolean): Workload {
  const ask = `context.length;
var replies = await llm_query_batched(Array.from({ length: ${prompts} }, (_, i) => "part " + i));
var seen = replies.filter((r) => r.startsWith("seen")).length;
print(seen)`;
  return {
    name,
    lines: 20,
    question: "count",
    answer: String(prompts),
    script: ({ messages }) => {
      if (isRoot(messages)) return turnOf(messages) === 0 ? cell(ask) : cell("FINAL(seen)");
      return { text: `seen ${messages[0]?.content}`, delayMs: 50 };
    },
    concurrency,
    calls: { root: 2, sub: prompts },
    ...(peer ? { peer: ["fanout", prompts] as const } : {}),
  };
}

function iterations(turns: number): Workload {
  return {
    name: "iterations",
    lines: 20,
    question: "loop",
    answer: "0",
    script: ({ messages }) => {
      const turn = turnOf(messages);
      return turn < turns - 1 ? cell(`context.length;\nvar x${turn} = ${turn};\nprint(x${turn})`) : cell("FINAL(x0)");
    },
    concurrency: 8,
    calls: { root: turns, sub: 0 },
    peer: ["iterations", turns],
  };
}

function children(name: string, count: number, peer: boolean): Workload {
  const ask = `context.length;
var answers = await rlm_query_batched(Array.from({ length: ${count} }, (_, i) => ({ question: "part", sub: "part " + "y".repeat(1000) + i })));
print(answers.length)`;
  return {
    name,
    lines: 20,
    question: "count",
    answer: String(count),
    script: ({ messages }) => {
      const first = turnOf(messages) === 0;
      if (messages[1]?.content.startsWith("# Question\n\npart\n")) {
        return first ? cell("print(context.length)") : cell("FINAL(context.length)");
      }
      return first ? cell(ask) : cell("FINAL(answers.filter((answer) => /^10\\d\\d$/.test(answer)).length)");
    },
    concurrency: 8,
    ...(peer ? { peer: ["children", count] as const } : {}),
  };
}

export const workloads: readonly Workload[] = [
  niah("niah", 1_000_000),
  niah("niah5", 5_000_000),
  iterations(50),
  fanout("fanout", 200, 16, true),
  fanout("fanout100", 1_000, 100, false),
  children("children", 16, true),
  children("children64", 64, false),
];

/** The words and the needle of the haystack, which stands at 60 % of the lines. */
export function haystackLine(line: number, lines: number, random: () => number): string {
  if (line === Math.floor(lines * 0.6)) return `The magic number is ${needle}`;
  const words = ["blah", "random", "text", "data", "content", "information", "sample"];
  const length = 3 + Math.floor(random() * 6);
  return Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(" ");
}
