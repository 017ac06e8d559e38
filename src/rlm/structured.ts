import { oneLine } from "./cut.ts";
import type { Message, ModelReply } from "./model.ts";

/** Thrown where a model gives no reply that matches the schema. */
export class SchemaMismatch extends Error {
  readonly code = "schema";

  /** @param what such as `reply`; @param problem what is wrong with it */
  constructor(what: string, problem: string) {
    super(`The ${what} does not match the schema, after one correction too: ${problem}`);
  }
}

/**
 * Asks for JSON that matches a schema; a reply that does not is sent back once with what is wrong.
 * @param messages end on the user's
 * @param ask sends messages and returns the reply
 * @returns the reply as JSON
 * @throws SchemaMismatch, and what `ask` throws
 */
export async function askStructured(
  messages: readonly Message[],
  problemOf: (value: unknown) => string | null,
  ask: (messages: readonly Message[]) => Promise<ModelReply>,
): Promise<string> {
  const first = await ask(messages);
  const read = readJson(first.text, problemOf);
  if (read.ok) return read.json;
  const repair = `That reply was refused: ${read.problem} Reply again with the corrected JSON alone.`;
  const second = await ask([
    ...messages,
    { role: "assistant", content: first.text },
    { role: "user", content: repair },
  ]);
  const again = readJson(second.text, problemOf);
  if (again.ok) return again.json;
  throw new SchemaMismatch("reply", again.problem);
}

/** A text as JSON that matches a schema, or what is wrong with it. */
export type Read = { readonly ok: true; readonly json: string } | { readonly ok: false; readonly problem: string };

/** Reads a text that should be JSON, perhaps in a fence. @param problemOf what is wrong with a value, in one line */
export function readJson(text: string, problemOf: (value: unknown) => string | null): Read {
  try {
    const value: unknown = JSON.parse(bare(text));
    const problem = problemOf(value);
    return problem === null ? { ok: true, json: JSON.stringify(value) } : { ok: false, problem };
  } catch (error) {
    const reason = oneLine(error instanceof Error ? error.message : String(error), 200);
    return { ok: false, problem: error instanceof SyntaxError ? `It is not JSON (${reason}).` : reason };
  }
}

/** JSON without the fence that many models put round it. */
function bare(text: string): string {
  return /^\s*```(?:json)?[ \t]*\r?\n([\s\S]*?)\r?\n```\s*$/i.exec(text)?.[1] ?? text;
}
