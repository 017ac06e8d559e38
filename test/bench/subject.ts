/**
 * Runs one workload once, in a process of its own: `subject.js ours|bare NAME BASE_URL FILE`, or over a tree of files
 * `subject.js tree NAME FOLDER`. Prints one JSON line.
 */
import OpenAI from "openai";
import { ask } from "../../src/ask.ts";
import { collect } from "../../src/context/collect.ts";
import { openAiModel } from "../../src/models/openai-model.ts";
import { CancelSource } from "../../src/rlm/cancel.ts";
import { searchTree } from "./search-tree.ts";
import { treeFiles } from "./tree.ts";
import { type Workload, workloads } from "./workloads.ts";

export interface Measured {
  readonly seconds: number;
  readonly peakMb: number;
  readonly right: boolean;
}

async function ours(workload: Workload, baseUrl: string, file: string): Promise<boolean> {
  const model = openAiModel({ id: "scripted", baseUrl, apiKey: "none" });
  const run = ask(
    {
      question: workload.question,
      context: { kind: "text", name: "haystack.txt", file },
      limits: { turns: 100, calls: 2_000, concurrency: workload.concurrency },
      directBelowTokens: 0,
    },
    { root: model, sub: model, named: () => model },
  );
  return (await run.result).answer === workload.answer;
}

/** The same calls by the client alone, at the same concurrency; a root call's conversation grows as ours does. */
async function bare({ calls, concurrency }: Workload, baseUrl: string): Promise<boolean> {
  const client = new OpenAI({ apiKey: "none", baseURL: baseUrl, maxRetries: 0 });
  const reply = async (messages: OpenAI.ChatCompletionMessageParam[]) => {
    const stream = await client.chat.completions.create({
      model: "scripted",
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    return text;
  };
  const conversation: OpenAI.ChatCompletionMessageParam[] = [{ role: "system", content: "x".repeat(4_000) }];
  for (let turn = 0; turn < (calls?.root ?? 0); turn += 1) {
    conversation.push({ role: "user", content: `### Cell 1\n${turn}\n\nTurn ${turn} of 100.` });
    conversation.push({ role: "assistant", content: await reply(conversation) });
  }
  let next = 0;
  const worker = async () => {
    for (; next < (calls?.sub ?? 0); ) {
      next += 1;
      await reply([{ role: "user", content: `part ${next - 1}` }]);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return true;
}

async function timed(work: () => Promise<boolean>): Promise<Omit<Measured, "peakMb">> {
  const startedAt = performance.now();
  const right = await work();
  return { seconds: (performance.now() - startedAt) / 1_000, right };
}

/** Collects a tree; for `search`, only what a cell then takes counts. */
async function overTree(name: string, folder: string): Promise<Omit<Measured, "peakMb">> {
  const source = { kind: "paths", paths: [folder], cwd: folder } as const;
  const collecting = () => collect(source, { signal: new CancelSource() });
  if (name === "search") return searchTree(await collecting());
  // The .gitignore is a file too.
  return timed(async () => (await collecting()).manifest.files === treeFiles + 1);
}

async function inRun(who: string, name: string, baseUrl: string, file: string): Promise<Omit<Measured, "peakMb">> {
  const workload = workloads.find((candidate) => candidate.name === name);
  if (!workload) throw new Error(`There is no workload "${name}".`);
  return timed(() => (who === "bare" ? bare(workload, baseUrl) : ours(workload, baseUrl, file)));
}

const [who = "", name = "", place = "", file = ""] = process.argv.slice(2);
const result = who === "tree" ? await overTree(name, place) : await inRun(who, name, place, file);
const measured: Measured = { ...result, peakMb: process.resourceUsage().maxRSS / 1_024 };
process.stdout.write(`${JSON.stringify(measured)}\n`);
