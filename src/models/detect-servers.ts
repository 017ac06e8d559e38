import type { CancelSignal } from "../rlm/cancel.ts";
import { listModels } from "./list-models.ts";
import { presetFor } from "./presets.ts";

/** A server of models on this machine that answers. */
export interface LocalServer {
  /** Such as `Ollama`. */
  readonly name: string;
  readonly baseUrl: string;
  /** What it has, in its order; perhaps none yet. */
  readonly models: readonly string[];
}

/** Where Ollama and LM Studio listen unless they are told otherwise. */
export const localServers: readonly string[] = ["http://127.0.0.1:11434/v1", "http://127.0.0.1:1234/v1"];

const timeoutMs = 700;

/**
 * Which of some servers answer; one that does not within a moment is not there. No key is sent.
 * @throws nothing
 */
export async function detectServers(
  baseUrls: readonly string[],
  signal: CancelSignal,
): Promise<readonly LocalServer[]> {
  const found = baseUrls.map(async (baseUrl): Promise<LocalServer[]> => {
    try {
      const models = await listModels({ baseUrl, apiKey: null, signal, timeoutMs });
      return [{ name: presetFor(baseUrl).name, baseUrl, models }];
    } catch {
      return [];
    }
  });
  return (await Promise.all(found)).flat();
}
