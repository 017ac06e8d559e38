import { randomInt } from "node:crypto";
import { formatCount } from "../rlm/format.ts";
import { readDemoOptions } from "./ask-options.ts";
import { exitCodes } from "./exit-codes.ts";
import { tellingFailure } from "./failure.ts";
import { runInTerminal } from "./run-in-terminal.ts";

const lines = 1_000_000;
const words = ["blah", "random", "text", "data", "content", "information", "sample"] as const;

/** `rlm demo`: hides a number in a million lines and has it found. @returns the exit code */
export async function demoCommand(args: readonly string[]): Promise<number> {
  const options = readDemoOptions(args);
  return tellingFailure(options.json, () => demo(options));
}

async function demo(options: ReturnType<typeof readDemoOptions>): Promise<number> {
  const number = randomInt(1_000_000, 10_000_000);
  const at = randomInt(Math.floor(lines / 10), lines);
  process.stderr.write(`Hid a magic number in line ${formatCount(at)} of ${formatCount(lines)}.\n`);
  const context = { kind: "text", name: "haystack.txt", text: haystack(number, at) } as const;
  const { exitCode, answer } = await runInTerminal("What is the magic number?", context, options);
  if (exitCode !== exitCodes.answered) return exitCode;
  const found = answer?.includes(String(number)) === true;
  process.stderr.write(found ? `Found it: ${number}.\n` : `Not found: the number was ${number}.\n`);
  return found ? exitCodes.answered : exitCodes.failed;
}

/** Lines of three to eight common words, with the number in one of them. */
function haystack(number: number, at: number): string {
  const text: string[] = [];
  for (let line = 1; line <= lines; line += 1) {
    text.push(line === at ? `The magic number is ${number}` : randomLine());
  }
  return text.join("\n");
}

function randomLine(): string {
  const length = 3 + Math.floor(Math.random() * 6);
  return Array.from({ length }, () => words[Math.floor(Math.random() * words.length)]).join(" ");
}
