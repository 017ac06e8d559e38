import { createContext, Script } from "node:vm";
import * as z from "zod";
import { oneLine } from "../rlm/cut.ts";
import type { JsonSchema } from "../rlm/model.ts";

/** A pattern of a schema may be one that never ends. */
const timeoutMs = 250;

const script = new Script("check()");

/**
 * What is wrong with a value that should match a JSON Schema, in one line; null where it does.
 * @throws Error where the schema itself is none, or can't be checked
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
  } catch (error) {
    if (isTimeout(error)) return "It took too long to check it against the schema's patterns.";
    // A schema that refers to itself alone, or a value that is nested without end.
    throw new Error(`It can't be checked against the schema: ${reasonOf(error)}`);
  }
  return problem;
}

function readSchema(schema: JsonSchema): z.ZodType {
  try {
    return z.fromJSONSchema(schema);
  } catch (error) {
    throw new Error(`The schema is no JSON Schema that can be checked: ${reasonOf(error)}`);
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}

function reasonOf(error: unknown): string {
  return oneLine(error instanceof Error ? error.message : String(error), 200);
}

function issueLine({ path, message }: z.core.$ZodIssue): string {
  const where = path.length === 0 ? "" : `${path.join(".")}: `;
  return `${where}${message}.`;
}
