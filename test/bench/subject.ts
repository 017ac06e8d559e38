/** Runs one workload once, in a process of its own: `subject.js ours|bare NAME BASE_URL FILE`. Prints one JSON line. */
import OpenAI from "openai";
import { ask } from "../../src/ask.ts";
import { openAiModel } from "../../src/models/openai-model.ts";
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

const [who, name, baseUrl = "", file = ""] = process.argv.slice(2);
const workload = workloads.find((candidate) => candidate.name === name);
if (!workload) throw new Error(`There is no workload "${name}".`);
const startedAt = performance.now();
const right = who === "bare" ? await bare(workload, baseUrl) : await ours(workload, baseUrl, file);
const seconds = (performance.now() - startedAt) / 1_000;
const measured: Measured = { seconds, peakMb: process.resourceUsage().maxRSS / 1_024, right };
process.stdout.write(`${JSON.stringify(measured)}\n`);
