import { estimateTokens } from "../rlm/limits.ts";
import type { Message, Usage } from "../rlm/model.ts";

/** What a provider states about a call: tokens, and US dollars where it says so. */
export interface StatedUsage {
  readonly usage: Usage;
  readonly costUsd: number | null;
}

/** Reads the `usage` object of a chat completion. @returns null where it is none or holds no counts */
export function readUsage(value: unknown): StatedUsage | null {
  const usage = fields(value);
  const input = tokens(usage.prompt_tokens);
  const output = tokens(usage.completion_tokens);
  if (input === null || output === null) return null;
  const cachedInput = tokens(fields(usage.prompt_tokens_details).cached_tokens) ?? 0;
  const reasoning = tokens(fields(usage.completion_tokens_details).reasoning_tokens) ?? 0;
  return {
    usage: {
      input,
      cachedInput: Math.min(cachedInput, input),
      output,
      reasoning: Math.min(reasoning, output),
      estimated: false,
    },
    costUsd: typeof usage.cost === "number" && Number.isFinite(usage.cost) && usage.cost >= 0 ? usage.cost : null,
  };
}

/** Characters / 4, where the provider gave no count. `reasoning` and `text` are what the model wrote. */
export function estimatedUsage(messages: readonly Message[], text: string, reasoning = ""): Usage {
  const input = messages.reduce((sum, message) => sum + message.content.length, 0);
  return {
    input: estimateTokens(input),
    cachedInput: 0,
    output: estimateTokens(text.length + reasoning.length),
    reasoning: estimateTokens(reasoning.length),
    estimated: true,
  };
}

/** The own fields of a value from outside; none where it is no object. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function tokens(value: unknown): number | null {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : null;
}
