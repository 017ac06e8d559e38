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
  if (input === null || output === null || input + output === 0) return null;
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
    costUsd: costIn(usage),
  };
}

/**
 * OpenRouter states what it charges (https://openrouter.ai/docs/use-cases/usage-accounting); with the user's own
 * provider key (`is_byok`) the provider charges its part apart.
 */
function costIn(usage: Readonly<Record<string, unknown>>): number | null {
  const cost = dollars(usage.cost);
  if (cost === null || usage.is_byok !== true) return cost;
  const upstream = dollars(fields(usage.cost_details).upstream_inference_cost);
  return upstream === null ? null : cost + upstream;
}

/** Characters / 4, where the provider gave no count. `text` is what the model wrote after its reasoning. */
export function estimatedUsage(messages: readonly Message[], text: string, reasoningChars = 0): Usage {
  const input = messages.reduce((sum, message) => sum + message.content.length, 0);
  return {
    input: estimateTokens(input),
    cachedInput: 0,
    output: estimateTokens(text.length + reasoningChars),
    reasoning: estimateTokens(reasoningChars),
    estimated: true,
  };
}

/** The own fields of a value from outside; none where it is no object. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function dollars(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

function tokens(value: unknown): number | null {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : null;
}
