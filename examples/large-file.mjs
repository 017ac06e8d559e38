// Asks about a large file over HTTP, with the client of OpenAI. Start `npx rlm serve` first, then:
// node examples/large-file.mjs FILE QUESTION
import { readFile } from "node:fs/promises";
import OpenAI from "openai";

const [file = "package-lock.json", question = "Which version of typescript is it?"] = process.argv.slice(2);
const client = new OpenAI({ baseURL: process.env.RLM_URL ?? "http://127.0.0.1:8000/v1", apiKey: "dummy" });

const stream = await client.chat.completions.create({
  model: "rlm-gpt-5-mini",
  messages: [
    { role: "system", content: await readFile(file, "utf8") },
    { role: "user", content: question },
  ],
  stream: true,
  stream_options: { include_usage: true },
});

for await (const { choices, usage } of stream) {
  const delta = choices[0]?.delta ?? {};
  // What the run does, step by step; then the answer.
  if (delta.reasoning_content) process.stderr.write(delta.reasoning_content);
  if (delta.content) process.stdout.write(delta.content);
  if (usage) console.error(`\n${usage.total_tokens} tokens`);
}
console.log();
