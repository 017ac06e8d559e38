import { createContext, Script } from "node:vm";
import * as z from "zod";
import { oneLine } from "../rlm/cut.ts";
import type { JsonSchema } from "../rlm/model.ts";

/** A pattern of a schema may be one that never ends. */
const timeoutMs = 250;

const script = new Script("check()");

/**
 * What is wrong with a value that should match a JSON Schema, in one line; null where it does.
 * @throws Error where the schema itself is none
 */
export function schemaProblem(schema: JsonSchema, value: unknown): string | null {
  const type = readSchema(schema);
  let problem: string | null = null;
  const check = () => {
    const parsed = type.safeParse(value);
    problem = parsed.success ? null : parsed.error.issues.map(issueLine).slice(0, 5).join(" ");
  };
  try {
    script.runInContext(createContext({ check }), { timeout: timeoutMs });
  } catch {
    return "It took too long to check it against the schema's patterns.";
  }
  return problem;
}

function readSchema(schema: JsonSchema): z.ZodType {
  try {
    return z.fromJSONSchema(schema);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`llm_query: the schema is no JSON Schema that can be checked: ${oneLine(reason, 200)}`);
  }
}

function issueLine({ path, message }: z.core.$ZodIssue): string {
  const where = path.length === 0 ? "" : `${path.join(".")}: `;
  return `${where}${message}.`;
}
