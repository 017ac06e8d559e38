// Asks a question about a folder: node examples/library.mjs [FOLDER] [QUESTION]
import { ask, offlineModel, openAiModel } from "rlm-vscode";

const [folder = "src", question = "Where are retries handled?"] = process.argv.slice(2);

// The library reads no environment: who answers is said here.
const apiKey = process.env.OPENAI_API_KEY;
const baseUrl = process.env.OPENAI_BASE_URL ?? "https://api.openai.com/v1";
const named = (id) => (apiKey ? openAiModel({ id, baseUrl, apiKey }) : offlineModel());
const root = named("gpt-5");
const sub = named("gpt-5-mini");

const run = ask(
  { question, context: { kind: "paths", paths: [folder], cwd: process.cwd() }, limits: { usd: 0.5, turns: 10 } },
  { root, sub, named },
);

for await (const event of run.events()) {
  if (event.type === "context.ready") console.error(`${event.manifest.files} files`);
  if (event.type === "turn.started") console.error(`turn ${event.turn}`);
}

const { answer, stopReason, citations, totals } = await run.result;
console.log(answer);
for (const { path, from, to, status } of citations) console.log(`${path}:${from}-${to} ${status}`);
console.error(`${stopReason}, ${totals.usage.input + totals.usage.output} tokens`);
