// Hides a number in a million lines and has it found: node examples/needle.mjs [LINES]
import { randomInt } from "node:crypto";
import { ask, offlineModel } from "rlm-vscode";

const lines = Number(process.argv[2] ?? 1_000_000);
const number = randomInt(1_000_000, 10_000_000);
const at = randomInt(lines);

const words = ["blah", "random", "text", "data", "content", "information", "sample"];
const noise = () => Array.from({ length: 5 }, () => words[randomInt(words.length)]).join(" ");
const text = Array.from({ length: lines }, (_, i) => (i === at ? `The magic number is ${number}` : noise())).join("\n");

const model = offlineModel();
const run = ask(
  { question: "What is the magic number?", context: { kind: "text", name: "haystack.txt", text } },
  { root: model, sub: model, named: () => model },
);
const { answer, wallMs } = await run.result;
console.log(answer);
console.error(`${Math.round(wallMs)} ms`);
process.exitCode = answer?.includes(String(number)) ? 0 : 1;
